"""Heads held against relations over many sentences at once: read and mapped first, then attended to and counted.

Of a sentence that is read its tokens by number, their words and its pairs are kept, until all are read: only then is
it known which half of a treebank it is in, and which sentences are alike in length.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Protocol

import numpy as np

from attncli.analysis.merging import merge_words
from attncli.analysis.relations import Tally, found_by, strongest_other
from attncli.arrays import Array
from attncli.corpus.attending import LONG, Attender
from attncli.corpus.model_packs import PackedWeights, in_windows
from attncli.corpus.treebank_file import ParsedSentence
from attncli.corpus.treebank_words import NO_WORD, MappedSentence, RelationNames, map_words
from attncli.corpus.vocabulary import by_length
from attncli.errors import AttnError
from attncli.models import packing
from attncli.models.model import Model
from attncli.recipes.inputs import not_among
from attncli.recipes.model_input import of_long_texts
from attncli.recipes.model_run import ModelRun, check_room
from attncli.settings.explanation import Settings
from attncli.settings.model import HeadOptions, ModelSettings, chosen
from attncli.text.tokens import Token, read_sentence, with_composed
from attncli.vectors import Vectors


@dataclass(frozen=True, eq=False)
class ReadSentence:
    """A sentence of a treebank that is read: its tokens by number, `n` of them, and its words and pairs over them.

    run: that of a text in windows.
    """

    tokens: "array[int]"
    mapped: MappedSentence
    run: ModelRun | None = None


class Attending(Protocol):
    """A source of attention over the sentences of a treebank; numbers: of its layers and of its heads."""

    numbers: tuple[tuple[int, ...], tuple[int, ...]]
    warnings: tuple[str, ...]

    def read(self, sentence: ParsedSentence, names: RelationNames) -> ReadSentence:
        """The tokens of a sentence. Raises AttnError where it does not take it."""

    def weights(self, sentences: Sequence[ReadSentence]) -> Iterator[tuple[int, Array]]:
        """The weights of each sentence, by its place in the list: `[n_layer, n_head, n, n]`."""


class ByModel:
    """The heads of a model.

    Raises:
        UsageError: a layer, head or language that the model does not have.
    """

    def __init__(self, model: Model, settings: ModelSettings) -> None:
        self._model, self._settings = model, settings
        self._packs = PackedWeights(model, settings)
        self.numbers = self._packs.numbers
        self.warnings = (*model.warnings, *of_long_texts(model, settings))

    def read(self, sentence: ParsedSentence, names: RelationNames) -> ReadSentence:
        """The pieces of a sentence; special ones have no place."""
        run = ModelRun.of(sentence.text, self._model, self._settings)
        if run.bytes_of_layer + run.bytes_of_heads > packing.HELD:
            check_room(run, keeps=True)
        text = run.given.text
        places = [None if token.special else (token.start, token.end) for token in text.tokens]
        mapped = map_words(sentence, places, names)
        return ReadSentence(array("i", text.ids), mapped, run if run.given.windows else None)

    def weights(self, sentences: Sequence[ReadSentence]) -> Iterator[tuple[int, Array]]:
        """Neighbours in length together, those in windows alone."""
        short = [place for place, each in enumerate(sentences) if each.run is None]
        tokens = [sentences[place].tokens for place in short]
        heads = len(self.numbers[0]) * len(self.numbers[1])
        lengths = [(len(each),) for each in tokens]
        for some in packing.packs(lengths, [4 * heads * n * n for (n,) in lengths]):
            runs, weights, _ = self._packs.of_ids([tokens[place] for place in some])
            places = iter(some)
            for run, of_run in zip(runs, weights, strict=True):
                yield from ((short[place], of_run[:, i]) for i, place in enumerate(islice(places, run.b)))
        for place, each in enumerate(sentences):
            if each.run is not None:
                yield place, in_windows(each.run)[0]


class ByVectors:
    """Heads over the words of a vector set; unknown words as the settings say. sizes: how many layers and heads.

    Raises:
        UsageError: a layer or a head that there is not.
        ResourceError: projections that cannot be read.
    """

    def __init__(self, vectors: Vectors, settings: Settings, chosen_heads: HeadOptions) -> None:
        self._vectors, self._attender = vectors, Attender(vectors, settings)
        self.settings, self.warnings = self._attender.settings, self._attender.warnings
        self.sizes = len(self._attender.blocks.heads), self._attender.blocks.n_head
        given = zip(("layer", "head"), (chosen_heads.layer, chosen_heads.head), self.sizes, strict=True)
        layers, heads = (chosen(name, asked, there_are, vectors.name) for name, asked, there_are in given)
        self.numbers = layers, heads
        self._places: dict[int | str, int] = {}  # of words in the table, by row, or as they are if composed
        self._table: list[Array] = []

    def read(self, sentence: ParsedSentence, names: RelationNames) -> ReadSentence:
        """The known words of a sentence."""
        found = self._known(sentence.text)
        n, n_heads = len(found), prod(self.sizes)
        if n * n * n_heads > LONG:
            raise AttnError(f"expected at most {int((LONG / n_heads) ** 0.5):,} words, got {n:,}")
        tokens = [self._place(token.word, token.row) for token in found]
        mapped = map_words(sentence, [(token.start, token.end) for token in found], names)
        return ReadSentence(array("i", tokens), mapped)

    def _known(self, text: str) -> Sequence[Token]:
        """The words of a text that have a vector, maybe none. Raises AttnError for an unknown one if that is one."""
        read = read_sentence(text, self._vectors.find)
        if read.unknown and self.settings.unknown == "error":
            raise not_among(self._vectors, {each.text: () for each in read.unknown})
        if read.unknown and self.settings.unknown == "compose" and self._vectors.composes:
            read = with_composed(read, self._vectors.composed([each.text for each in read.unknown]).__contains__)
        return read.tokens

    def _place(self, word: str, row: int | None) -> int:
        key = word if row is None else row
        if key not in self._places:
            self._places[key] = len(self._table)
            x = self._vectors.composed([word])[word] if row is None else self._vectors.rows([row])[0]
            self._table.append(x.astype(np.float32))
        return self._places[key]

    def weights(self, sentences: Sequence[ReadSentence]) -> Iterator[tuple[int, Array]]:
        """Sentences of one length together."""
        table = np.stack(self._table)  # [words, d]
        rows = np.arange(len(table))
        counts, (layers, heads) = np.array([len(each.tokens) for each in sentences]), self.numbers
        for texts, places in by_length(np.concatenate([each.tokens for each in sentences]), counts):
            for batch in self._attender.attend(texts, table, rows, places):
                if batch.weights is not None:
                    weights = batch.weights[list(layers)][:, :, list(heads)]  # [n_layer, b, n_head, n, n]
                    yield from ((int(text), weights[:, i]) for i, text in enumerate(batch.texts))


@dataclass
class HeadCounter:
    """Counts, of the sentences of each part, the pairs of each relation that each head finds.

    correct: `[parts, relations, n_layer, n_head, 2]`.
    """

    correct: Array
    hide_first: bool = False

    @classmethod
    def of(cls, parts: int, relations: int, attending: Attending, *, hide_first: bool) -> "HeadCounter":
        """Nothing is counted yet."""
        layers, heads = attending.numbers
        return cls(np.zeros((parts, relations, len(layers), len(heads), 2), np.int64), hide_first)

    def add(self, part: int, sentence: MappedSentence, weights: Array) -> None:
        """A sentence of a part, with the weights `[n_layer, n_head, n, n]` of its tokens."""
        rows, pairs = sentence.rows, sentence.pairs
        if not len(pairs.relations):
            return
        merged = merge_words(*_of_words(weights, rows))
        keys = np.ones(merged.shape[-1], bool)
        if self.hide_first and rows[0] != NO_WORD:
            keys[rows[0]] = False
        found = found_by(strongest_other(merged, keys), pairs.dependents, pairs.heads)  # [n_layer, n_head, p, 2]
        relations, starts = np.unique(pairs.relations, return_index=True)
        counts = np.add.reduceat(found, starts, axis=2, dtype=np.int64)  # [n_layer, n_head, relations, 2]
        self.correct[part, relations] += np.moveaxis(counts, 2, 0)


def _of_words(weights: Array, rows: Array) -> tuple[Array, Array]:
    """Weights `[..., n, n]` and rows `[n]` without the tokens of no word; in most texts those are the outer ones."""
    inside = np.flatnonzero(rows != NO_WORD)
    if len(inside) and inside[-1] - inside[0] + 1 == len(inside):
        some = slice(int(inside[0]), int(inside[-1]) + 1)  # copies nothing
        return weights[..., some, some], rows[some]
    return weights[..., inside[:, None], inside], rows[inside]


def tallies(
    parts: Sequence[Sequence[ReadSentence]], attending: Attending, counter: HeadCounter, done: Callable[[], None]
) -> list[list[Tally]]:
    """The tally of each relation by number, of the sentences of each part; `done` is called behind each sentence."""
    part_of = [part for part, sentences in enumerate(parts) for _ in sentences]
    every = [each for sentences in parts for each in sentences]
    for place, weights in attending.weights(every):
        counter.add(part_of[place], every[place].mapped, weights)
        done()
    offsets = [_offsets(sentences, counter.correct.shape[1]) for sentences in parts]
    return [[Tally(*each) for each in zip(*both, strict=True)] for both in zip(counter.correct, offsets, strict=True)]


def _offsets(sentences: Sequence[ReadSentence], relations: int) -> list[Counter[int]]:
    """How many pairs of each relation have each offset."""
    found = [Counter[int]() for _ in range(relations)]
    for each in sentences:
        pairs = each.mapped.pairs
        for relation, offset in zip(pairs.relations.tolist(), pairs.offsets.tolist(), strict=True):
            found[relation][offset] += 1
    return found
