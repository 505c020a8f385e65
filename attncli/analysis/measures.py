"""Measures of attention weights and of the difference between two sets of them, row by row.

`p` and `q` are weights `[..., n_key]` whose rows sum to 1, or are 0 where a query sees nothing; results are `[...]`.
"""

import numpy as np

from attncli.arrays import Array

# Numbers this close (relatively) are equal: the place of a key decides how its products are rounded, so that a word
# that occurs twice may get two weights 1e-17 apart.
TIE = 1e-12


def entropy(weights: Array) -> Array:
    """Shannon entropy −Σ p log₂ p in bits: 0 for one key (or none), log₂ n for n equal ones (Shannon 1948)."""
    logarithm = np.log2(np.maximum(weights, np.finfo(weights.dtype).tiny))  # [..., n_key]; 0·log 0 is 0
    bits: Array = np.einsum("...i,...i->...", weights, logarithm)  # [...]
    return np.maximum(-bits, 0)


def divergence(p: Array, q: Array) -> Array:
    """Jensen–Shannon divergence in bits, from 0 (equal) to 1 (no key in common), symmetric (Lin 1991, equation 4.1).

    A row of zeros diverges by 0 from another one, and by ½ from weights that sum to 1.
    """
    bits = (_to_mixture(p, q) + _to_mixture(q, p)) / 2  # [...]
    return np.clip(bits, 0, 1)


def rank_correlation(p: Array, q: Array, visible: Array | None = None) -> Array:
    """Spearman's rank correlation over the keys that `visible` (boolean, broadcastable to p) marks; None: all.

    Equal weights (up to TIE) share the mean of their ranks. It is 1 where all ranks are the same, even if each side is
    constant; otherwise nan where a side is constant, and nan where fewer than two keys are visible.
    """
    p, q, seen = np.broadcast_arrays(p, q, True if visible is None else visible)  # [..., n_key]
    count = seen.sum(axis=-1, keepdims=True)  # [..., 1]
    middle = (count - 1) / 2  # [..., 1]; the mean rank
    x = np.where(seen, _average_ranks(p, seen) - middle, 0)  # [..., n_key]
    y = np.where(seen, _average_ranks(q, seen) - middle, 0)
    spread = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))  # [...]
    undefined = np.full(spread.shape, np.nan)
    correlation = np.divide((x * y).sum(axis=-1), spread, out=undefined, where=spread > 0)
    correlation = np.where((x == y).all(axis=-1), 1, np.clip(correlation, -1, 1))
    return np.where(count[..., 0] < 2, np.nan, correlation)


def cosines(p: Array, q: Array) -> Array:
    """The cosines of vectors `[..., d]`, in float64: `[...]`; 0 where one of the two is 0."""
    p, q = p.astype(np.float64), q.astype(np.float64)
    lengths = np.linalg.norm(p, axis=-1) * np.linalg.norm(q, axis=-1)  # [...]
    products = np.einsum("...i,...i->...", p, q)  # [...]
    found: Array = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return found


def ranking(numbers: Array) -> Array:
    """The places of weights or scores `[..., n_key]`, the largest first: `[..., n_key]`.

    Numbers that agree to 12 significant digits are equal, and come in the order of their places. −inf comes last.
    """
    order = np.argsort(-numbers, axis=-1, kind="stable")
    runs = _run_starts(np.take_along_axis(-numbers, order, axis=-1)).cumsum(axis=-1)  # [..., n_key]
    return np.take_along_axis(order, np.lexsort((order, runs), axis=-1), axis=-1)


def top1(weights: Array) -> Array:
    """The key of the largest weight, the first of equal ones (see `ranking`); −1 in a row of zeros."""
    if not weights.shape[-1]:
        return np.full(weights.shape[:-1], -1)
    return np.where(weights.any(axis=-1), ranking(weights)[..., 0], -1)


def _to_mixture(p: Array, q: Array) -> Array:
    """Kullback–Leibler divergence from p to (p + q)/2: Σ p log₂(2p / (p + q)), `[...]`."""
    total = p + q  # [..., n_key]
    ratio = np.divide(2 * p, total, out=np.ones_like(total), where=p > 0)  # [..., n_key]; 0·log 0 is 0
    bits: Array = (p * np.log2(ratio)).sum(axis=-1)
    return bits


def _average_ranks(x: Array, seen: Array) -> Array:
    """Rank from 0 of each seen number among the seen ones of its row, ties sharing their mean: `[..., n_key]`."""
    x = np.where(seen, x, np.inf)  # the hidden ones go last, where their ranks do not matter
    order = np.argsort(x, axis=-1, kind="stable")
    x = np.take_along_axis(x, order, axis=-1)
    place = np.broadcast_to(np.arange(x.shape[-1]), x.shape)
    starts = _run_starts(x)  # [..., n_key]
    ends = np.roll(starts, -1, axis=-1)
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    last = np.minimum.accumulate(np.where(ends, place, x.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(x.shape)
    np.put_along_axis(ranks, order, (first + last) / 2, axis=-1)
    return ranks


def _run_starts(ascending: Array) -> Array:
    """The starts of runs of numbers that are equal to their neighbours, up to TIE: boolean `[..., n_key]`."""
    a, b = ascending[..., :-1], ascending[..., 1:]  # [..., n_key − 1]
    starts = np.ones(ascending.shape, dtype=bool)
    with np.errstate(invalid="ignore"):  # two infinities: neither equal nor, being in order already, in need of it
        starts[..., 1:] = ~(b - a <= TIE * np.minimum(np.abs(a), np.abs(b)))
    return starts
