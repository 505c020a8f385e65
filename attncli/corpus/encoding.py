"""Texts as vectors, many at a time: the means of the vectors of their words."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.lines import NO_WORD, UNKNOWN_WORD, Reason
from attncli.corpus.vocabulary import Vocabulary
from attncli.models.pooling import Pooling
from attncli.recipes.inputs import MOST_CHARACTERS
from attncli.vectors import Vectors

WORDS_AT_ONCE = 2**16  # whose vectors are averaged
TOO_LONG = f"more than {MOST_CHARACTERS:,} characters"


class TextVectors(Protocol):
    """A space in which texts have vectors; cut: how many texts were longer than it takes, of those met so far."""

    pooling: Pooling
    cut: int

    def of(self, texts: Sequence[str]) -> tuple[Array, list[Reason | None]]:
        """The vectors `[texts, d]`, zeros where a text has none, and why it has none.

        Raises:
            ResourceError: no text has one.
        """


def said_of_cut(texts: int) -> Iterator[str]:
    """The remark that so many texts were longer than the model takes."""
    if texts:
        yield f"texts of which the model was given a part: {texts:,}"


class WordVectors:
    """The means of the vectors of words; unknown: what is done with others, as the option says."""

    cut = 0

    def __init__(self, vectors: Vectors, unknown: str) -> None:
        self._unknown, self.pooling = unknown, Pooling()
        self._vocabulary = Vocabulary(vectors, composes=unknown == "compose")

    def of(self, texts: Sequence[str]) -> tuple[Array, list[Reason | None]]:
        """In float64, each word looked up once."""
        places, counts, missing = self._vocabulary.known_places_of(texts)
        means = list(self._means(places, counts)) or [np.zeros((0, self._vocabulary.table.shape[1]))]
        each = zip(texts, counts.tolist(), missing.tolist(), strict=True)
        return np.concatenate(means), [self._reason(*text) for text in each]

    def lacks(self, texts: Sequence[str]) -> Array:
        """How many words of each text have no vector of their own: `[texts]`."""
        return self._vocabulary.known_places_of(texts)[2]

    def _reason(self, text: str, n: int, missing: int) -> Reason | None:
        if len(text) > MOST_CHARACTERS:
            return Reason(TOO_LONG)
        if n == 0:
            return Reason(NO_WORD)
        return Reason(UNKNOWN_WORD) if missing and self._unknown == "error" else None

    def _means(self, places: Array, counts: Array) -> Iterator[Array]:
        """Of some texts at a time, `[some, d]`."""
        ends = counts.cumsum()
        cuts = np.flatnonzero(np.diff(ends // WORDS_AT_ONCE)) + 1
        for some in np.split(np.arange(len(counts)), cuts):
            words = places[slice(ends[some[0]] - counts[some[0]], ends[some[-1]])] if len(some) else places[:0]
            yield self._summed(words, counts[some]) / np.maximum(counts[some], 1)[:, None]

    def _summed(self, words: Array, counts: Array) -> Array:
        """The sums of the vectors of words, so many a text: `[texts, d]`."""
        sums = np.zeros((len(counts), self._vocabulary.table.shape[1]))
        there = np.flatnonzero(counts)
        if len(there):
            x = self._vocabulary.table[words].astype(np.float64)  # [words, d]
            sums[there] = np.add.reduceat(x, (counts.cumsum() - counts)[there], axis=0)
        return sums
