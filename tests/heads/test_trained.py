"""The trained heads that come with attn-en: which there are, what they attend to, what they hide and say."""

import json

import numpy as np
import pytest

from attncli import UsageError, compare, explain
from attncli.analysis.kinds import Role, name_of, profile_heads
from attncli.heads.projections import trained_blocks
from attncli.views.records.json import explanation_json

NAMES = ("neighbour to the left", "neighbour to the right", "related words", "words before", "words after", "mixed")
BARK = "Bark is very cute and he is a dog"


def first_of(head, sentence, word):
    """The text of the strongest key of a head for a word."""
    explanation = explain(sentence, mode="multihead")
    texts = [token.text for token in explanation.sentence.tokens]
    return texts[explanation.weights[0, head, texts.index(word)].argmax()]


def test_there_are_blocks_with_one_three_and_eight_heads_under_3_mb(vectors):
    blocks = trained_blocks(vectors)
    assert list(blocks) == [1, 3, 8]
    assert sum(path.stat().st_size for path in blocks.values()) < 3e6


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        (BARK, "Bark", {"dog"}),
        (BARK, "dog", {"Bark", "cute"}),
        ("She sat on the river bank", "bank", {"river"}),
        ("The king spoke and the queen answered", "king", {"queen"}),
        ("The king spoke and the queen answered", "queen", {"king"}),
    ],
)
def test_the_content_head_finds_what_belongs_together(sentence, word, expected):
    assert first_of(0, sentence, word) in expected


@pytest.mark.parametrize(
    ("options", "heads"), [({"mode": "qkv"}, 1), ({"mode": "multihead"}, 3), ({"mode": "multihead", "heads": 8}, 8)]
)
def test_trained_heads_are_the_default(vectors, options, heads):
    explanation = explain(BARK, vectors, **options)
    assert explanation.source.settings.projections == "trained"
    assert explanation.weights.shape[1] == heads


def test_a_word_and_its_repeats_are_hidden_unless_asked_for(vectors):
    hidden = explain(BARK, vectors, mode="multihead")
    shown = explain(BARK, vectors, mode="multihead", exclude_self=False)
    assert hidden.weights[0][:, 1, [1, 6]].max() == 0  # "is" and its repeat
    assert shown.weights[0][:, 1, [1, 6]].min() > 0
    assert any("--include-self" in remark for remark in hidden.remarks)
    assert not any("--include-self" in remark for remark in shown.remarks)


@pytest.mark.parametrize("options", [{}, {"mask": "causal"}, {"mask": "window:0"}])
def test_a_row_that_would_see_nothing_sees_itself(vectors, options):
    weights = explain("dog dog cat", vectors, mode="multihead", **options).weights[0]
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    if options:
        np.testing.assert_allclose(weights[:, 0, 0], 1)


def test_another_number_of_heads_says_which_there_are(vectors):
    with pytest.raises(UsageError, match="1, 3, 8 heads, none with 5; train some: attn train"):
        explain(BARK, vectors, mode="multihead", heads=5, projections="trained")
    fallen_back = explain(BARK, vectors, mode="multihead", heads=5)
    assert fallen_back.source.settings.projections == "random"
    assert any("attn train" in warning for warning in fallen_back.warnings)
    assert any("not trained" in warning for warning in fallen_back.warnings)


def test_each_head_is_named_by_what_it_does_here_and_did_in_the_evaluation(vectors):
    explanation = explain(BARK, vectors, mode="multihead")
    assert explanation.source.roles[0] == Role("related words", "related words")
    assert {role.held_out for role in explanation.source.roles[1:]} <= set(NAMES) - {"mixed"}
    record = json.loads(explanation_json(explanation))
    assert [role["head"] for role in record["roles"]] == [0, 1, 2]
    assert record["roles"][0]["here"] == "related words"


def test_a_name_follows_the_weights_and_no_wish():
    weights = np.eye(5, k=1)[None]  # all weight on the neighbour to the right, whatever the vectors are
    profile = profile_heads(weights, np.random.default_rng(0).standard_normal((5, 8)), ~np.eye(5, dtype=bool))
    assert name_of(profile[0]) == "neighbour to the right"


def test_heads_that_see_positions_say_so(vectors):
    assert any("positions are in use" in remark for remark in explain(BARK, vectors, mode="multihead").remarks)
    between = explain("the dog", vectors, mode="multihead", memory="a cute cat")
    assert any("learned positions" in remark for remark in between.remarks)
    assert between.source.roles == ()


def test_compare_sets_trained_methods_against_each_other(vectors):
    for options in ({}, {"mode": "qkv"}, {"mode": "multihead"}, {"mode": "multihead", "heads": 8}):
        comparison = compare(BARK, vectors, **options)
        assert [each.method for each in comparison.methods] == [
            "scaled",
            "dot",
            "cosine",
            "general",
            "additive",
            "kernel",
        ]
        random = [
            each.method for each in comparison.methods if each.explanation.source.settings.projections == "random"
        ]
        assert random == (["general"] if options else [])
        assert any("not trained" in warning for warning in comparison.warnings) == bool(options)


def test_what_is_called_trained_is_no_scaled_identity(vectors):
    folder = vectors.folder.with_name("attn-en-heads")
    assert not [path for path in trained_blocks(vectors).values() if "general_w" in np.load(path).files]
    (w,) = np.load(folder / "self.npz")["general_w"].astype(float)
    assert np.abs(w - np.diag(np.diag(w))).max() > 0.01
    assert compare(BARK, vectors, against=["general"]).methods[1].divergence > 0


def test_other_vector_sets_fall_back_to_random_and_say_how_to_train(write):
    path = write(b"a 1 0 0\nb 0 1 0\nc 0 0 1\n", "tiny.txt")
    explanation = explain("a b c", path, mode="multihead")
    assert explanation.source.settings.projections == "random"
    assert any("attn train" in warning and "--vectors tiny" in warning for warning in explanation.warnings)
    assert explanation.source.roles == explanation.remarks == ()
