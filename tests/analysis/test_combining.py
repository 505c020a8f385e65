"""Means, maxima, rollout and norm-weighting against the papers' equations, said as loops, and numbers by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis import combining


def random_weights(*shape, seed=0):
    """Weights of this shape whose rows sum to 1."""
    scores = np.exp(3 * np.random.default_rng(seed).normal(size=shape))
    return scores / scores.sum(axis=-1, keepdims=True)


TWO_LAYERS = np.array([[[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[[0, 1], [1, 0]], [[0, 1], [0, 1]]]], float)


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        (combining.mean, [[0.25, 0.75], [0.25, 0.75]]),
        (combining.maximum, [[1, 1], [1, 1]]),
        # A = [[3/4, 1/4], [0, 1]] below, [[1/2, 1/2], [1/4, 3/4]] above
        (combining.rollout, [[0.375, 0.625], [0.1875, 0.8125]]),
    ],
)
def test_by_hand(combine, expected):
    assert combine(TWO_LAYERS).tolist() == expected


def test_the_maximum_is_taken_pair_by_pair():
    weights = random_weights(2, 3, 4, 4)
    largest = combining.maximum(weights)
    assert largest[2, 1] == max(weights[layer, head, 2, 1] for layer in range(2) for head in range(3))


def slow_rollout(weights):
    """Abnar & Zuidema 2020: each token's shares of the inputs, from those of the tokens that it attends to."""
    n_layer, n_head, n, _ = weights.shape
    below = [[float(i == j) for j in range(n)] for i in range(n)]
    for layer in range(n_layer):
        a = [[0.5 * sum(weights[layer, :, i, k]) / n_head + 0.5 * (i == k) for k in range(n)] for i in range(n)]
        below = [[sum(a[i][k] * below[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    return np.array(below)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 5, 5), (4, 2, 6, 6)])
def test_rollout_is_the_papers(shape):
    weights = random_weights(*shape)
    assert combining.rollout(weights) == pytest.approx(slow_rollout(weights), abs=1e-14)


@given(st.integers(1, 4), st.integers(1, 3), st.permutations(range(5)), st.integers(0, 99))
def test_rollout_sums_to_1_and_follows_the_order_of_tokens(n_layer, n_head, order, seed):
    weights = random_weights(n_layer, n_head, 5, 5, seed=seed)
    rolled = combining.rollout(weights)
    assert rolled.sum(axis=-1) == pytest.approx(1)
    moved = combining.rollout(weights[..., order, :][..., order])
    assert moved == pytest.approx(rolled[order][:, order])


def test_a_query_that_sees_nothing_stays_itself():
    weights = random_weights(3, 2, 4, 4)
    weights[:, :, 1] = 0
    assert combining.rollout(weights)[1].tolist() == [0, 1, 0, 0]
    assert combining.rollout(weights).sum(axis=-1) == pytest.approx(1)


def slow_norms(weights, values, w_o):
    """Kobayashi et al. 2020: the vectors α f(x), one at a time."""
    n_head, n, _ = weights.shape
    d_v, shared = values.shape[-1], n_head // len(values)
    heads, layer = np.empty((n_head, n, n)), np.empty((n, n))
    for i in range(n):
        for j in range(n):
            f = [values[h // shared, j] @ w_o[h * d_v : (h + 1) * d_v] for h in range(n_head)]
            heads[:, i, j] = [np.linalg.norm(weights[h, i, j] * f[h]) for h in range(n_head)]
            layer[i, j] = np.linalg.norm(sum(weights[h, i, j] * f[h] for h in range(n_head)))
    return heads, layer


@pytest.mark.parametrize(
    ("n_head", "n_kv_head", "d_v", "d_model"), [(1, 1, 3, 5), (4, 4, 2, 8), (4, 2, 3, 12), (6, 1, 2, 3)]
)
@pytest.mark.parametrize("keys_at_once", [64, 2])
def test_norms_are_the_papers(n_head, n_kv_head, d_v, d_model, keys_at_once, monkeypatch):
    monkeypatch.setattr(combining, "KEYS_AT_ONCE", keys_at_once)
    rng = np.random.default_rng(n_head)
    values, w_o = rng.normal(size=(n_kv_head, 5, d_v)), rng.normal(size=(n_head * d_v, d_model))
    weights = random_weights(n_head, 5, 5)
    heads, layer = combining.norm_weighted(weights, values, w_o)
    expected_heads, expected_layer = slow_norms(weights, values, w_o)
    assert heads == pytest.approx(expected_heads, abs=1e-13)
    assert layer == pytest.approx(expected_layer, abs=1e-13)


def test_heads_that_cancel_leave_nothing():
    weights = np.full((2, 1, 1), 1, np.float32)
    values = np.array([[[3]], [[-3]]], np.float32)
    w_o = np.array([[0.6, 0.8], [0.6, 0.8]], np.float32)
    heads, layer = combining.norm_weighted(weights, values, w_o)
    assert heads.ravel() == pytest.approx([3, 3])
    assert layer == pytest.approx(0, abs=1e-6)
    assert heads.dtype == layer.dtype == np.float32
