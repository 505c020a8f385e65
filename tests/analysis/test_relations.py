"""Strongest other words, tallies and intervals: by hand, against plain loops, and against scipy's intervals."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binomtest

from attncli.analysis.relations import Tally, found_by, strongest_other, wilson

# rows of 4 words; the last word may not be looked at in the second table
HAND = np.array(
    [
        [0.7, 0.1, 0.2, 0.0],  # itself is left out: 2
        [0.3, 0.1, 0.3, 0.3],  # of equals the first: 0
        [0.0, 0.0, 1.0, 0.0],  # nothing on others: -1
        [0.1, 0.6, 0.2, 0.1],  # 1
    ]
)


def test_strongest_words_by_hand():
    every = np.ones(4, bool)
    assert strongest_other(HAND, every).tolist() == [2, 0, -1, 1]
    assert strongest_other(HAND, np.array([False, True, True, True])).tolist() == [2, 2, -1, 1]
    assert strongest_other(HAND, np.array([True, False, False, False])).tolist() == [-1, 0, -1, 0]


def test_strongest_words_against_a_loop():
    weights = np.random.default_rng(0).integers(0, 4, (3, 2, 7, 7)) / 4.0  # many ties and zeros
    keys = np.array([True, True, False, True, True, True, False])
    for place in np.ndindex(3, 2, 7):
        best, most = -1, 0.0
        for j, weight in enumerate(weights[place]):
            if j != place[-1] and keys[j] and weight > most:
                best, most = j, weight
        assert strongest_other(weights, keys)[place] == best


def test_pairs_are_found_in_each_direction():
    strongest = np.array([[1, 2, 1, -1], [0, 0, 0, 0]])  # two heads, four words
    found = found_by(strongest, np.array([0, 1, 3]), np.array([1, 2, 0]))  # 0 → 1, 1 → 2, 3 → 0
    assert found.tolist() == [
        [[True, False], [True, True], [False, False]],
        [[False, True], [False, False], [True, False]],
    ]


@pytest.mark.parametrize("count", [1, 2, 10, 37, 400])
def test_intervals_are_those_of_scipy(count):
    for correct in {0, 1, count // 2, count}:
        known = binomtest(correct, count).proportion_ci(0.95, method="wilson")
        assert wilson(np.array(correct), count) == pytest.approx([known.low, known.high], abs=1e-7)


def test_the_interval_of_nothing_is_everything():
    assert wilson(np.zeros((2, 3)), 0).tolist() == [[[0, 1]] * 3] * 2


def test_tallies_add_up_and_choose_the_first_of_equals():
    found = np.zeros((2, 2, 3, 2), bool)  # two layers, two heads, three pairs
    found[0, 1, :2, 1] = found[1, 0, 1:, 0] = True
    one, both = Tally.of(2, 2), Tally.of(2, 2)
    one.add(found, [1, -2, 1])
    assert (one.count, one.best, one.offset, one.share_at(1), one.share_at(7)) == (3, (0, 1, 1), 1, 2 / 3, 0)
    both.add(found[:, :, 2:], [-2])
    both += one
    assert (both.count, both.best, both.offsets) == (4, (1, 0, 0), Counter({1: 2, -2: 2}))
    assert both.correct[:, :, 0].tolist() == [[0, 0], [3, 0]]
    assert both.offset == 1, "of equals the nearest"
    assert Tally(one.correct, Counter({2: 1, -2: 1})).offset == -2
