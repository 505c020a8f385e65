"""From texts to what is seen in them: with the vectors of a set many at once, with a model one by one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.attending import Attender
from attncli.corpus.lines import NO_WORD
from attncli.corpus.seen import Seen, seen
from attncli.corpus.vocabulary import Vocabulary, by_length, known
from attncli.corpus.word_numbers import ModelWords, both
from attncli.errors import AttnError, ResourceError
from attncli.models.model import Model
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings
from attncli.vectors import Vectors

Skipped = list[tuple[int, str]]  # which text, and why


class Read(NamedTuple):
    """What is seen in texts of one length, which ones they are `[b]`."""

    which: Array
    seen: Seen


class Reader(Protocol):
    """What makes texts attend; it counts words on, and `numbers` are those of its layers and of its heads.

    name: of the set or model; warnings: what must be said of its settings.
    """

    name: str
    warnings: tuple[str, ...]
    words_known: int
    words_unknown: int
    numbers: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def attention(self) -> Settings | ModelSettings:
        """The settings with nothing left open."""

    def read(self, texts: Sequence[str]) -> tuple[list[Read], Skipped]:
        """What is seen in the texts, and those that were skipped."""

    def names(self, rows: Array) -> list[str]:
        """The words by number."""

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Whether all of these are numbers of words; `names` are those that came with them."""

    def known_names(self) -> dict[int, str]:
        """Words by number that cannot be looked up elsewhere: the pieces of a model."""

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Words that another reader met."""

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """The numbers of those words that there are."""


class VectorReader:
    """Attention over word vectors."""

    def __init__(self, vectors: Vectors, settings: Settings, collect: Sequence[str]) -> None:
        self._vectors, self._attender = vectors, Attender(vectors, settings, collect)
        self.name, self.warnings = vectors.name, self._attender.warnings
        self._vocabulary, self.checksum = Vocabulary(vectors), self._attender.checksum
        self.words_known = self.words_unknown = 0
        blocks = self._attender.blocks
        self.numbers = tuple(range(len(blocks.heads))), tuple(range(blocks.n_head))

    @property
    def attention(self) -> Settings:
        """As the blocks are: how many heads, from where, and whether words see themselves."""
        return self._attender.settings

    def read(self, texts: Sequence[str]) -> tuple[list[Read], Skipped]:
        """Texts of one length together."""
        places, counts, unknown = known(*self._vocabulary.places_of(texts))
        self.words_known += len(places)
        self.words_unknown += unknown
        found = [read for group in by_length(places, counts) for read in self._group(*group)]
        return found, [(int(text), NO_WORD) for text in np.flatnonzero(counts == 0)]

    def _group(self, which: Array, places: Array) -> Iterator[Read]:
        at = 0
        for each in self._attender.attend(self._vocabulary.table, self._vocabulary.rows, places):
            yield Read(which[at : at + len(each.rows)], each)
            at += len(each.rows)

    def names(self, rows: Array) -> list[str]:
        """The words of rows, as the set spells them."""
        return self._vectors.text(rows)

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Rows of the set."""
        return bool((rows < self._vectors.words).all())

    def known_names(self) -> dict[int, str]:
        """None: the set has them all."""
        return {}

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Nothing to learn."""

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """As typed, else in lower case."""
        found = self._vectors.find([*words, *(word.lower() for word in words)])
        return {word: found.get(word, found.get(word.lower(), -1)) for word in words if {word, word.lower()} & {*found}}


class ModelReader:
    """Attention of a model, a text at a time: over its tokens, or over words where the settings merge them."""

    def __init__(
        self, model: Model, settings: ModelSettings, collect: Sequence[str], asked: Sequence[str] | None = None
    ) -> None:
        self._model, self._settings, self._collect = model, settings, collect
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

    def read(self, texts: Sequence[str]) -> tuple[list[Read], Skipped]:
        """A text that the model does not take is skipped."""
        found: list[Read] = []
        skipped: Skipped = []
        for number, text in enumerate(texts):
            try:
                found.append(Read(np.array([number]), self._seen(text)))
            except ResourceError:
                raise
            except AttnError as error:
                skipped.append((number, error.message))
        return found, skipped

    def _seen(self, text: str) -> Seen:
        from attncli.recipes.model_explaining import explain_model_with

        explanation = explain_model_with(text, self._model, self._settings)
        tokens = explanation.sentence.tokens
        self.words_known += len(tokens)
        if self._settings.words:
            named = [self._words.numbered(token.name) for token in tokens]
        else:
            named = [(token.row or 0, token.word) for token in tokens]  # the piece, whatever was typed
        self._learn(named)
        rows = np.array([[row for row, _ in named]])  # [1, n]
        weights = explanation.weights[:, None]  # [n_layer, 1, n_head, n, n]
        visible = np.stack([layer.attention.scores > -np.inf for layer in explanation.layers])[:, None]
        return seen(rows, weights, self._settings.top, self._collect, explanation.special, visible)

    def names(self, rows: Array) -> list[str]:
        """The tokens as the model's vocabulary has them, or the words as they were typed."""
        return [self._names.get(int(row), "") for row in rows]

    def knows(self, rows: Array, names: Mapping[str, str]) -> bool:
        """Tokens that came with their names."""
        return {*map(str, np.unique(rows).tolist())} <= names.keys()

    def known_names(self) -> dict[int, str]:
        """The tokens met so far, by number."""
        return self._names

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Tokens that were met elsewhere."""
        self._learn((int(row), name) for row, name in names.items())

    def _learn(self, named: Iterable[tuple[int, str]]) -> None:
        for row, name in named:
            self._names[row] = both(self._names.get(row, name), name)

    def find(self, words: Sequence[str]) -> dict[str, int]:
        """Those that the model takes for one word, however many tokens it makes of it."""
        whole = [word for word in words if self._is_whole(word)]
        return {word: number for word, number in self._words.of_asked(words).items() if word in whole}

    def _is_whole(self, word: str) -> bool:
        return len({token.word for token in self._model.read(word).tokens if not token.special}) == 1
