"""Attention of long inputs, block by block, with the same result and without a matrix of all pairs.

The softmax is running: each block of keys brings its own largest score, and the earlier sums are scaled to it
(Milakov and Gimelshein 2018, algorithm 3; Rabe and Staats 2021, section 3). In memory: inputs, results, one block.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.masks import Window, visible_keys
from attncli.attention.similarity import method_of

ROWS, COLUMNS = 512, 1024  # of a block of scores: 2 MB a head in float32
BY_QUERY = ("keys", "weights", "itself")
#: Strengths this close (relatively) are equal: the place of a key decides how its products are rounded.
TIES = {np.dtype(np.float32): 2.0**-19, np.dtype(np.float64): 1e-12}
FEW = 8  # times `top`: a row with more new candidates than that is first cut to `top` of them

#: The addition to the scores of queries and keys at these places, −inf where hidden: `[n_head or 1, rows, columns]`.
Bias = Callable[[slice, slice], Array | None]


class Streamed(NamedTuple):
    """Attention without its weights: context `[n_head, n_query, d_v]`, and the strongest keys of every query.

    keys, weights: `[n_query, top]`, by the mean of the heads, strongest first, equals by place; key −1 and weight 0
    fill up where fewer are visible. itself `[n_query]`: the mean weight of a query on its own place. entropy `[n_head,
    n_query]` in bits. peak and total `[n_head, n_query]`: a weight is exp(score − peak) / total. by_distance: the
    weights added up by key − query, from −near to near and beyond, `[n_head, 2·near + 2]`.
    """

    context: Array
    keys: Array
    weights: Array
    itself: Array
    entropy: Array
    peak: Array
    total: Array
    by_distance: Array


def attend_in_blocks(
    query: Array,
    key: Array,
    value: Array,
    *,
    top: int,
    method: str = "scaled",
    scale: float | None = None,
    softcap: float | None = None,
    temperature: Array | float = 1.0,
    parameters: Mapping[str, Array] | None = None,
    causal: bool = False,
    window: Window | None = None,
    bias: Bias | None = None,
    own_place: bool = True,
    near: int | None = None,
    each: Callable[[range], Iterable[int]] = iter,
) -> Streamed:
    """Attention as `attend` computes it, of query `[n_head, n_query, d_k]`, key and value `[n_head, n_key, d]`.

    `own_place`: query i and key i are one word, which is not among its own strongest keys. `near`: the reach of the
    sums by distance; None: no sums. `each` goes over the first queries of blocks. Numbers must be finite.
    """
    similar = partial(method_of(method).score, scale=scale, **(parameters or {}))
    scorer = _Scorer(query, key, similar, softcap, temperature, causal, window, bias)
    starts = each(range(0, query.shape[1], ROWS))
    done = [_rows(scorer, value, slice(at, at + ROWS), top, own_place, near) for at in starts]
    joined = {name: [getattr(part, name) for part in done] for name in Streamed._fields[:-1]}
    arrays = {name: np.concatenate(parts, axis=int(name not in BY_QUERY)) for name, parts in joined.items()}
    return Streamed(**arrays, by_distance=np.sum([part.by_distance for part in done], axis=0))


class _Scorer:
    """Scores of any block: similarity, then cap, bias and masks, then temperature, as in `attend`."""

    def __init__(
        self,
        query: Array,
        key: Array,
        similar: Callable[..., Array],
        softcap: float | None,
        temperature: Array | float,
        causal: bool,
        window: Window | None,
        bias: Bias | None,
    ) -> None:
        self.query, self.key, self._similar, self._softcap = query, key, similar, softcap
        self._causal, self._window, self._bias = causal, window, bias
        temperatures = np.broadcast_to(np.asarray(temperature, query.dtype), len(query))
        self._temperature = temperatures[:, None, None]  # [n_head, 1, 1]

    def block(self, rows: slice, columns: slice) -> Array:
        """`[n_head, rows, columns]`."""
        q, k = self.query[:, rows], self.key[:, columns]
        scores = np.empty((len(q), q.shape[1], k.shape[1]), q.dtype)
        self._similar(q, k, out=scores)
        if self._softcap:
            np.multiply(np.tanh(scores / self._softcap), self._softcap, out=scores)
        if self._bias is not None and (added := self._bias(rows, columns)) is not None:
            scores += added
        seen = self._visible(rows, columns, scores)
        if seen is not None:
            np.copyto(scores, -np.inf, where=~seen)
        if (self._temperature != 1).any():
            scores /= self._temperature
        return scores

    def _visible(self, rows: slice, columns: slice, scores: Array) -> Array | None:
        offset = rows.start - columns.start
        return visible_keys(*scores.shape[1:], causal=self._causal, window=self._window, offset=offset)

    def columns(self, rows: slice) -> Iterator[slice]:
        """The blocks of keys that any of the rows may see by their places."""
        left, right = self._window or (None, None)
        right = 0 if self._causal else right
        first = 0 if left is None else max(0, rows.start - left)
        last = self.key.shape[1] if right is None else min(self.key.shape[1], rows.stop + right)
        return (slice(at, min(at + COLUMNS, last)) for at in range(first, last, COLUMNS))


def _rows(scorer: _Scorer, value: Array, rows: slice, top: int, own_place: bool, near: int | None) -> Streamed:
    """All keys for a block of queries; of one head the ranks go along, of several they take a second look."""
    n_head, n = len(scorer.query), scorer.query[:, rows].shape[1]
    running = _Running(n_head, n, value.shape[-1], scorer.query.dtype)
    ranks = Ranks(n, top, scorer.query.dtype)
    for columns in scorer.columns(rows):
        scores = scorer.block(rows, columns)
        if n_head == 1:
            ranks.add(_without_own(scores[0], rows, columns, own_place), columns.start)
        running.add(scores, value[:, columns])
    if n_head > 1:
        for columns in scorer.columns(rows):
            mean = running.weights(scorer.block(rows, columns)).mean(axis=0)  # [rows, columns]
            ranks.add(np.where(mean > 0, _without_own(mean, rows, columns, own_place), -np.inf), columns.start)
    weights = np.where(ranks.keys < 0, 0, running.weights(ranks.strengths[None])[0] if n_head == 1 else ranks.strengths)
    itself = _itself(scorer, running, rows, own_place)  # [rows]
    softmax = running.context(), ranks.keys, weights, itself, running.entropy(), running.peak, running.total
    return Streamed(*softmax, _by_distance(scorer, running, rows, near))


def _without_own(strengths: Array, rows: slice, columns: slice, own_place: bool) -> Array:
    """Strengths `[rows, columns]` with −inf where a query meets its own place."""
    i = np.arange(max(rows.start, columns.start), min(rows.start + len(strengths), columns.stop))
    if not own_place or not len(i):
        return strengths
    strengths = strengths.copy()
    strengths[i - rows.start, i - columns.start] = -np.inf
    return strengths


def _itself(scorer: _Scorer, running: "_Running", rows: slice, own_place: bool) -> Array:
    """The mean weight of each query on its own place: `[rows]`."""
    n = running.peak.shape[1]
    if not own_place:
        return np.zeros(n, running.peak.dtype)
    found = np.empty((len(scorer.query), n), running.peak.dtype)  # [n_head, rows]
    for at in range(0, n, 64):  # small squares along the diagonal
        square = slice(rows.start + at, rows.start + min(at + 64, n))
        found[:, at : at + 64] = np.diagonal(scorer.block(square, square), axis1=1, axis2=2)
    mean: Array = running.weights(found[..., None])[..., 0].mean(axis=0)
    return mean


def _by_distance(scorer: _Scorer, running: "_Running", rows: slice, near: int | None) -> Array:
    """The rows' weights added up by distance: a band of keys around them, and the rest of their sum beyond it."""
    n_head, n = running.peak.shape
    sums = np.zeros((n_head, 0 if near is None else 2 * near + 2))
    if near is None:
        return sums
    first, last = max(0, rows.start - near), min(rows.start + n + near, scorer.key.shape[1])
    band = running.weights(scorer.block(slice(rows.start, rows.start + n), slice(first, last)))  # [n_head, rows, band]
    for offset in range(-near, near + 1):
        along = np.diagonal(band, offset + rows.start - first, axis1=1, axis2=2)
        sums[:, offset + near] = along.sum(axis=-1, dtype=np.float64)
    sums[:, -1] = np.maximum((running.total > 0).sum(axis=-1) - sums.sum(axis=-1), 0)
    return sums


class _Running:
    """The softmax so far: the largest score, the sum of exp(score − largest), and that sum's context and entropy."""

    def __init__(self, n_head: int, n: int, d_v: int, dtype: np.dtype) -> None:
        self.peak = np.full((n_head, n), -np.inf, dtype)
        self.total = np.zeros((n_head, n), dtype)
        self._weighted = np.zeros((n_head, n, d_v), dtype)
        self._scored = np.zeros((n_head, n), dtype)  # Σ exp(s − peak) s

    def add(self, scores: Array, value: Array) -> None:
        """Go on with scores `[n_head, rows, columns]` and value `[n_head, columns, d_v]`."""
        peak = np.maximum(self.peak, scores.max(axis=-1))  # [n_head, rows]
        level = np.where(peak == -np.inf, 0, peak)
        shrink = np.exp(self.peak - level)  # [n_head, rows]; 0 at the first block
        parts = np.exp(scores - level[..., None])  # [n_head, rows, columns]
        self.total = self.total * shrink + parts.sum(axis=-1)
        self._weighted = self._weighted * shrink[..., None] + parts @ value
        self._scored = self._scored * shrink + _products(parts, scores)
        self.peak = peak

    def weights(self, scores: Array) -> Array:
        """The weights of scores `[n_head, rows, …]`: exp(s − peak) / total, 0 where nothing is seen."""
        level = np.where(self.peak == -np.inf, 0, self.peak)[..., None]
        weights: Array = np.exp(scores - level) / np.where(self.total == 0, 1, self.total)[..., None]
        return weights

    def context(self) -> Array:
        """`[n_head, rows, d_v]`."""
        return self._weighted / np.where(self.total == 0, 1, self.total)[..., None]

    def entropy(self) -> Array:
        """In bits: log Z − Σ p s, with Z = total · exp(peak): `[n_head, rows]`."""
        seen = self.total > 0
        total, level = np.where(seen, self.total, 1), np.where(seen, self.peak, 0)
        nats = np.log(total) + level - self._scored / total
        return np.where(seen, np.maximum(nats, 0) / math.log(2), 0)


def _products(parts: Array, scores: Array) -> Array:
    """Σ part · score over the keys, where a hidden key adds nothing: `[n_head, rows]`."""
    with np.errstate(invalid="ignore"):  # 0 · −∞
        summed: Array = np.einsum("hij,hij->hi", parts, scores)
    if np.isnan(summed).any():
        summed = np.einsum("hij,hij->hi", parts, np.where(parts > 0, scores, 0))
    return summed


class Ranks:
    """The first `top` keys of `n` queries, strongest first; of equal ones those that came first.

    keys `[n, top]` (−1: none), strengths `[n, top]` (−inf: none).
    """

    def __init__(self, n: int, top: int, dtype: np.dtype) -> None:
        self.keys = np.full((n, top), -1, np.int64)
        self.strengths = np.full((n, top), -np.inf, dtype)
        self._tie = TIES[np.dtype(dtype)]

    def add(self, strengths: Array, first: int) -> None:
        """Go on with strengths `[n, columns]` of the keys from `first` on; −inf is not to be seen."""
        top = self.keys.shape[1]
        if not top:
            return
        stronger = strengths > self._bound()[:, None]  # [n, columns]
        count = stronger.sum(axis=1)  # [n]
        many = np.flatnonzero(count > FEW * top)
        if len(many):
            places = self._first_places(np.where(stronger[many], strengths[many], -np.inf), top)  # [many, top]
            self._merge(many, places + first, np.take_along_axis(strengths[many], places, axis=1))
            stronger[many] = False
        if len(few := np.flatnonzero((count > 0) & (count <= FEW * top))):
            self._merge_few(few, stronger[few], strengths[few], first)

    def _bound(self) -> Array:
        """The strength above which a key counts among the first: `[n]`."""
        least = self.strengths[:, -1]
        full = least > -np.inf
        return np.where(full, least + self._tie * np.abs(np.where(full, least, 0)), -np.inf)

    def _merge_few(self, rows: Array, stronger: Array, strengths: Array, first: int) -> None:
        """Let the marked strengths of `[rows, columns]` compete, a handful in each row."""
        row, column = np.nonzero(stronger)
        count = np.bincount(row, minlength=len(rows))  # [rows]
        place = np.arange(len(row)) - (count.cumsum() - count)[row]  # which one of its row
        keys = np.full((len(rows), count.max()), -1)
        found = np.full(keys.shape, -np.inf, strengths.dtype)
        keys[row, place], found[row, place] = column + first, strengths[row, column]
        self._merge(rows, keys, found)

    def _merge(self, rows: Array, keys: Array, strengths: Array) -> None:
        """Let new keys `[rows, m]`, in the order of their places, compete with those so far."""
        all_keys = np.concatenate([self.keys[rows], keys], axis=1)  # [rows, top + m]
        all_strengths = np.concatenate([self.strengths[rows], strengths], axis=1)
        order = np.argsort(-self._steps(all_strengths), axis=1, kind="stable")[:, : self.keys.shape[1]]
        self.keys[rows] = np.take_along_axis(all_keys, order, axis=1)
        self.strengths[rows] = np.take_along_axis(all_strengths, order, axis=1)

    def _first_places(self, strengths: Array, top: int) -> Array:
        """The places of the `top` strongest of each row, in the order of their places; of equal ones the first."""
        steps = self._steps(strengths)
        least = np.partition(steps, -top, axis=1)[:, [-top]]  # [rows, 1]
        above, level = steps > least, steps == least
        room = top - above.sum(axis=1, keepdims=True)  # [rows, 1]
        chosen = above | (level & (level.cumsum(axis=1) <= room))
        return np.nonzero(chosen)[1].reshape(len(strengths), top)

    def _steps(self, strengths: Array) -> Array:
        """Strengths rounded so that differences of rounding alone vanish."""
        mantissa, exponent = np.frexp(strengths)
        return np.ldexp(np.rint(mantissa / (2 * self._tie)) * (2 * self._tie), exponent)
