"""The attention of one block: its arguments, and its result for all queries at once, for one query, or in blocks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention, attend
from attncli.attention.masks import as_bias, visible_keys
from attncli.attention.positions import offset_scores
from attncli.attention.score_terms import Scoring
from attncli.settings.explanation import Settings
from attncli.text.tokens import Sentence

if TYPE_CHECKING:  # only a long text should cost its import
    from attncli.attention.streamed import Streamed

ALL = slice(None)
Cut = tuple[int | None, int | None]  # a query that does not see a key, by their places; None: every one


@dataclass(frozen=True, eq=False)
class HiddenWords:
    """Every word is hidden from itself, and under trained heads from its repeats too.

    words `[..., n]`: the number of the word at each place, equal for repeats.
    blind `[..., n]`: the places that would see no other word, and so see themselves.
    """

    words: Array
    blind: Array

    @classmethod
    def of(cls, words: Array, settings: Settings, trained: bool) -> "HiddenWords | None":
        """The hidden words under resolved settings, from words by number `[..., n]`; None: nothing is hidden."""
        if not settings.exclude_self:
            return None
        if trained:
            return cls(words, blind_places(words, settings))
        places = np.arange(words.shape[-1])  # a repeat is another word
        return cls(places, np.zeros(len(places), dtype=bool))

    def seen(self, rows: slice = ALL, columns: slice = ALL) -> Array:
        """The keys of some columns that the queries of some rows see: boolean `[..., rows, columns]`."""
        if rows == columns == ALL:
            return self._everywhere
        return self._seen(rows, columns)

    @cached_property
    def _everywhere(self) -> Array:
        return self._seen(ALL, ALL)

    def _seen(self, rows: slice, columns: slice) -> Array:
        place = np.arange(self.words.shape[-1])
        itself = place[rows, None] == place[columns]  # [rows, columns]
        seen: Array = self.words[..., rows, None] != self.words[..., None, columns]
        seen |= itself & self.blind[..., rows, None]
        return seen


def blind_places(words: Array, settings: Settings) -> Array:
    """The places that see only their own word under the masks: boolean `[..., n]`.

    A place sees a stretch of the sentence; the stretch is one word if the run at its end reaches to its beginning.
    """
    n = words.shape[-1]
    place = np.arange(n)
    left, right = settings.window or (n, n)
    first = np.maximum(place - left, 0)  # [n]
    last = place if settings.causal else np.minimum(place + right, n - 1)  # [n]
    starts = np.ones(words.shape, dtype=bool)
    starts[..., 1:] = words[..., 1:] != words[..., :-1]
    run = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)  # [..., n]; where each place's run begins
    blind: Array = run[..., last] <= first
    return blind


def word_numbers(sentence: Sentence) -> Array:
    """The number of each word of a sentence, equal for repeats: `[n]`."""
    numbers: Array = np.unique([token.word for token in sentence.tokens], return_inverse=True)[1]
    return numbers


@dataclass(frozen=True, eq=False)
class AttentionCall:
    """Queries `[..., n_head, n_query, d_k]`, keys and values `[..., n_head, n_key, d]`, and how they attend.

    scoring: method, temperature, parameters and learned positions; causal, window, hidden and cuts: the keys that are
    seen.
    """

    queries: Array
    keys: Array
    values: Array
    scoring: Scoring
    causal: bool = False
    window: tuple[int, int] | None = None
    hidden: HiddenWords | None = None
    cuts: tuple[Cut, ...] = ()

    @property
    def vectors(self) -> tuple[Array, Array, Array]:
        """Queries, keys and values."""
        return self.queries, self.keys, self.values

    def of_heads(self, heads: slice) -> "AttentionCall":
        """The same of some heads."""
        queries, keys, values = (each[..., heads, :, :] for each in self.vectors)
        return replace(self, queries=queries, keys=keys, values=values, scoring=self.scoring.of_heads(heads))

    def at_once(self) -> Attention:
        """Every query with every key."""
        return self._attend(self.queries, ALL, 0)

    def of_query(self, query: int) -> Attention:
        """One query with every key: arrays with n_query = 1."""
        rows = slice(query, query + 1)
        return self._attend(self.queries[..., rows, :], rows, query)

    def in_blocks(
        self, top: int, own_place: bool, near: int | None = None, each: Callable[[range], Iterable[int]] = iter
    ) -> "Streamed":
        """Every query with every key, block by block, arguments as in `attend_in_blocks`."""
        from attncli.attention.streamed import attend_in_blocks

        return attend_in_blocks(
            self.queries,
            self.keys,
            self.values,
            top=top,
            **self.scoring.arguments,
            causal=self.causal,
            window=self.window,
            bias=lambda rows, columns: as_bias(self._mask(rows, columns), None, self.queries.dtype),
            own_place=own_place,
            near=near,
            each=each,
        )

    @cached_property
    def visible(self) -> Array:
        """The keys that each query sees: boolean `[..., n_query, n_key]`."""
        n_query, n_key = self.queries.shape[-2], self.keys.shape[-2]
        by_place = visible_keys(n_query, n_key, causal=self.causal, window=self.window, offset=0)
        seen = np.ones((n_query, n_key), dtype=bool) if by_place is None else by_place
        by_word = self._seen(ALL, ALL)
        return seen if by_word is None else seen & by_word

    def _attend(self, queries: Array, rows: slice, offset: int) -> Attention:
        return attend(
            queries,
            self.keys,
            self.values,
            **self.scoring.arguments,
            mask=self._mask(rows, ALL),
            causal=self.causal,
            window=self.window,
            offset=offset,
        )

    def _mask(self, rows: slice, columns: slice) -> Array | None:
        """Hidden words and learned positions as one mask of `attend`: `[..., n_head or 1, rows, columns]`."""
        seen = self._seen(rows, columns)
        seen = None if seen is None else seen[..., None, :, :]
        if self.scoring.by_offset is None:
            return seen
        i, j = np.arange(self.queries.shape[-2])[rows], np.arange(self.keys.shape[-2])[columns]
        added = offset_scores(self.scoring.by_offset, i, j)  # [..., n_head, rows, columns]
        return added if seen is None else np.where(seen, added, added.dtype.type(-np.inf))

    def _seen(self, rows: slice, columns: slice) -> Array | None:
        """The pairs of some rows and columns that are neither hidden nor cut: boolean `[..., rows, columns]`."""
        seen = None if self.hidden is None else self.hidden.seen(rows, columns)
        if not self.cuts:
            return seen
        uncut = self._uncut(range(self.queries.shape[-2])[rows], range(self.keys.shape[-2])[columns])
        return uncut if seen is None else seen & uncut

    def _uncut(self, rows: range, columns: range) -> Array:
        """The pairs that no cut has: boolean `[rows, columns]`."""
        seen = np.ones((len(rows), len(columns)), dtype=bool)
        for query, key in self.cuts:
            seen[_places(query, rows), _places(key, columns)] = False
        return seen


def _places(place: int | None, there: range) -> slice:
    """A place among those that are there, all of them for None."""
    if place is None:
        return ALL
    return slice(place - there.start, place - there.start + 1) if place in there else slice(0, 0)
