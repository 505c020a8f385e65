"""The measures against numbers by hand and against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from attncli.analysis.measures import divergence, entropy, rank_correlation, ranking, top1
from attncli.attention.attend import attend

LOADED = np.array([0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("weights", "bits"), [([1, 0, 0], 0), ([0.5, 0.5, 0], 1), (LOADED, 1.5), ([0.25] * 4, 2), ([0, 0], 0), ([], 0)]
)
def test_entropy(weights, bits):
    assert entropy(np.array(weights, float)) == pytest.approx(bits, abs=1e-15)


@pytest.mark.parametrize(
    ("p", "q", "bits"),
    [
        ([1, 0], [0, 1], 1),
        ([1, 0], [1, 0], 0),
        ([0.5, 0.5], [1, 0], 0.31127812445913283),
        ([0, 0], [0, 0], 0),
        ([0, 0], [1, 0], 0.5),
    ],
)
def test_divergence(p, q, bits):
    assert divergence(np.array(p, float), np.array(q, float)) == pytest.approx(bits, abs=1e-15)


rows = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8).map(
    lambda pairs: np.array(pairs).T
)


@given(rows)
def test_divergence_is_scipys_symmetric_and_bounded(pair):
    p, q = (pair + 1e-9) / (pair + 1e-9).sum(-1, keepdims=True)
    with np.errstate(invalid="ignore"):  # of equal rows SciPy takes the root of −1e-17
        expected = np.nan_to_num(jensenshannon(p, q, base=2)) ** 2
    assert divergence(p, q) == pytest.approx(expected, abs=1e-7)
    assert divergence(p, q) == divergence(q, p)
    assert 0 <= divergence(p, q) <= 1


def test_divergence_of_the_smallest_numbers():
    tiny = np.nextafter(0, 1)
    assert divergence(np.array([1.0, tiny]), np.array([1.0, 0.0])) == 0


@given(rows.map(lambda pair: pair.round(1)))
def test_rank_correlation_is_scipys_ties_included(pair):
    p, q = pair
    if len(set(p)) > 1 and len(set(q)) > 1:
        assert rank_correlation(p, q) == pytest.approx(spearmanr(p, q).statistic, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "visible", "expected"),
    [
        ([1, 2, 3], [2, 4, 9], True, 1),
        ([1, 2, 3], [9, 4, 2], True, -1),
        ([1, 1, 1], [2, 2, 2], True, 1),
        ([1, 1, 1], [1, 2, 3], True, np.nan),
        ([1, 2, 0], [2, 1, 5], [True, True, False], -1),
        ([1, 2, 0], [1, 2, 0], [True, False, False], np.nan),
        ([], [], True, np.nan),
    ],
)
def test_rank_correlation_of(p, q, visible, expected):
    found = rank_correlation(np.array(p, float), np.array(q, float), visible)
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_rank_correlation_goes_row_by_row():
    rng = np.random.default_rng(2)
    p, q, seen = rng.random((4, 9)), rng.random((4, 9)), rng.random((4, 9)) < 0.7
    expected = [spearmanr(a[s], b[s]).statistic for a, b, s in zip(p, q, seen, strict=True)]
    np.testing.assert_allclose(rank_correlation(p, q, seen), expected, atol=1e-12)


@pytest.mark.parametrize(("weights", "key"), [([0.2, 0.4, 0.4], 1), ([1, 0], 0), ([0, 0], -1), ([], -1)])
def test_top1(weights, key):
    assert top1(np.array(weights, float)) == key


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        ([0.2, 0.5, 0.3], [1, 2, 0]),
        ([0.25 - 1e-17, 0.25 - 3e-17, 0.25, 0.25 + 6e-17], [0, 1, 2, 3]),
        ([0.1, 0.3 - 1e-16, 0.1 + 1e-17, 0.3], [1, 3, 0, 2]),
        ([1e-20, 2e-20, 0, 0], [1, 0, 2, 3]),
        ([-np.inf, -2.0, -np.inf, -1.0, 0.0], [4, 3, 1, 0, 2]),
        ([-np.inf, -np.inf, -np.finfo(float).max], [2, 0, 1]),
        ([0.3, np.nan, 0.7], [2, 0, 1]),
        ([[0.5, 0.1, 0.4], [0.1, 0.4, 0.5]], [[0, 2, 1], [2, 1, 0]]),
        ([], []),
    ],
)
def test_ranking(numbers, order):
    np.testing.assert_array_equal(ranking(np.array(numbers, float)), order)


@pytest.mark.parametrize("n", range(4, 40))
def test_a_repeated_word_counts_at_its_first_place(n):
    x = np.random.default_rng(n).standard_normal((n, 25))
    x[n - 1] = x[1]
    x[1 : n : max(1, n // 3)] = x[1]
    weights = attend(x, x, x).weights
    assert top1(weights)[n - 1] == ranking(weights)[n - 1, 0] == 1
    assert rank_correlation(weights, weights + 1e-17).min() == 1


def test_numbers_a_rounding_apart_share_their_rank():
    assert rank_correlation(np.array([0.3, 0.3 + 1e-16, 0.4]), np.array([0.3 + 1e-16, 0.3, 0.4])) == 1


def test_entropy_is_that_of_each_row():
    weights = np.array([[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], [[0.25, 0.25, 0.5], [0.0, 0.0, 0.0]]])
    np.testing.assert_allclose(entropy(weights), [[1, 0], [1.5, 0]], atol=1e-15)
