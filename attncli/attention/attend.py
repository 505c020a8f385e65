"""Attention itself: softmax(q kᵀ/√d_k) v with every number on the way (Vaswani et al. 2017, equation 1), and back."""

from __future__ import annotations  # so that help(attend) shows ArrayLike, and not all that it stands for

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from attncli.arrays import Array
from attncli.attention.masks import Window, as_bias, may_overflow, visible_keys
from attncli.attention.products import all_finite, row_blocks, saturating
from attncli.attention.shapes import Layout, check_method, check_numbers, common_dtypes

# Scores that are worked on together: a head of 1,024 × 1,024, or many small heads at once.
TILE = 2**20
# Scores that stay in a core's cache between the steps of the softmax.
CACHED = 2**17


class Attention(NamedTuple):
    """The three steps: scores and weights `[..., n_head, n_query, n_key]`, context `[..., n_head, n_query, d_v]`."""

    scores: Array
    weights: Array
    context: Array


def attend(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    *,
    method: str = "scaled",
    scale: float | None = None,
    softcap: float | None = None,
    mask: ArrayLike | None = None,
    causal: bool = False,
    window: Window | None = None,
    offset: int = 0,
    temperature: ArrayLike = 1.0,
    parameters: Mapping[str, ArrayLike] | None = None,
) -> Attention:
    """Scores, weights and context of queries that look at keys.

    query: `[..., n_head, n_query, d_k]`; key: `[..., n_kv_head, n_key, d_k]`; value: `[..., n_kv_head, n_key, d_v]`.
        `n_head` is a multiple of `n_kv_head`, and consecutive query heads share a key head (Ainslie et al. 2023).
        Missing leading axes broadcast; without any head axis the result has none either.
    method: one of `settings.explanation.METHODS`; `parameters` holds its arrays, named as in a projections file.
    scale: multiplies the similarity; None is 1/√d_k for `scaled`, 1 for the others.
    softcap: c turns a score s into c·tanh(s/c) (Gemma Team 2024, section 2); None or 0 leaves it.
    mask: boolean (True may be seen) or floats to add (−inf hides), broadcastable to `[..., n_head, n_query, n_key]`.
    causal, window, offset: query i is at p = offset + i (offset may be negative). `causal` shows it the keys up to
        p, `window=(left, right)` the keys p − left … p + right, None meaning no limit. All masks combine.
    temperature: divides the scores, a number or one for each head `[..., n_head]`; above 1 the weights become more
        even, below 1 sharper (Hinton et al. 2015).

    `scores` are those that enter the softmax, −inf where hidden; a score that overflows becomes the largest number. A
    row with nothing to see has weights 0 and context 0; the numbers in hidden keys and values change nothing. The
    result has the common dtype of query, key and value (float16 is computed in float32, integers in float64); the
    inputs are not changed.

    Raises:
        ValueError: shapes, names or numbers that do not fit; it says what was expected and what it got.
    """
    query, key, value = np.asarray(query), np.asarray(key), np.asarray(value)
    layout = Layout.of(query, key, value)
    dtype, precision = common_dtypes(query, key, value)
    scale, softcap = check_numbers(scale, softcap, precision)
    temperatures = layout.temperature(temperature, precision)  # [..., n_kv_head, group, 1, 1]
    similarity = check_method(method, parameters or {})
    arrays = layout.parameters(similarity, parameters or {}, precision)
    visible = visible_keys(layout.n_query, layout.n_key, causal=causal, window=window, offset=offset)
    given = layout.mask(mask)
    bias = layout.by_score(as_bias(given, visible, precision))  # [..., n_kv_head, group, n_query, n_key]
    saturate = may_overflow(np.finfo(precision).max, given, temperatures)

    q, k, v = _vectors(layout, precision, query, key, value)  # [..., n_kv_head, group, n, d]
    steps = _empty_steps(layout, value.shape[-1], precision)
    with np.errstate(all="ignore"):  # a hidden NaN, an underflow to weight 0
        for tile in _tiles(layout):
            scores, weights, context = (step[tile] for step in steps)
            own = {name: array[tile] for name, array in arrays.items()}
            similarity.score(q[tile], k[tile], scale=scale, out=scores, **own)  # q kᵀ/√d_k
            seen = bias if bias is None else bias[tile]
            weigh(scores, weights, softcap, seen, temperatures[tile], saturate)  # softmax
            weighted_sum(weights, v[tile], scores, out=context)  # v
    return Attention(*(layout.result(step, dtype) for step in steps))


def weigh(
    scores: Array, weights: Array, softcap: float | None, bias: Array | None, temperature: Array, saturate: bool
) -> None:
    """From similarities to weights, both `[..., n_query, n_key]` and written in place: cap, mask, temperature, softmax.

    A few rows at a time go through all four while they are in the cache. Without `saturate` no score can overflow.
    """
    n_query, row_size = scores.shape[-2], math.prod(scores.shape) // max(1, scores.shape[-2])
    divide = (temperature != 1).any()
    for rows in row_blocks(n_query, row_size, CACHED):
        s, w = scores[..., rows, :], weights[..., rows, :]  # [..., rows, n_key]
        b = bias if bias is None else bias[..., rows, :]
        if softcap is not None:
            np.multiply(np.tanh(s / softcap), softcap, out=s)
        if saturate and may_overflow(np.maximum(s.max(initial=0), -s.min(initial=0)), b, temperature):
            _weigh_saturated(s, w, b, temperature)
            continue
        if b is not None:
            s += b
        if divide:
            s /= temperature
        softmax(s, out=w)
        if b is not None and np.isnan(w[..., :1]).any():  # a NaN or infinity under the mask: −∞ added to it is NaN
            np.copyto(s, -np.inf, where=b == -np.inf)
            softmax(s, out=w)


def _weigh_saturated(scores: Array, weights: Array, bias: Array | None, temperature: Array) -> None:
    """Mask, temperature and softmax of scores that overflow: they become the largest number, since −inf means hidden.

    The weights of such a row are those of its scores without bounds: the best of two that overflow has the weight.
    """
    if bias is not None:
        saturating(np.add, scores, bias)
        np.copyto(scores, -np.inf, where=bias == -np.inf)
    unbounded = (scores - _peak(scores)) / temperature  # [..., rows, n_key]; ≤ 0, so that −inf is right
    rows = saturating(np.divide, scores, temperature).any(axis=-1)  # [..., rows]
    softmax(scores, out=weights)
    weights[rows] = softmax(unbounded[rows])


def softmax(scores: Array, out: Array | None = None) -> Array:
    """Weights `[..., n_key]` that sum to 1: exp(s) over the sum of its row; 0 in a row of −inf.

    Nearly every row can do without its maximum being taken off first, which would cost as much as the rest. Where the
    sum says that numbers were lost, too large or too small, the row is done again; no row depends on the others.
    """
    with np.errstate(all="ignore"):
        weights: Array = np.exp(scores, out=out)
        total = np.einsum("...i->...", weights)[..., None]  # [..., 1]; of short rows four times as fast as sum
        lost = ~((total > math.sqrt(np.finfo(total.dtype).tiny)) & (total < np.inf))[..., 0]  # [...]; NaN too
        if lost.any():
            rows = scores[lost]  # [lost, n_key]
            weights[lost] = np.exp(rows - _peak(rows))
            total[lost] = weights[lost].sum(axis=-1, keepdims=True)
        weights /= np.where(total == 0, 1, total)
    return weights


def _peak(scores: Array) -> Array:
    """The largest score of each row, 0 where all are hidden: [..., 1]."""
    peak = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(peak == -np.inf, 0, peak)


def weighted_sum(weights: Array, value: Array, scores: Array, out: Array) -> None:
    """Context weights·value, to `out` `[..., n_query, d_v]`, where 0 times a hidden NaN or infinity is 0.

    A value that is no finite number reaches the rows that see its key (score above −inf), and no others.
    """
    if all_finite(value):
        np.matmul(weights, value, out=out)
        return
    finite = np.isfinite(value)  # [..., n_key, d_v]
    np.matmul(weights, np.where(finite, value, 0), out=out)
    broken = np.where(finite, 0, value)  # [..., n_key, d_v]
    for j in np.unique(np.nonzero(~finite)[-2]):
        seen = scores[..., j, None] != -np.inf  # [..., n_query, 1]
        out += np.where(seen, weights[..., j, None] * broken[..., j, None, :], 0)


def _vectors(layout: Layout, precision: np.dtype, query: Array, key: Array, value: Array) -> tuple[Array, Array, Array]:
    q = layout.by_head(query.astype(precision, copy=False), 2)  # [..., n_kv_head, group, n_query, d_k]
    k = layout.by_key_head(key.astype(precision, copy=False))  # [..., n_kv_head, group, n_key, d_k]
    v = layout.by_key_head(value.astype(precision, copy=False))  # [..., n_kv_head, group, n_key, d_v]
    return q, k, v


def _empty_steps(layout: Layout, d_v: int, precision: np.dtype) -> Attention:
    rows = (*layout.grouped, layout.n_query)  # [..., n_kv_head, group, n_query]
    scores, weights = (np.empty((*rows, layout.n_key), precision) for _ in range(2))
    return Attention(scores, weights, np.empty((*rows, d_v), precision))


def _tiles(layout: Layout) -> Iterator[tuple[int, ...]]:
    """Indices of so many leading axes that a tile has at most TILE scores, or is a single head."""
    lead, depth = layout.grouped, 0
    while depth < len(lead) and math.prod(lead[depth:]) * layout.n_query * layout.n_key > TILE:
        depth += 1
    return np.ndindex(lead[:depth])


class AttentionGradients(NamedTuple):
    """Derivatives by the scores before the temperature `[..., n_query, n_key]`, the values, and the temperature."""

    scores: Array
    value: Array
    temperature: Array


def softmax_backward(d_weights: Array, weights: Array) -> Array:
    """W = softmax(S), so dS = W ∘ (dW − Σ_k W dW): `[..., n_key]`; 0 where a weight is 0."""
    along = (weights * d_weights).sum(axis=-1, keepdims=True)  # [..., 1]
    d_scores: Array = weights * (d_weights - along)
    return d_scores


def attend_backward(
    d_context: Array, attention: Attention, value: Array, temperature: Array | float = 1.0
) -> AttentionGradients:
    """Y = W v and W = softmax(S/τ), so dW = dY vᵀ, dv = Wᵀ dY, dS = dsoftmax/τ, dτ = −Σ dS · (S/τ).

    `attention.scores` are those that entered the softmax, S/τ. temperature: a number, or `[n_head, 1, 1]`; its own
    derivatives are summed over queries and keys, `[..., n_head]`.
    """
    d_weights = d_context @ value.swapaxes(-1, -2)  # [..., n_query, n_key]
    d_value = attention.weights.swapaxes(-1, -2) @ d_context  # [..., n_key, d_v]
    d_scores = softmax_backward(d_weights, attention.weights) / temperature  # [..., n_query, n_key]
    seen = attention.weights > 0  # a hidden score is −inf, and takes no part
    by_temperature = -(d_scores * np.where(seen, attention.scores, 0)).sum(axis=(-2, -1))  # [..., n_head]
    return AttentionGradients(d_scores, d_value, by_temperature)
