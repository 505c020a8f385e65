"""Patterns and pairs against numbers by hand and TransformerLens's definition, said as loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis.patterns import PATTERNS, column_mean, in_order, pair_score, pattern_score

ABAB = np.array([7, 3, 7, 3])


def random_weights(*shape, seed=0):
    scores = np.random.default_rng(seed).random(shape)
    return scores / scores.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("name", "ids", "pairs"),
    [
        ("previous", ABAB, [(1, 0), (2, 1), (3, 2)]),
        ("next", ABAB, [(0, 1), (1, 2), (2, 3)]),
        ("duplicate", ABAB, [(2, 0), (3, 1)]),
        ("induction", ABAB, [(2, 1), (3, 2)]),
        ("duplicate", np.array([5, 5, 5]), [(1, 0), (2, 0), (2, 1)]),
        ("induction", np.array([5, 5, 5]), [(1, 1), (2, 1), (2, 2)]),
        ("induction", np.array([5, 6, 7]), []),
        ("previous", np.array([5]), []),
        ("next", np.array([5]), []),
        ("induction", np.array([5]), []),
    ],
)
def test_the_pairs_of_a_pattern(name, ids, pairs):
    pattern = PATTERNS[name](ids)
    assert pattern.shape == (len(ids), len(ids))
    assert [tuple(pair) for pair in np.argwhere(pattern).tolist()] == pairs
    assert set(np.unique(pattern)) <= {0, 1}


def slow_induction(ids):
    """The detector's: earlier equal tokens, rolled to the right, column 0 zeroed, lower triangle."""
    n = len(ids)
    equal = [[float(ids[i] == ids[j] and j < i) for j in range(n)] for i in range(n)]
    rolled = [[row[-1], *row[:-1]] for row in equal]
    return [[rolled[i][j] if 0 < j <= i else 0 for j in range(n)] for i in range(n)]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_induction_is_the_detectors(ids):
    assert PATTERNS["induction"](np.array(ids)).tolist() == slow_induction(ids)


def test_the_score_is_the_share_of_weight_on_the_pattern():
    weights = np.array([[[1, 0], [0.5, 0.5]], [[1, 0], [1, 0]], [[0, 0], [0, 0]]])
    assert pattern_score(weights, PATTERNS["previous"](np.array([1, 2]))).tolist() == [0.25, 0.5, 0]


@given(st.lists(st.integers(0, 2), min_size=2, max_size=7), st.integers(0, 99))
def test_next_is_previous_mirrored(ids, seed):
    ids, weights = np.array(ids), random_weights(len(ids), len(ids), seed=seed)
    mirrored = pattern_score(weights[::-1, ::-1], PATTERNS["previous"](ids))
    assert pattern_score(weights, PATTERNS["next"](ids)) == pytest.approx(float(mirrored))


def test_single_precision_is_summed_in_double():
    weights = random_weights(1, 400, 400).astype(np.float32)
    expected = np.diagonal(weights[0].astype(float), -1).sum() / weights.sum(dtype=float)
    assert pattern_score(weights, np.eye(400, k=-1, dtype=bool)) == pytest.approx([expected], rel=1e-12)


def test_a_pair_of_words_is_summed_over_the_attended_and_averaged_over_the_attending_pieces():
    weights = np.zeros((1, 1, 4, 4))
    weights[0, 0, 0, [2, 3]] = 0.25, 0.5
    weights[0, 0, 1, [1, 2]] = 0.75, 0.25
    assert pair_score(weights, [0, 1], [2, 3]).tolist() == [[0.5]]  # (0.75 + 0.25) / 2
    assert pair_score(weights, [1], [1]).tolist() == [[0.75]]


def test_heads_are_ranked_by_their_weight_on_the_pair():
    weights = np.zeros((2, 2, 3, 3))
    weights[:, :, 2, 0] = [[0.25, 0.5], [0.75, 0.5]]
    ranked = in_order(pair_score(weights, [2], [0]))
    assert [each[:3] for each in ranked] == [(1, 0, 0.75), (0, 1, 0.5), (1, 1, 0.5), (0, 0, 0.25)]


def test_a_head_that_sends_everything_to_the_word_has_no_lift():
    weights = np.zeros((1, 2, 4, 4))
    weights[0, 0, :, 1] = 1  # everything goes to token 1
    weights[0, 1, 3, 1] = 0.75  # only token 3 looks at it
    seen = np.tril(np.ones((4, 4), bool))  # causal: three tokens see token 1
    ranked_by = pair_score(weights, [3], [1]), column_mean(weights, seen, [1])
    assert in_order(*ranked_by) == ((0, 0, 1.0, 1.0), (0, 1, 0.75, 0.25))
    first, second = in_order(*ranked_by, by_lift=True)
    assert (first.head, first.lift) == (1, 0.5)
    assert (second.head, second.lift) == (0, 0.0)
    assert in_order(pair_score(weights, [3], [1]))[0].lift is None


def test_heads_are_ranked_by_a_pattern():
    weights = np.stack([np.eye(4, k=-1), np.eye(4)])[None]
    assert in_order(pattern_score(weights, PATTERNS["previous"](ABAB))) == ((0, 0, 1, None), (0, 1, 0, None))
    assert in_order(pattern_score(weights, PATTERNS["duplicate"](ABAB))) == ((0, 0, 0, None), (0, 1, 0, None))


def test_a_ranked_head_is_plain_python():
    first = in_order(np.array([[0.5, 0.75, 0.25]], np.float32))[0]
    assert [type(each) for each in first] == [int, int, float, type(None)]
    assert (first.layer, first.head, first.score) == (0, 1, 0.75)
