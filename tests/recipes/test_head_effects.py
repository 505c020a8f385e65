"""`attn heads --by effect`: every head taken away in turn, and how the answer changes."""

from dataclasses import replace

import numpy as np
import pytest
from support.places import TESTS

from attncli.errors import AttnError, UsageError
from attncli.models.changes import UNCHANGED, Changes, HeadName
from attncli.models.model import open_model
from attncli.recipes.answering import Asked, probabilities
from attncli.recipes.head_effects import head_effects, head_effects_with
from attncli.recipes.model_explaining import explain_model
from attncli.recipes.model_input import read_input
from attncli.settings.model import check_model_settings
from attncli.views.screen import Screen
from attncli.views.terminal.effects import effects_lines

TINY = TESTS / "oracles" / "tiny"
TRANSLATOR = TESTS / "oracles" / "translator"
TEXTS = {
    "gpt2": ("the dog is", {}),
    "gemma2": ("the dog is", {}),
    "bert": ("the [MASK] is a [MASK]", {}),
    "translator": ("She has seen the elephant", {"target": "Sie hat"}),
    "roberta": ("the dog is a dog", {}),
    "bert_labels": ("the dog is", {}),
}


@pytest.fixture(scope="module")
def models():
    return {name: open_model(TRANSLATOR if name == "translator" else TINY / name) for name in TEXTS}


def read(text, model, changes=UNCHANGED):
    return replace(read_input(text, model, check_model_settings()), changes=changes)


def spearman(x, y):
    """By hand: the correlation of the ranks, which have no ties here."""
    ranks = [np.argsort(np.argsort(each)) for each in (x, y)]
    return np.corrcoef(*ranks)[0, 1]


@pytest.mark.parametrize("name", ["gpt2", "gemma2", "bert", "translator"])
@pytest.mark.parametrize("ablate", ["zero", "mean"])
def test_effects_are_those_of_a_pass_without_each_head(models, name, ablate):
    model, (text, more) = models[name], TEXTS[name]
    found = head_effects(text, model, ablate=ablate, **more)
    asked = Asked.of(text, model, check_model_settings(**more))
    before = asked.logits()[0]
    best = int(before.argmax())
    assert (found.id, found.answer) == (best, model.token_text(best))
    assert found.position == asked.places[0]
    assert found.logit == pytest.approx(float(before[best]), abs=1e-6)
    assert found.probability == pytest.approx(float(probabilities(before)[best]), abs=1e-6)
    for each in found.heads:
        without = asked.logits(Changes((HeadName(each.part or "encoder", each.layer, each.head),), ablate))[0]
        assert each.effect == pytest.approx(float(without[best]) - float(before[best]), abs=2e-5)
        assert each.probability == pytest.approx(float(probabilities(without)[best]), abs=1e-5)
    assert [each.effect for each in found.heads] == sorted(each.effect for each in found.heads)
    assert found.effects.tolist() == [each.effect for each in found.heads]
    assert found.rank_correlation == pytest.approx(spearman(found.weights, found.effects), abs=1e-9)


@pytest.mark.parametrize(("name", "position"), [("gpt2", 3), ("bert", 2)])
def test_the_weight_is_that_of_the_answered_token_on_the_key_it_looks_at_most(models, name, position):
    text, _ = TEXTS[name]
    found, weights = head_effects(text, models[name]), explain_model(text, models[name]).weights
    assert found.position == position
    for each in found.heads:
        row = weights[each.layer, each.head, position]
        assert (each.key, each.weight) == (row.argmax(), pytest.approx(row.max(), abs=1e-6))
        assert found.keys(each) == found.sentence


def test_heads_of_all_parts_are_ranked_and_named(models):
    text, more = TEXTS["translator"]
    found = head_effects(text, models["translator"], **more)
    names = {each.name for each in found.heads}
    assert names == {f"{part}:0.{head}" for part in ("encoder", "decoder", "cross") for head in (0, 1)}
    assert (found.sentence.text, found.memory.text) == ("Sie hat", text)
    for part in ("decoder", "cross"):
        weights = explain_model(text, models["translator"], part=part, **more).weights
        for each in (each for each in found.heads if each.part == part):
            row = weights[each.layer, each.head, found.position]
            assert (each.key, each.weight) == (row.argmax(), pytest.approx(row.max(), abs=1e-6))
            assert found.keys(each) is (found.sentence if part == "decoder" else found.memory)
    of_encoder = explain_model(text, models["translator"]).weights[0]  # [n_head, n, n]
    for each in (each for each in found.heads if each.part == "encoder"):
        assert each.key is None
        assert each.weight == pytest.approx(of_encoder[each.head].max(axis=-1).mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"part": "cross"}, {"cross:0.0", "cross:0.1"}),
        ({"head": 1}, {"encoder:0.1", "decoder:0.1", "cross:0.1"}),
        ({"part": "decoder", "layer": "0", "head": "0"}, {"decoder:0.0"}),
    ],
)
def test_some_heads_are_chosen(models, chosen, names):
    text, _ = TEXTS["translator"]
    found = head_effects(text, models["translator"], **chosen)  # the target has not begun
    assert {each.name for each in found.heads} == names
    assert found.sentence.text == ""


def test_a_token_is_named(models):
    text, _ = TEXTS["gpt2"]
    asked = Asked.of(text, models["gpt2"], check_model_settings())
    before, without = asked.logits()[0], asked.logits(Changes((HeadName("encoder", 0, 2),)))[0]
    found = head_effects(text, models["gpt2"], for_=" the")
    (head,) = (each for each in found.heads if each.name == "0.2")
    assert found.answer == " the"
    assert found.logit == pytest.approx(float(before[found.id]), abs=1e-6)
    assert head.effect == pytest.approx(float(without[found.id] - before[found.id]), abs=2e-5)


def test_another_mask_is_answered_by_its_index(models):
    text, _ = TEXTS["bert"]
    first, second = head_effects(text, models["bert"]), head_effects(text, models["bert"], word=5)
    assert (first.position, second.position) == (2, 5)
    assert first.remarks == ("the answer at token 2 is watched, not at 1 other place: --word INDEX",)
    assert second.remarks == ()


@pytest.mark.parametrize("word", [None, "is"])
def test_without_an_output_layer_a_hidden_state_is_watched(models, word):
    text, model = TEXTS["roberta"][0], models["roberta"]
    found = head_effects(text, model, word=word)

    def state(changes=UNCHANGED):
        *_, last = model.layers(read(text, model, changes))
        x = model.final(last.output).astype(np.float64)
        return x.mean(axis=0) if word is None else x[found.position]

    before = state()
    for each in found.heads:
        after = state(Changes((HeadName("encoder", each.layer, each.head),)))
        cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
        assert each.effect == pytest.approx(1 - cosine, abs=1e-6)
        assert (each.probability, each.key is None) == (None, word is None)
    assert (found.answer, found.logit, found.scored) == (None, None, False)
    assert (found.position is None) == (word is None)
    assert [each.effect for each in found.heads] == sorted((each.effect for each in found.heads), reverse=True)


def test_a_label_is_an_answer(models):
    text, model = TEXTS["bert_labels"][0], models["bert_labels"]

    def scores(changes):
        *_, last = model.layers(read(text, model, changes))
        return model.class_logits(read(text, model).text.ids, last.output)

    found, other = head_effects(text, model), head_effects(text, model, for_=model.labels[0])
    before = scores(UNCHANGED)
    assert found.answer == model.labels[int(before.argmax())]
    assert (other.answer, other.id) == (model.labels[0], 0)
    for each in other.heads:
        after = scores(Changes((HeadName("encoder", each.layer, each.head),)))
        assert each.effect == pytest.approx(float(after[0] - before[0]), abs=1e-5)
        assert each.probability == pytest.approx(float(probabilities(after)[0]), abs=1e-5)


def test_heads_that_are_gone_already_change_nothing(models):
    found = head_effects("the dog is", models["gpt2"], without="1.0")
    (gone,) = (each for each in found.heads if each.name == "1.0")
    assert gone.effect == 0
    unchanged = head_effects("the dog is", models["gpt2"], for_=found.answer)
    assert found.with_all[:2] == pytest.approx((unchanged.logit, unchanged.probability), abs=1e-5)
    assert unchanged.with_all is None
    shown = " ".join(line.plain for line in effects_lines(found, Screen(200)))
    assert f"; unchanged {unchanged.logit:.2f}, {unchanged.probability:.3f}" in shown
    assert "taken away in every pass: 1.0" in shown


def test_cuts_turn_a_hidden_state_before_any_head_is_taken_away(models):
    found = head_effects("the dog is", models["roberta"], cut="is:dog", word="is")
    assert found.with_all.change > 1e-4
    assert found.with_all[:2] == (None, None)
    shown = " ".join(line.plain for line in effects_lines(found, Screen(200)))
    assert f"1 − cosine {found.with_all.change:.4f}" in shown


def test_progress_is_told_of_long_work_alone(models, monkeypatch):
    told = []
    settings = check_model_settings()
    head_effects_with("the dog is", models["gpt2"], settings, progress=lambda *step: told.append(step))
    assert told == []
    monkeypatch.setattr("attncli.recipes.head_effects.LONG", 0)
    head_effects_with("the dog is", models["gpt2"], settings, progress=lambda *step: told.append(step))
    n_layer, n_head = models["gpt2"].shape.n_layer, models["gpt2"].shape.n_head
    total = n_head * n_layer * (n_layer + 1) // 2
    assert told[0] == (f"taking {n_layer * n_head} heads of gpt2 away, one at a time", 0, total)
    assert told[-1][1:] == (total, total)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("gpt2", {"for_": "the dog"}, "for_='the dog': expected one token of gpt2, got"),
        ("gpt2", {"for_": " "}, "for_=' ': expected a token"),
        ("gpt2", {"for_": 3}, "for_=3: expected a text"),
        ("gpt2", {"word": "cat"}, "word='cat'"),
        ("gpt2", {"layer": 9}, "layer=9: expected 0 to"),
        ("gpt2", {"ablate": "noise"}, "ablate='noise': expected one of zero, mean"),
        ("gpt2", {"part": "cross"}, "part='cross': expected a model with an encoder and a decoder"),
        ("roberta", {"for_": "dog"}, "for_='dog': roberta has no output layer"),
        ("bert_labels", {"for_": "dog"}, "for_='dog': expected a label of bert_labels: "),
        ("bert_labels", {"word": "dog"}, "word='dog': expected no word"),
    ],
)
def test_mistakes_are_quoted(models, name, given, said):
    with pytest.raises(UsageError, match=said):
        head_effects(TEXTS[name][0], models[name], **given)


def test_a_text_without_a_mask_is_a_mistake(models):
    with pytest.raises(AttnError, match=r"expected \[MASK\]"):
        head_effects("the dog", models["bert"])


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("name", TEXTS)
def test_the_screen_is_kept_to(models, name, width):
    text, more = TEXTS[name]
    found = head_effects(text, models[name], **more)
    lines = [line.plain for line in effects_lines(found, Screen(width))]
    assert max(map(len, lines)) <= width
    shown = " ".join(" ".join(lines).split())
    assert f"{found.rank_correlation:+.3f}" in shown
    assert "may be made up for by others" in shown


def test_the_screen_says_everything_in_sentences_where_it_is_read_out(models):
    found = head_effects("the dog is", models["gpt2"], top=2)
    lines = [line.plain for line in effects_lines(found, Screen(200, accessible=True))]
    first = found.heads[0]
    on = found.sentence.tokens[first.key].text
    assert (
        f"Layer {first.layer}, head {first.head}: effect {first.effect:+.3f}, probability {first.probability:.3f}, "
        f"weight {first.weight:.3f} on {on}." in lines
    )


def test_the_weights_for_a_page_are_kept_where_they_fit(monkeypatch):
    kept = head_effects("the dog", TINY / "gpt2")
    assert kept.explanation.weights.shape[:2] == (2, 4)

    def refuse(*_):
        raise AttnError("the weights would take 9,000 MB")

    monkeypatch.setattr("attncli.recipes.head_effects.explain_model_with", refuse)
    assert head_effects("the dog", TINY / "gpt2").explanation is None
