"""Batches of attention from texts; here with the vectors of a set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.attending import Attender
from attncli.corpus.batch import Batch
from attncli.corpus.lines import NO_WORD
from attncli.corpus.vocabulary import Vocabulary, by_length, known
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings
from attncli.vectors import Vectors

Skip = Callable[[int, str], None]  # called with the place of a text that is skipped, and the reason


def both(one: str, other: str) -> str:
    """The name of a number that two words happen to share: of 20,000 words that is so in one corpus of ten."""
    return one if other in one.split(" | ") else " | ".join(sorted({*one.split(" | "), other}))


class Reader(Protocol):
    """A source of attention over texts; it counts words on, and `numbers` are those of its layers and of its heads.

    name: of the set or model; warnings: about its settings. texts_separated: how many have a separator that was typed.
    """

    name: str
    warnings: tuple[str, ...]
    words_known: int
    words_unknown: int
    texts_separated: int
    numbers: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def attention(self) -> Settings | ModelSettings:
        """The settings with nothing left open."""

    def read(self, texts: Sequence[str], skip: Skip) -> Iterator[Batch]:
        """The attention of the texts, of some at a time; others are skipped."""

    def names(self, rows: Array) -> list[str]:
        """The words by number."""

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Whether all of these are numbers of words; `names` are those that came with them."""

    def taken_names(self) -> dict[int, str]:
        """Words by number that cannot be looked up elsewhere, met since the last call: the pieces of a model."""

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Words that another reader met."""

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """The numbers of those words that there are."""


class VectorReader:
    """Attention over word vectors."""

    def __init__(self, vectors: Vectors, settings: Settings, reach: int = 0) -> None:
        self._vectors, self._attender = vectors, Attender(vectors, settings, reach)
        self.name, self.warnings = vectors.name, self._attender.warnings
        self._vocabulary, self.checksum = Vocabulary(vectors), self._attender.checksum
        self.words_known = self.words_unknown = self.texts_separated = 0
        blocks = self._attender.blocks
        self.numbers = tuple(range(len(blocks.heads))), tuple(range(blocks.n_head))

    @property
    def attention(self) -> Settings:
        """As the blocks are: how many heads, from where, and whether words see themselves."""
        return self._attender.settings

    def read(self, texts: Sequence[str], skip: Skip) -> Iterator[Batch]:
        """Texts of one length together; one without a known word is skipped."""
        places, counts, unknown = known(*self._vocabulary.places_of(texts))
        self.words_known += len(places)
        self.words_unknown += unknown
        for text in np.flatnonzero(counts == 0).tolist():
            skip(text, NO_WORD)
        table, rows = self._vocabulary.table, self._vocabulary.rows
        for which, some in by_length(places, counts):
            yield from self._attender.attend(which, table, rows, some)

    def names(self, rows: Array) -> list[str]:
        """The words of rows, as the set spells them."""
        return self._vectors.text(rows)

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Rows of the set."""
        return bool((rows < self._vectors.words).all())

    def taken_names(self) -> dict[int, str]:
        """None: the set has them all."""
        return {}

    def learn_names(self, names: Mapping[str, str]) -> None:
        """None: the set has them all."""

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """As typed, else in lower case."""
        found = self._vectors.find([*words, *(word.lower() for word in words)])
        return {word: found.get(word, found.get(word.lower(), -1)) for word in words if {word, word.lower()} & {*found}}
