"""Attention itself: softmax(q kᵀ/√d_k) v, and every number on the way there (Vaswani et al. 2017, equation 1)."""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from attncli.masks import Window, hide, visible_keys
from attncli.shapes import Layout, common_dtypes
from attncli.similarity import SIMILARITIES, Array, row_blocks

#: How the blocks of rows are gone through: `map`, or its like that uses several threads.
Spread = Callable[[Callable[[slice], None], Iterable[slice]], Iterable[None]]

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
    temperature: float = 1.0,
    parameters: Mapping[str, ArrayLike] | None = None,
) -> Attention:
    """Scores, weights and context of queries that look at keys.

    query: `[..., n_head, n_query, d_k]`; key: `[..., n_kv_head, n_key, d_k]`; value: `[..., n_kv_head, n_key, d_v]`.
        `n_head` is a multiple of `n_kv_head`, and consecutive query heads share a key head (Ainslie et al. 2023).
        Missing leading axes broadcast; without any head axis the result has none either.
    method: one of `similarity.METHODS`; `parameters` holds its arrays, named as in a projections file.
    scale: multiplies the similarity; None is 1/√d_k for `scaled`, 1 for the others.
    softcap: c turns a score s into c·tanh(s/c) (Gemma Team 2024, section 2); None or 0 leaves it.
    mask: boolean (True may be seen) or floats to add (−inf hides), broadcastable to `[..., n_head, n_query, n_key]`.
    causal, window, offset: query i stands at p = offset + i (offset may be negative). `causal` shows it the keys up to
        p, `window=(left, right)` the keys p − left … p + right, None meaning no limit. All masks combine.
    temperature: divides the scores; above 1 the weights become more even, below 1 sharper (Hinton et al. 2015).

    `scores` are those that enter the softmax, −inf where hidden. A row with nothing to see has weights 0 and context 0;
    what stands in a hidden key or value changes nothing. The result has the common dtype of query, key and value
    (float16 is computed in float32, integers in float64); the inputs are not changed.

    Raises:
        ValueError: shapes, names or numbers that do not fit; it says what was found and what was needed.
    """
    _check_numbers(scale, softcap, temperature)
    query, key, value = np.asarray(query), np.asarray(key), np.asarray(value)
    layout = Layout.of(query, key, value)
    dtype, precision = common_dtypes(query, key, value)
    arrays = layout.parameters(method, parameters, precision)
    bias = layout.mask(mask)  # [..., n_kv_head, group, n_query, n_key]
    visible = visible_keys(layout.n_query, layout.n_key, causal=causal, window=window, offset=offset)

    q = layout.by_head(query.astype(precision, copy=False), 2)  # [..., n_kv_head, group, n_query, d_k]
    k = layout.by_key_head(key.astype(precision, copy=False))  # [..., n_kv_head, group, n_key, d_k]
    v = layout.by_key_head(value.astype(precision, copy=False))  # [..., n_kv_head, group, n_key, d_v]
    steps = _empty_steps(layout, value.shape[-1], precision)
    with np.errstate(all="ignore"), _spread(layout) as spread:
        for tile in _tiles(layout):
            scores, weights, context = (step[tile] for step in steps)
            own = {name: array[tile] for name, array in arrays.items()}
            SIMILARITIES[method](q[tile], k[tile], scale=scale, out=scores, **own)  # q kᵀ/√d_k
            seen = bias if bias is None else bias[tile]
            weigh(scores, weights, softcap, seen, visible, temperature, spread)  # softmax
            weighted_sum(weights, v[tile], scores, out=context)  # v
        return Attention(*(layout.result(step, dtype) for step in steps))


def weigh(
    scores: Array,
    weights: Array,
    softcap: float | None,
    mask: Array | None,
    visible: Array | None,
    temperature: float,
    spread: Spread = map,
) -> None:
    """From similarities to weights, both `[..., n_query, n_key]` and written in place: cap, mask, temperature, softmax.

    A few rows at a time go through all four while they are in the cache; `spread` may give them to several threads.
    """

    def finish(rows: slice) -> None:
        s, w = scores[..., rows, :], weights[..., rows, :]  # [..., rows, n_key]
        with np.errstate(all="ignore"):  # threads do not inherit it: a hidden NaN, an underflow to weight 0
            if softcap:
                np.multiply(np.tanh(s / float(softcap)), float(softcap), out=s)
            hide(s, mask if mask is None else mask[..., rows, :], visible if visible is None else visible[rows])
            if temperature != 1:
                s /= float(temperature)
            softmax(s, out=w)

    n_query, row_size = scores.shape[-2], math.prod(scores.shape) // max(1, scores.shape[-2])
    deque(spread(finish, row_blocks(n_query, row_size, CACHED)), maxlen=0)


def softmax(scores: Array, out: Array | None = None) -> Array:
    """Weights `[..., n_key]` that sum to 1: exp(s) over the sum of its row; 0 in a row of −inf."""
    peak = scores.max(axis=-1, keepdims=True, initial=-np.inf)  # [..., 1]; taken off, or exp would overflow
    weights: Array = np.subtract(scores, np.where(peak == -np.inf, 0, peak), out=out)
    np.exp(weights, out=weights)
    total = weights.sum(axis=-1, keepdims=True)  # [..., 1]
    weights /= np.where(total == 0, 1, total)
    return weights


def weighted_sum(weights: Array, value: Array, scores: Array, out: Array) -> None:
    """Context weights·value, to `out` `[..., n_query, d_v]`, where 0 times a hidden NaN or infinity is 0.

    A value that is no finite number reaches the rows that see its key (score above −inf), and no others.
    """
    finite = np.isfinite(value)  # [..., n_key, d_v]
    if finite.all():
        np.matmul(weights, value, out=out)
        return
    np.matmul(weights, np.where(finite, value, 0), out=out)
    broken = np.where(finite, 0, value)  # [..., n_key, d_v]
    for j in np.unique(np.nonzero(~finite)[-2]):
        seen = scores[..., j, None] != -np.inf  # [..., n_query, 1]
        out += np.where(seen, weights[..., j, None] * broken[..., j, None, :], 0)


@contextmanager
def _spread(layout: Layout) -> Iterator[Spread]:
    """`map`, or for large matrices the map of as many threads as there are cores: NumPy lets them run side by side.

    The matrix products use all cores by themselves; without this the softmax between them would keep one busy.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or math.prod(layout.grouped) * layout.n_query * layout.n_key < TILE:
        yield map
        return
    from concurrent.futures import ThreadPoolExecutor  # 10 ms, which a sentence need not wait for

    with ThreadPoolExecutor(cores) as pool:
        yield pool.map


def _check_numbers(scale: float | None, softcap: float | None, temperature: float) -> None:
    if scale is not None and not math.isfinite(scale):
        raise ValueError(f"scale is {scale}; needed is a finite number or None")
    if softcap is not None and not 0 <= softcap < math.inf:
        raise ValueError(f"softcap is {softcap}; needed is a finite number ≥ 0 or None")
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature is {temperature}; needed is a finite number above 0")


def _empty_steps(layout: Layout, d_v: int, precision: np.dtype) -> Attention:
    rows = (*layout.grouped, layout.n_query)  # [..., n_kv_head, group, n_query]
    scores, weights = (np.empty((*rows, layout.n_key), precision) for _ in range(2))
    return Attention(scores, weights, np.empty((*rows, d_v), precision))


def _tiles(layout: Layout) -> Iterator[tuple[int, ...]]:
    """Indices of the leading axes, so many of them that what is left has at most TILE scores, or is a single head."""
    lead, depth = layout.grouped, 0
    while depth < len(lead) and math.prod(lead[depth:]) * layout.n_query * layout.n_key > TILE:
        depth += 1
    return np.ndindex(lead[:depth])
