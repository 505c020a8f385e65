"""Heads taken away and words cut apart in explanations, comparisons and rankings: their runs and what is said."""

import json
import re
from dataclasses import replace
from functools import cache

import jsonschema
import numpy as np
import pytest
from oracles.checkpoints import copy_of, with_config
from support.places import TESTS

from attncli.analysis.measures import divergence
from attncli.errors import UsageError
from attncli.models.changes import Changes, HeadName
from attncli.models.model import open_model
from attncli.recipes.answering import Asked, probabilities
from attncli.recipes.head_ranking import rank_heads
from attncli.recipes.model_comparison import compare_models
from attncli.recipes.model_explaining import explain_model
from attncli.recipes.prediction import predict
from attncli.settings.model import ModelSettings
from attncli.views.page import explanation_page
from attncli.views.records.compared import model_comparison_json
from attncli.views.records.json import explanation_json, ranking_json
from attncli.views.records.schemas import schema_of
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explanation_lines
from attncli.views.terminal.heads import ranking_lines

TINY = TESTS / "oracles" / "tiny"
TEXT = "Bark is a dog and he barks"
CHANGES = [
    {"without": "0.1"},
    {"without": ["1.0", "0.2,0.3"], "ablate": "mean"},
    {"cut": "barks:dog"},
    {"without": "0.0", "cut": ["*:dog", "6:he"]},
]


@cache
def model(name):
    return open_model(TINY / name)


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("name", ["gpt2", "bert", "llama", "deberta"])
def test_the_difference_is_that_of_two_runs(name, changes):
    plain, found = explain_model(TEXT, model(name)), explain_model(TEXT, model(name), **changes)
    said = found.changes
    np.testing.assert_allclose(said.divergence, divergence(plain.weights, found.weights).mean(axis=-1), atol=1e-6)
    layer, head, most = said.largest
    assert most == pytest.approx(said.divergence.max())
    assert said.divergence[layer, head] == most
    y0, y = (model(name).final(each.output).astype(np.float64) for each in (plain, found))
    cosines = (y0 * y).sum(axis=1) / np.linalg.norm(y0, axis=1) / np.linalg.norm(y, axis=1)
    assert said.output == pytest.approx(cosines.mean(), abs=1e-6)
    assert plain.changes is None


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("name", ["gpt2", "mistral", "gemma2"])
def test_the_answer_is_the_one_of_predict(name, changes):
    found = explain_model(TEXT, model(name), **changes, layer=0)  # the layers behind it run too
    settings = found.changes.settings
    asked = Asked.of(TEXT, model(name), settings)
    before, after = (probabilities(asked.logits(each))[0] for each in (Changes(), asked.given.changes))
    (answer,) = found.changes.answers
    assert answer.position == asked.places[0]
    assert answer.token == model(name).token_text(int(before.argmax()))
    assert (answer.with_all, answer.probability) == pytest.approx((before.max(), after[before.argmax()]), abs=1e-6)
    assert answer.now == model(name).token_text(int(after.argmax()))


def test_the_answers_of_a_masked_model_are_those_at_its_masks():
    found = explain_model("Bark is a [MASK] and [MASK] barks", model("bert"), without="0.1")
    pieces = [token.text for token in found.sentence.tokens]
    assert [pieces[each.position] for each in found.changes.answers] == ["[MASK]"] * 2
    assert not explain_model(TEXT, model("bert"), without="0.1").changes.answers
    assert not explain_model(TEXT, model("distilbert"), without="0.1").changes.answers  # no output layer


def test_the_answer_of_a_classifier_is_its_label():
    (answer,) = explain_model(TEXT, model("bert_labels"), without="0.1,1.1").changes.answers
    assert answer.token in model("bert_labels").labels


def test_labels_that_may_hold_together_have_a_probability_each(tmp_path):
    folder = with_config(copy_of("bert_labels", tmp_path / "m"), problem_type="multi_label_classification")
    (answer,) = explain_model(TEXT, folder, without="0.1,1.1").changes.answers
    said = predict(TEXT, folder, without="0.1,1.1")
    shares = {each.label: each.probability for each in said.labels}
    assert (answer.token, answer.with_all) == (said.with_all.labels[0].label, said.with_all.labels[0].probability)
    assert answer.probability == pytest.approx(shares[answer.token])
    assert sum(shares.values()) != pytest.approx(1)
    assert answer.position is None
    assert answer.with_all != answer.probability


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
def test_a_cut_is_of_the_part_that_is_shown(part):
    given = {"target": "the dog sees", "part": part}
    plain = explain_model("she sees the dog", model("t5"), **given)
    query, key = plain.sentence.tokens[3], plain.key_sentence.tokens[2]
    found = explain_model("she sees the dog", model("t5"), **given, cut=f"{query.index}:{key.index}")
    assert (found.weights[:, :, 3, 2] == 0).all()
    assert (plain.weights[:, :, 3, 2] > 0).all()
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-6)
    assert bool(found.changes.answers) == (part != "encoder")


@pytest.mark.parametrize(("name", "moves"), [("encoder:0.1", True), ("decoder:0.1", True), ("cross:0.1", True)])
def test_heads_of_every_part_are_taken_away(name, moves):
    found = explain_model("she sees the dog", model("bart"), target="the dog sees", part="cross", without=name)
    assert found.changes.heads == (HeadName(name.partition(":")[0], 0, 1),)
    assert found.changes.divergence.max() > 0
    assert found.changes.takes(0, 1) == name.startswith("cross")
    named = {"encoder": "of the encoder", "decoder": "of the decoder", "cross": "of the cross-attention"}
    assert found.remarks[0].endswith(f"layer 0 head 1 {named[name.partition(':')[0]]}")


def test_a_head_of_a_target_s_model_is_the_decoder_s_unless_its_part_is_named():
    found = explain_model("she sees the dog", model("bart"), target="the dog sees", without="2.1")
    assert found.changes.heads == (HeadName("decoder", 2, 1),)
    alone = explain_model("she sees the dog", model("bart"), without="1.3")
    assert alone.changes.heads == (HeadName("encoder", 1, 3),)


@pytest.mark.parametrize("combine", ["mean", "max", "rollout", "flow", "norm"])
def test_combined_matrices_are_of_the_changed_run(combine):
    changed = explain_model(TEXT, model("gpt2"), cut="barks:dog", without="0.1")
    found = explain_model(TEXT, model("gpt2"), cut="barks:dog", without="0.1", combine=combine)
    assert found.changes.answers == changed.changes.answers
    np.testing.assert_array_equal(found.changes.divergence, changed.changes.divergence)
    if combine in ("mean", "max"):
        expected = getattr(np, combine)(changed.weights, axis=(0, 1))
        np.testing.assert_allclose(found.weights[0, 0], expected, atol=1e-6)


def test_the_close_up_shows_the_key_as_hidden():
    found = explain_model(TEXT, model("gpt2"), cut="barks:dog", word=13, layer=1, head=2)
    dog = next(token.index for token in found.sentence.tokens if "dog" in token.text)
    steps = found.steps(found.query)
    assert np.isneginf(steps.scores[0, dog])
    assert steps.weights[0, dog] == 0
    assert not found.layers[-1].visible[found.query, dog]


def test_the_sentences_name_the_changes_and_the_difference():
    found = explain_model(TEXT, model("gpt2"), without="0.1,1.0", ablate="mean", cut=["barks:dog", "*:he"])
    heads, cuts, moved = found.remarks
    assert heads == "taken away, with the mean over the tokens in place of its output: layer 0 head 1, layer 1 head 0"
    assert cuts == "cut apart in every layer and head: dog from barks, he from every token"
    (answer,) = found.changes.answers
    assert moved.startswith("against the unchanged run the weights differ by 0.")
    assert moved.endswith(
        f"answer '{answer.token}' {answer.with_all:.3f} → {answer.probability:.3f}, now '{answer.now}'"
    )
    one = explain_model(TEXT, model("gpt2"), cut="barks:dog", layer=0, head=0).remarks[-1]
    assert "most in" not in one  # there is one head


def test_the_map_marks_heads_that_are_away():
    found = explain_model(TEXT, model("gpt2"), without="0.1")
    lines = [line.plain for line in explanation_lines(found, Screen(width=80, numbers=True))]
    assert next(line for line in lines if line.startswith("0 kind")).split()[3] == "away"
    pictured = [line.plain for line in explanation_lines(found, Screen(width=80, colours="256"))]
    assert [line for line in pictured if line.endswith("x taken away")]
    assert re.match("0 [A-Z]▀+x▀+[A-Z]▀", next(line for line in pictured if line.startswith("0 ")))
    assert "without 0.1" in lines[0]
    spoken = [line.plain for line in explanation_lines(found, Screen(width=200, accessible=True))]
    assert [line for line in spoken if "head 1, taken away:" in line] == [
        line for line in spoken if line.startswith("Layer 0, head 1")
    ]


def test_the_page_says_the_changes_in_its_line_of_settings():
    page = explanation_page(explain_model(TEXT, model("gpt2"), without="0.1,1.0", ablate="mean", cut="barks:dog"))
    assert "without 0.1,1.0 · ablate mean · cut barks:dog" in re.search('id="settings"[^>]*>([^<]*)<', page)[1]
    assert "taken away, with the mean over the tokens in place of its output" in page


@pytest.mark.parametrize("changes", CHANGES)
def test_the_record_has_the_changes(changes):
    record = json.loads(explanation_json(explain_model(TEXT, model("gpt2"), **changes)))
    jsonschema.validate(record, schema_of("explain"), jsonschema.Draft202012Validator)
    assert [each["layer"] for each in record["changes"]["layers"]] == [0, 1]
    assert record["changes"]["answers"][0]["with_all"] > 0
    assert "changes" not in json.loads(explanation_json(explain_model(TEXT, model("gpt2"))))


@pytest.mark.parametrize("changes", [*CHANGES[:2], {"cut": "he:dog"}, {"cut": ["=he:dog", "dog:*"], "without": "0.1"}])
def test_a_comparison_says_both_distances(changes):
    found = compare_models("the dog sees he", model("gpt2"), swap="he=it", **changes)
    plain = compare_models("the dog sees he", model("gpt2"), swap="he=it")
    assert found.with_all == pytest.approx(plain.divergence)
    assert plain.with_all is None
    assert found.divergence != plain.divergence
    assert [each.partition(":")[0] for each in found.remarks[-3:-1]] == ["he", "it"]
    assert found.remarks[-1].endswith(f"unchanged by {plain.divergence:.3f}")
    record = json.loads(model_comparison_json(found))
    jsonschema.validate(record, schema_of("compare"), jsonschema.Draft202012Validator)
    assert record["changes"]["with_all"] == pytest.approx(plain.divergence, abs=1e-6)
    assert {*record["changes"]} == {"divergence", "with_all", "baseline", "other"}


def test_in_a_changed_sentence_the_cut_has_the_changed_word():
    found = compare_models("the dog sees he", model("gpt2"), swap="he=it", cut="he:dog")
    assert found.other.source.settings.cut == ("it:dog",)
    assert "cut apart in every layer and head: dog from it" in found.remarks


def test_two_models_have_the_same_head_taken_away():
    found = compare_models(TEXT, model("gpt2"), model("gpt2"), without="0.1")
    assert found.divergence == found.with_all == 0
    assert found.remarks[0] == "taken away, with zeros in place of its output: layer 0 head 1"


def test_heads_are_ranked_on_the_changed_run():
    pair = {"from_": "barks", "to": "dog"}
    cut = rank_heads(TEXT, model("gpt2"), **pair, cut="barks:dog")
    assert {each.score for each in cut.heads} == {0}
    away, plain = (rank_heads(TEXT, model("gpt2"), **pair, without=name) for name in ("0.1", ()))
    by_place = [{(each.layer, each.head): each.score for each in ranking.heads} for ranking in (away, plain)]
    assert by_place[0][0, 3] == by_place[1][0, 3]  # the layer of the head itself is as it was
    assert by_place[0][1, 3] != by_place[1][1, 3]


@pytest.mark.parametrize("ranked", [{"from_": "barks", "to": "dog"}, {"pattern": "previous"}])
@pytest.mark.parametrize("changes", CHANGES)
def test_a_ranking_says_the_difference(ranked, changes):
    found, explained = (
        rank_heads(TEXT, model("gpt2"), **ranked, **changes),
        explain_model(TEXT, model("gpt2"), **changes),
    )
    assert found.remarks == explained.changes.remarks
    record = json.loads(ranking_json(found))
    jsonschema.validate(record, schema_of("heads"), jsonschema.Draft202012Validator)
    assert record["changes"] == json.loads(explanation_json(explained))["changes"]
    assert found.changes.said.partition(";")[0] in " ".join(
        line.plain for line in ranking_lines(found, Screen(width=400))
    )
    assert "changes" not in json.loads(ranking_json(rank_heads(TEXT, model("gpt2"), **ranked)))


def test_on_a_word_that_nobody_sees_the_mean_is_0():
    found = rank_heads(TEXT, model("gpt2"), from_="barks", to="dog", cut="*:dog")
    assert {(each.score, each.mean) for each in found.heads} == {(0, 0)}


MISTAKES = [
    ({"without": "7.1"}, "without='7.1': expected 0.0 to 1.3, the 2 layers × 4 heads of gpt2"),
    ({"without": "1.4"}, "without='1.4': expected 0.0 to 1.3"),
    ({"without": "one"}, "without='one': expected heads by layer and number"),
    ({"without": "1"}, "without='1': expected heads by layer and number"),
    ({"without": "decoder:0.1"}, "without='decoder:0.1': expected a target with it"),
    ({"ablate": "mean"}, "ablate='mean': expected heads to take away with it"),
    ({"ablate": "noise", "without": "0.1"}, "ablate='noise': expected one of zero, mean"),
    ({"cut": "he"}, "cut='he': expected two words with a colon between them"),
    ({"cut": "he:cat"}, "cut='cat': expected a known word of this sentence"),
    ({"cut": "0:99"}, "cut='99': expected a place in this sentence"),
]


@pytest.mark.parametrize(("options", "said"), MISTAKES)
def test_a_mistake_is_named(options, said):
    with pytest.raises(UsageError, match=said):
        explain_model(TEXT, model("gpt2"), **options)


def test_a_text_in_windows_is_no_single_pass():
    with pytest.raises(UsageError, match=r"without='0.1': expected a text that fits the model's positions"):
        explain_model("a dog " * 50, model("bert"), stride=4, without="0.1")


def test_the_settings_are_taken_out_where_nothing_is_changed():
    assert explain_model(TEXT, model("gpt2")).source.settings == replace(ModelSettings(), part=None)
