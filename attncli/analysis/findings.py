"""What a matrix of weights says at first glance: the pairs, the patterns and the even rows that stand out of it.

A weight is held against the even share of its row: the mean of the row's weights on other words. Words that are the
same word are no others, as a word is none to itself: their vectors are alike by themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from attncli.arrays import Array

Kind = Literal["itself", "before", "after", "one", "each other", "at", "even"]

FEWEST = 2  # other words of a row, without which nothing can stand out
STRONG, STRONGER = 1.5, 2.0  # times the even share: of both rows of a pair, and of one row alone
AHEAD = 1.25  # times the second largest
EVEN = 1.2  # times the even share: a row up to it looks at no word in particular
MOSTLY = 0.6  # of the rows, for a pattern
NOTHING = 0.05  # of a row's weight on others: less says nothing
MOST = 0.3  # mean weight of a pattern


@dataclass(frozen=True)
class Finding:
    """One thing that the weights say, with the places of the words that it is about.

    itself: hardly any weight on other words. before, after, one: most rows have most of their weight on the word
    before, the word after, or one and the same key. each other: each of two words has most weight on the other. at:
    one has most of its weight on another. even: these rows have none that stands out; `all` of them, or these.
    """

    kind: Kind
    queries: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    all: bool = False


@dataclass(frozen=True)
class Rows:
    """The rows of weights `[n_query, n_key]`, on others alone.

    lifts: weights over the even share of their row; seen: the others, boolean, both `[n_query, n_key]`. told: the rows
    with others enough, and weight on them, boolean `[n_query]`. best: each row's largest, `[n_query]`; ahead: whether
    it stands out of the second largest.
    """

    weights: Array
    seen: Array
    lifts: Array
    told: Array
    best: Array
    ahead: Array

    @classmethod
    def of(cls, weights: Array, visible: Array, same: Array) -> "Rows":
        """The rows of weights, both `visible` and `same` boolean `[n_query, n_key]`: keys that are the query's word."""
        seen = visible & ~same & np.isfinite(weights)
        others = np.where(seen, weights, 0)  # [n_query, n_key]
        count, total = seen.sum(axis=1), others.sum(axis=1)  # both [n_query]
        whole = np.where(visible & np.isfinite(weights), weights, 0).sum(axis=1)  # [n_query]
        told = (count >= FEWEST) & (total > NOTHING * whole)
        even = np.divide(total, count, out=np.ones_like(total), where=told)  # [n_query]
        best, second = _two_largest(others)
        return cls(others, seen, others / even[:, None], told, best, others.max(axis=1, initial=0) > AHEAD * second)

    def lift(self, query: int, key: int) -> float:
        """A weight over the even share of its row; 0 where it does not stand out."""
        stands = self.told[query] and self.best[query] == key and self.ahead[query]
        return float(self.lifts[query, key]) if stands else 0.0


def findings(weights: Array, visible: Array, queries: Sequence[str], keys: Sequence[str] | None) -> tuple[Finding, ...]:
    """What weights `[n_query, n_key]` say, the most telling first; empty where they say nothing.

    visible: boolean, of their shape: the keys that a query may see. queries: the words of the rows; keys: those of the
    columns, None where they are the same places, and a word may look at itself.
    """
    if weights.shape[0] < 2 or weights.shape[1] < 2:
        return ()
    of_keys = queries if keys is None else keys
    same = np.equal.outer(_folded(queries), _folded(of_keys)) if keys is None else np.zeros(weights.shape, dtype=bool)
    rows = Rows.of(weights, visible, same)
    if not rows.told.any():
        return (Finding("itself"),) if keys is None and _alone(rows, weights) else ()
    patterns = [*(_neighbours(rows) if keys is None else ()), *_one(rows)][:1]
    explained = {pair for each in patterns for pair in zip(each.queries, each.keys, strict=True)}
    mutual = [*_mutual(rows)] if keys is None else []
    explained |= {pair for each in mutual for pair in zip(each.queries, each.keys, strict=True)}
    return (*patterns, *mutual, *_single(rows, explained), *_even(rows))


def _folded(words: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    return np.array([word.casefold() for word in words], dtype=object)


def _two_largest(weights: Array) -> tuple[Array, Array]:
    """The place of each row's largest weight, and its second largest weight: both `[n_query]`."""
    best = weights.argmax(axis=1)  # [n_query]
    rest = weights.copy()
    rest[np.arange(len(rest)), best] = 0
    return best, rest.max(axis=1)


def _alone(rows: Rows, weights: Array) -> bool:
    """Whether words that see others look at themselves."""
    return bool((np.diagonal(weights)[rows.seen.sum(axis=1) >= FEWEST] > 1 - NOTHING).any())


def _neighbours(rows: Rows) -> Iterator[Finding]:
    """The word before, or after, as the largest of most rows."""
    n = len(rows.best)
    for kind, offset in (("before", -1), ("after", 1)):
        key = np.arange(n) + offset  # [n]
        there = rows.told & (key >= 0) & (key < n)
        fits = there & rows.ahead & (rows.best == key)
        if there.sum() > 2 and fits.sum() >= MOSTLY * there.sum() and _mean(rows, fits) >= MOST:
            places = np.flatnonzero(fits)
            yield Finding(kind, tuple(places.tolist()), tuple((places + offset).tolist()))  # type: ignore[arg-type]


def _one(rows: Rows) -> Iterator[Finding]:
    """One key as the largest of most rows."""
    key = int(np.bincount(rows.best[rows.told]).argmax())
    fits = rows.told & rows.ahead & (rows.best == key)
    there = rows.told & rows.seen[:, key]
    if there.sum() > 2 and fits.sum() >= MOSTLY * there.sum() and _mean(rows, fits) >= MOST:
        places = tuple(np.flatnonzero(fits).tolist())
        yield Finding("one", places, (key,) * len(places))


def _mean(rows: Rows, fits: Array) -> float:
    """The mean of the largest weights of some rows."""
    return float(rows.weights[fits].max(axis=1).mean())


def _mutual(rows: Rows) -> Iterator[Finding]:
    """Pairs each of which has most weight on the other, the strongest first."""
    pairs = [(i, int(j)) for i, j in enumerate(rows.best) if i < j and rows.best[j] == i]
    strength = {pair: min(rows.lift(*pair), rows.lift(*pair[::-1])) for pair in pairs}
    for i, j in sorted(pairs, key=lambda pair: -strength[pair]):
        if strength[i, j] >= STRONG:
            yield Finding("each other", (i, j), (j, i))


def _single(rows: Rows, explained: set[tuple[int, int]]) -> Iterator[Finding]:
    """Rows whose largest weight stands out, those aside that a pattern or a pair explains, the largest first."""
    single = [(query, int(key)) for query, key in enumerate(rows.best)]
    for query, key in sorted(single, key=lambda pair: -rows.weights[pair]):
        if rows.lift(query, key) >= STRONGER and (query, key) not in explained:
            yield Finding("at", (query,), (key,))


def _even(rows: Rows) -> Iterator[Finding]:
    """The rows that look at no word in particular."""
    even = rows.told & (rows.seen.sum(axis=1) > FEWEST) & (rows.lifts.max(axis=1) <= EVEN)
    if even.any():
        yield Finding("even", tuple(np.flatnonzero(even).tolist()), all=bool(even[rows.told].all()))
