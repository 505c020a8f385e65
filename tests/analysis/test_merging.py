"""Words instead of pieces, and the weights without special tokens: numbers by hand and what stays true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis.merging import hide, merge_words

PIECES = np.array([[0.5, 0.25, 0.25, 0], [0, 0.5, 0.5, 0], [1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]])


def random_weights(*shape, seed=0):
    scores = np.random.default_rng(seed).random(shape)
    return scores / scores.sum(axis=-1, keepdims=True)


def test_words_by_hand():
    # the second word has the tokens 1 and 2: columns added, rows averaged
    assert merge_words(PIECES, np.array([0, 1, 1, 2])).tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0], [0.25, 0.5, 0.25]]


def slow_merge(weights, words):
    pieces = [[i for i, word in enumerate(words) if word == number] for number in sorted(set(words))]
    return [[np.mean([sum(weights[i, j] for j in b) for i in a]) for b in pieces] for a in pieces]


word_numbers = st.lists(st.integers(0, 3), min_size=1, max_size=7)


@given(word_numbers, st.integers(0, 99))
def test_words_are_clarks_and_rows_still_sum_to_1(words, seed):
    weights = random_weights(2, len(words), len(words), seed=seed)
    merged = merge_words(weights, np.array(words))
    assert merged[1] == pytest.approx(np.array(slow_merge(weights[1], words)))
    assert merged.sum(axis=-1) == pytest.approx(1)


def test_words_of_one_piece_each_change_nothing():
    assert merge_words(PIECES, np.arange(4)).tolist() == PIECES.tolist()


def test_single_precision_stays():
    assert merge_words(PIECES.astype(np.float32), np.array([0, 0, 1, 1])).dtype == np.float32
    assert hide(PIECES.astype(np.float32), np.array([True, False, False, False])).dtype == np.float32


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ([1, 0, 0, 1], [[0.5, 0.5], [0, 0]]),  # token 2 looks at nothing else than token 0
        ([0, 0, 0, 0], PIECES.tolist()),
        ([1, 1, 1, 0], [[1]]),
        ([1, 1, 1, 1], []),
    ],
)
def test_hidden_tokens_are_dropped_and_the_rest_renormalised(hidden, expected):
    assert hide(PIECES, np.array(hidden, bool)).tolist() == expected


@given(st.lists(st.booleans(), min_size=5, max_size=5), st.permutations(range(5)))
def test_hiding_follows_the_order_of_tokens(hidden, order):
    hidden, order = np.array(hidden), np.array(order)
    weights = random_weights(2, 3, 5, 5)
    kept = np.flatnonzero(~hidden)
    expected = weights[..., kept[:, None], kept]
    moved = hide(weights[..., order, :][..., order], hidden[order])
    back = np.argsort(order[~hidden[order]])
    assert moved[..., back, :][..., back] == pytest.approx(expected / expected.sum(axis=-1, keepdims=True))
