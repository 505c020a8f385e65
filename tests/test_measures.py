"""The measures against numbers by hand and against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from attncli.measures import divergence, entropy, rank_correlation, top1

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
    assert divergence(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-7)
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
