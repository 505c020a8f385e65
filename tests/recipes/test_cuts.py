"""Words over vectors that are cut apart: a naive softmax by hand, every route, and how context vectors move."""

import json

import jsonschema
import numpy as np
import pytest

import attncli.attention.streamed as streamed
import attncli.recipes.explaining as explaining
from attncli import compare, explain
from attncli.errors import UsageError
from attncli.recipes.context_moves import ONE_BY_ONE
from attncli.views.records.compared import comparison_json
from attncli.views.records.json import explanation_json
from attncli.views.records.schemas import schema_of

TEXT = "Bark is very cute and he is a dog"
HE, DOG, IS = 5, 8, 1
MODES = [
    {},
    {"mode": "qkv"},
    {"mode": "multihead", "heads": 2},
    {"mode": "multihead", "heads": 3, "layers": 2},
    {"method": "additive", "mask": ["causal"]},
    {"mode": "multihead", "projections": "random", "layers": 3, "temperature": 0.5, "exclude_self": True},
]
CUTS = {"dog:he": [(DOG, HE)], "8:5": [(DOG, HE)], "=dog:=he": [(DOG, HE)], "is:dog": [(IS, DOG)]}


def softmax(scores):
    """By the definition, of rows whose −inf are hidden."""
    powers = np.where(np.isneginf(scores), 0, np.exp(scores - scores.max(axis=-1, keepdims=True)))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("options", MODES)
@pytest.mark.parametrize("cut", CUTS)
def test_the_pair_is_hidden_and_its_row_renormalised(vectors, options, cut):
    plain, found = explain(TEXT, vectors, **options), explain(TEXT, vectors, **options, cut=cut)
    hidden = np.zeros(plain.weights.shape[2:], bool)
    hidden[tuple(zip(*CUTS[cut], strict=True))] = True
    expected = softmax(np.where(hidden, -np.inf, plain.scores[0]))
    np.testing.assert_allclose(found.weights[0], expected, rtol=0, atol=1e-12)
    assert np.isneginf(found.scores[:, :, hidden]).all()
    assert (found.weights[:, :, hidden] == 0).all()
    assert not (found.layers[-1].visible & hidden).any()
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("cut", "hidden"),
    [
        ("*:dog", np.s_[:, DOG]),
        ("dog:*", np.s_[DOG]),
        (["he:dog", "dog:he"], ([HE, DOG], [DOG, HE])),
        ("*:*", np.s_[:]),
    ],
)
def test_a_star_is_every_word(vectors, cut, hidden):
    visible = np.ones((9, 9), bool)
    visible[hidden] = False
    found = explain(TEXT, vectors, cut=cut)
    np.testing.assert_array_equal(found.layers[-1].visible, visible)
    np.testing.assert_array_equal(found.weights[0, 0] > 0, visible)
    blind = int((~visible.any(axis=1)).sum())
    assert [said for said in found.warnings if "see nothing" in said] == [
        f"words that see nothing under this mask, so that weights and output are 0: {blind}"
    ] * (blind > 0)
    assert (found.output[~visible.any(axis=1)] == 0).all()


def test_with_a_memory_the_key_is_a_word_of_it(vectors):
    found = explain("he and the king", vectors, memory="the queen saw a dog", cut="he:queen")
    assert found.weights[0, 0, 0, 1] == 0
    assert (found.weights[0, 0, 1:, 1] > 0).all()
    with pytest.raises(UsageError, match="cut='king': expected a known word"):
        explain("he and the king", vectors, memory="the queen saw a dog", cut="he:king")


@pytest.mark.parametrize("cut", ["dog:he", "*:he", "dog:*", ["he:dog", "is:is"]])
@pytest.mark.parametrize("options", [*MODES, {"memory": "he saw the dog that is a king"}])
def test_a_long_text_is_cut_as_a_short_one(vectors, monkeypatch, options, cut):
    whole = explain(TEXT, vectors, **options, cut=cut)
    for name, size in {"ROWS": 4, "COLUMNS": 3}.items():
        monkeypatch.setattr(streamed, name, size)
    monkeypatch.setattr(explaining, "MAX_BYTES", 0)
    long = explain(TEXT, vectors, **options, cut=cut, word=DOG)
    assert not long.has_matrix
    np.testing.assert_allclose(long.output, whole.output, rtol=0, atol=1e-12)
    for mine, its in zip(long.context, whole.context, strict=True):
        assert [each.key for each in mine.ranked] == [each.key for each in its.ranked]
    np.testing.assert_allclose(long.steps(DOG).weights, whole.steps(DOG).weights, rtol=0, atol=1e-12)
    for mine, its in zip(long.changes.moves, whole.changes.moves, strict=True):
        assert mine.query == its.query
        assert (mine.change, mine.length) == pytest.approx((its.change, its.length), abs=1e-12)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("options", MODES)
def test_the_moves_are_those_of_the_outputs(vectors, monkeypatch, options, at_once):
    monkeypatch.setattr("attncli.recipes.context_moves.ONE_BY_ONE", 0 if at_once else ONE_BY_ONE)
    cut = ["dog:he", "he:is"]
    before, found = explain(TEXT, vectors, **options).output, explain(TEXT, vectors, **options, cut=cut)
    assert [each.query for each in found.changes.moves] == [HE, DOG]
    for move in found.changes.moves:
        y, y0 = found.output[move.query], before[move.query]
        assert move.length == pytest.approx(np.linalg.norm(y0), abs=1e-12)
        assert move.change == pytest.approx(np.linalg.norm(y - y0), abs=1e-12)
        assert move.cosine == pytest.approx(y @ y0 / np.linalg.norm(y) / np.linalg.norm(y0), abs=1e-12)


def test_the_move_is_said(vectors):
    found = explain(TEXT, vectors, cut="he:dog")
    (move,) = found.changes.moves
    said = f"has cosine {move.cosine:.3f} with the uncut one, and moves by {move.change:.3f}, {move.share:.3f} of its"
    assert found.remarks == (f"cut: the context vector of he {said} length",)
    (mean,) = explain(TEXT, vectors, cut="*:dog").changes.remarks
    assert mean.startswith("cut: the context vectors of 9 words move by 0.")
    assert "most that of " in mean
    nothing = explain(TEXT, vectors, cut=["he:*"]).changes
    assert nothing.moves[0].cosine is None
    assert "the context vector of he is 0 on one side" in nothing.remarks[0]


def test_of_a_word_that_is_there_twice_the_other_places_are_named(vectors):
    first, *_ = explain(TEXT, vectors, cut="is:dog").remarks
    assert first == "cut: is is word 1; the same word is also at 6"
    assert len(explain(TEXT, vectors, cut="1:dog").remarks) == 1


def test_a_pair_that_a_mask_hides_already_moves_nothing(vectors):
    (move,) = explain(TEXT, vectors, mask="causal", cut="he:dog").changes.moves
    assert (move.change, move.cosine) == (pytest.approx(0, abs=1e-12), pytest.approx(1))


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ("he", "cut='he': expected two words with a colon between them"),
        ("he:", "expected two words"),
        (":dog", "expected two words"),
        (3, "cut=3: expected a text"),
        ("he:cat", "cut='cat': expected a known word of this sentence"),
        ("9:dog", "cut='9': expected a place in this sentence, 0 to 8"),
    ],
)
def test_a_cut_that_is_none_is_named(vectors, cut, said):
    with pytest.raises(UsageError, match=said):
        explain(TEXT, vectors, cut=cut)


@pytest.mark.parametrize("options", [{}, {"memory": "the dog", "mode": "qkv"}])
def test_the_record_has_the_cut_and_its_moves(vectors, options):
    record = json.loads(explanation_json(explain(TEXT, vectors, cut="he:dog", word="he", **options)))
    jsonschema.validate(record, schema_of("explain"), jsonschema.Draft202012Validator)
    assert record["settings"]["cut"] == ["he:dog"]
    (moved,) = record["changes"]["contexts"]
    assert moved["query"] == HE
    assert moved["change"] > 0
    assert "changes" not in json.loads(explanation_json(explain(TEXT, vectors)))


def test_every_method_of_a_comparison_is_cut(vectors):
    found = compare(TEXT, vectors, cut="he:dog", against=("dot", "kernel"))
    assert all(each.weights[HE, DOG] == 0 for each in found.methods)
    record = json.loads(comparison_json(found))
    jsonschema.validate(record, schema_of("compare"), jsonschema.Draft202012Validator)
    assert [each["changes"]["contexts"][0]["query"] for each in record["methods"]] == [HE] * 3
