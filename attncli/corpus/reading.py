"""Batches of attention from texts: with the vectors of a set many at once, with a model one by one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.attending import Attender
from attncli.corpus.batch import Batch
from attncli.corpus.lines import NO_WORD
from attncli.corpus.vocabulary import Vocabulary, by_length, known
from attncli.errors import AttnError, ResourceError
from attncli.models.model import Model
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings
from attncli.vectors import Vectors

RESERVED = 2**16  # numbers for the words that are asked for; those of others lie above
LIMIT = 2**31

Skip = Callable[[int, str], None]  # called with the place of a text that is skipped, and the reason


class Reader(Protocol):
    """A source of attention over texts; it counts words on, and `numbers` are those of its layers and of its heads.

    name: of the set or model; warnings: about its settings.
    """

    name: str
    warnings: tuple[str, ...]
    words_known: int
    words_unknown: int
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
        self.words_known = self.words_unknown = 0
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


class ModelWords:
    """Words by number, the same in every process: a word that is asked for by its place, others by a hash."""

    def __init__(self, asked: Sequence[str]) -> None:
        self._asked = self.of_asked(asked)
        self._folded = {word.casefold(): word for word in reversed(self._asked)}

    def of_asked(self, words: Sequence[str]) -> dict[str, int]:
        """The number of each."""
        return {word: place for place, word in enumerate(words[:RESERVED])}

    def numbered(self, text: str) -> tuple[int, str]:
        """The number of a word as typed, and its name: as it was asked for, else as typed."""
        name = text if text in self._asked else self._folded.get(text.casefold(), text)
        return self._asked[name] if name in self._asked else _hashed(name), name


def _hashed(name: str) -> int:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return RESERVED + number % (LIMIT - RESERVED)


def both(one: str, other: str) -> str:
    """The name of a number that two words happen to share: of 20,000 words that is so in one corpus of ten."""
    return one if other in one.split(" | ") else " | ".join(sorted({*one.split(" | "), other}))


class ModelReader:
    """Attention of a model, a text at a time: over its tokens, or over words where the settings merge them."""

    def __init__(self, model: Model, settings: ModelSettings, asked: Sequence[str] | None = None) -> None:
        self._model, self._settings = model, settings
        self._words = ModelWords(asked or ())
        self.name = model.name
        self.warnings = model.warnings
        self.words_known = self.words_unknown = 0
        self._names: dict[int, str] = {}
        shape = model.shape
        layers, heads = settings.layer or range(shape.n_layer), settings.head or range(shape.n_head)
        self.numbers = tuple(layers), tuple(heads)

    @property
    def attention(self) -> ModelSettings:
        """As they were given."""
        return self._settings

    def read(self, texts: Sequence[str], skip: Skip) -> Iterator[Batch]:
        """A text that the model does not take is skipped."""
        for number, text in enumerate(texts):
            try:
                yield self._batch(number, text)
            except ResourceError:
                raise
            except AttnError as error:
                skip(number, error.message)

    def _batch(self, number: int, text: str) -> Batch:
        from attncli.recipes.model_explaining import explain_model_with

        explanation = explain_model_with(text, self._model, self._settings)
        tokens = explanation.sentence.tokens
        self.words_known += len(tokens)
        if self._settings.words:
            named = [self._words.numbered(token.name) for token in tokens]
        else:
            named = [(token.row or 0, token.word) for token in tokens]  # the piece, not the typed text
        self._learn(named)
        rows = np.array([[row for row, _ in named]])  # [1, n]
        weights = explanation.weights[:, None]  # [n_layer, 1, n_head, n, n]
        seen, special = [layer.visible for layer in explanation.layers], explanation.source.special
        return Batch(np.array([number]), rows, self._settings.top, weights, seen, special=special)

    def names(self, rows: Array) -> list[str]:
        """The tokens as the model's vocabulary has them, or the words as they were typed."""
        return [self._names.get(int(row), "") for row in rows]

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Tokens that came with their names."""
        return {*map(str, np.unique(rows).tolist())} <= names.keys()

    def taken_names(self) -> dict[int, str]:
        """The tokens met since the last call, by number."""
        names, self._names = self._names, {}
        return names

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Tokens that were met elsewhere."""
        self._learn((int(row), name) for row, name in names.items())

    def _learn(self, named: Iterable[tuple[int, str]]) -> None:
        for row, name in named:
            self._names[row] = both(self._names.get(row, name), name)

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """The numbers of words, each of one token or several."""
        whole = [word for word in words if self._is_whole(word)]
        return {word: number for word, number in self._words.of_asked(words).items() if word in whole}

    def _is_whole(self, word: str) -> bool:
        return len({token.word for token in self._model.read(word).tokens if not token.special}) == 1
