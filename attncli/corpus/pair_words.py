"""The tokens of texts as places in a table of vectors: the words in them, or the stretches between blanks."""

from collections.abc import Sequence
from itertools import chain
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.vocabulary import REMEMBERED, TABLE_BYTES, Vocabulary
from attncli.recipes.word_sides import token_vectors
from attncli.settings.alignment import AlignmentSettings
from attncli.vectors import Vectors


class PairWords(Protocol):
    """A table of the vectors of tokens `[words, d]` in float32, and which of them have one, boolean `[words]`."""

    @property
    def table(self) -> Array:
        """The vectors."""

    @property
    def has_vector(self) -> Array:
        """Which of them are there; the others are 0."""

    def places_of(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """The places of the tokens of all texts `[tokens]`, how many each text has `[texts]`, and how many it lacks.

        Places hold until the next call.
        """

    def known_of(self, tokens: int, missing: int) -> int:
        """How many of the tokens of a text have a vector."""


def pair_words(vectors: Vectors, settings: AlignmentSettings) -> PairWords:
    """The words of texts under these settings."""
    return Tokens(vectors, settings.unknown) if settings.tokenized else KnownWords(vectors, settings.unknown)


class KnownWords:
    """The words of plain texts, composed ones among them, without those that have no vector."""

    def __init__(self, vectors: Vectors, unknown: str) -> None:
        self._vocabulary = Vocabulary(vectors, composes=unknown == "compose")

    @property
    def table(self) -> Array:
        """The vectors of the words met so far."""
        return self._vocabulary.table

    @property
    def has_vector(self) -> Array:
        """All have one."""
        return np.ones(len(self.table), bool)

    def places_of(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """Unknown words have no place."""
        return self._vocabulary.known_places_of(texts)

    def known_of(self, tokens: int, missing: int) -> int:
        """All of them."""
        return tokens


class Tokens:
    """The stretches between blanks, each a token with a vector or without."""

    def __init__(self, vectors: Vectors, unknown: str) -> None:
        self._vectors, self._unknown = vectors, unknown
        self._forget()

    def _forget(self) -> None:
        self._place_of: dict[str, int] = {}
        self.table = np.empty((0, self._vectors.dimensions), np.float32)
        self.has_vector = np.empty(0, bool)

    def places_of(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """Every token has a place."""
        if len(self._place_of) > REMEMBERED or self.table.nbytes > TABLE_BYTES:
            self._forget()
        split = [text.split() for text in texts]
        tokens = list(chain.from_iterable(split))
        self._learn(sorted({*tokens} - self._place_of.keys()))
        places = np.fromiter(map(self._place_of.__getitem__, tokens), np.int64, len(tokens))
        counts = np.fromiter(map(len, split), np.int64, len(split))
        missing = np.concatenate([[0], (~self.has_vector[places]).cumsum()])  # [tokens + 1]
        ends = np.concatenate([[0], counts.cumsum()])  # [texts + 1]
        return places, counts, np.diff(missing[ends])

    def known_of(self, tokens: int, missing: int) -> int:
        """Those that do not lack one."""
        return tokens - missing

    def _learn(self, tokens: Sequence[str]) -> None:
        """Look up new tokens, all in one go."""
        if tokens:
            found = token_vectors(tokens, self._vectors, self._unknown)
            self._place_of |= zip(tokens, range(len(self.table), len(self.table) + len(tokens)), strict=True)
            self.table = np.concatenate([self.table, found.x.astype(np.float32)])
            self.has_vector = np.concatenate([self.has_vector, found.has_vector])
