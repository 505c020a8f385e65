"""Attention block by block equals attention at once, for every method, mask and number of heads."""

import numpy as np
import pytest

import attncli.attention.streamed as blocks
from attncli.analysis.measures import entropy, ranking
from attncli.attention.attend import attend
from attncli.attention.streamed import Ranks, attend_in_blocks


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "ROWS", 7)
    monkeypatch.setattr(blocks, "COLUMNS", 5)


def inputs(n_head, n=33, d=6, seed=0):
    rng = np.random.default_rng(seed)
    q, k, v = rng.standard_normal((3, n_head, n, d))
    k[:, 20] = k[:, 3]  # a word said twice: equal weights
    own = {
        "general_w": rng.standard_normal((n_head, d, d)),
        "additive_w_q": rng.standard_normal((n_head, d, 4)),
        "additive_w_k": rng.standard_normal((n_head, d, 4)),
        "additive_u": rng.standard_normal((n_head, 4)),
        "kernel_sigma": np.full(n_head, 1.5),
    }
    return q, k, v, own


def own_of(method, given):
    return {name: array for name, array in given.items() if name.startswith(f"{method}_")}


def expected_keys(weights, scores, top):
    """By the mean of the heads, the query itself and what no head sees left out."""
    mean = weights.mean(axis=0)
    seen = (scores > -np.inf).any(axis=0) & ~np.eye(len(mean), dtype=bool)
    rows = [[j for j in order if seen[i, j]][:top] for i, order in enumerate(ranking(mean).tolist())]
    return [row + [-1] * (top - len(row)) for row in rows]


@pytest.mark.parametrize("n_head", [1, 3])
@pytest.mark.parametrize("masks", [{}, {"causal": True}, {"window": (2, 3)}, {"causal": True, "window": (4, 4)}])
@pytest.mark.parametrize("method", ["dot", "scaled", "cosine", "general", "additive", "kernel"])
def test_blocks_equal_the_whole(method, masks, n_head):
    q, k, v, given = inputs(n_head)
    parameters, warmth = own_of(method, given), np.linspace(0.5, 2, n_head)
    whole = attend(q, k, v, method=method, temperature=warmth, parameters=parameters, **masks)
    found = attend_in_blocks(q, k, v, top=4, method=method, temperature=warmth, parameters=parameters, **masks)
    np.testing.assert_allclose(found.context, whole.context, atol=1e-12)
    np.testing.assert_allclose(found.entropy, entropy(whole.weights), atol=1e-12)
    np.testing.assert_allclose(found.itself, np.diagonal(whole.weights.mean(axis=0)), atol=1e-12)
    assert found.keys.tolist() == expected_keys(whole.weights, whole.scores, 4)
    mean = np.take_along_axis(whole.weights.mean(axis=0), np.maximum(found.keys, 0), axis=1)
    np.testing.assert_allclose(found.weights, np.where(found.keys < 0, 0, mean), atol=1e-12)


def test_what_is_added_to_scores_comes_block_by_block():
    q, k, v, _ = inputs(2)
    mask = np.random.default_rng(1).standard_normal((2, 33, 33))
    mask[:, :, 5], mask[:, 8] = -np.inf, -np.inf  # a hidden key, and a query that sees nothing
    whole = attend(q, k, v, mask=mask)
    found = attend_in_blocks(q, k, v, top=3, bias=lambda rows, columns: mask[:, rows, columns])
    np.testing.assert_allclose(found.context, whole.context, atol=1e-12)
    assert found.keys.tolist() == expected_keys(whole.weights, whole.scores, 3)
    assert (found.keys[8] == -1).all()
    assert (found.weights[8] == 0).all()


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_scores_of_any_size(size):
    q, k, v, _ = inputs(1)
    whole = attend(q * size, k, v)
    np.testing.assert_allclose(attend_in_blocks(q * size, k, v, top=1).context, whole.context, atol=1e-12)


def test_of_equal_words_the_first_ones_are_ranked():
    x = np.tile(np.random.default_rng(2).standard_normal((4, 6)), (10, 1))[None]  # four words, ten times over
    found = attend_in_blocks(x, x, x, top=3)
    assert found.keys[4].tolist() == [0, 8, 12]
    assert found.keys[0].tolist() == [4, 8, 12]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_memory_of_words_far_apart(dtype):
    """Queries from one input, keys from another: nothing stands at its own place."""
    q, k, v, _ = (each.astype(dtype) if isinstance(each, np.ndarray) else each for each in inputs(1))
    found = attend_in_blocks(q[:, :9], k, v, top=33, own_place=False)
    assert found.weights.dtype == dtype
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-5)
    assert (found.itself == 0).all()


def test_ranks_with_room_for_none():
    ranks = Ranks(2, 0, np.dtype(float))
    ranks.add(np.ones((2, 3)), 0)
    assert ranks.keys.shape == (2, 0)


def test_memory_is_that_of_a_block(monkeypatch):
    import tracemalloc

    monkeypatch.setattr(blocks, "ROWS", 64)
    monkeypatch.setattr(blocks, "COLUMNS", 256)
    x = np.random.default_rng(0).standard_normal((1, 6_000, 8)).astype(np.float32)
    tracemalloc.start()
    attend_in_blocks(x, x, x, top=5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000 * 6_000 * 4 / 20  # a twentieth of one matrix of scores
