"""Batches of attention from texts, or from pairs of source and target, with a model: many in one forward pass."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.lines import TAB
from attncli.corpus.model_packs import PackedWeights, in_windows, packed
from attncli.corpus.reading import Skip, both
from attncli.errors import AttnError, ResourceError, UsageError
from attncli.models import packing
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.model_input import is_separated, of_long_texts, part_of, read_input
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.reduction import Reduction
from attncli.recipes.sides import Side, special_tokens
from attncli.settings.model import ModelSettings

RESERVED = 2**16  # numbers for the words that are asked for; those of others lie above
LIMIT = 2**31
TARGETS = 2**30  # before the tokens of targets, whose vocabulary may be another than that of sources
TRIAL = "a"  # a text with which settings are tried that no text could be read with


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


class ModelReader:
    """Attention of a model, many texts at a time: over its tokens, or over words where the settings merge them.

    asked: the words that are looked for. paired: each text is a source and its target, with a TAB between them.

    Raises:
        UsageError: a layer, head, part or language that the model does not have.
    """

    def __init__(
        self, model: Model, settings: ModelSettings, asked: Sequence[str] | None = None, *, paired: bool = False
    ) -> None:
        self._model, self._paired = model, paired
        self._settings = replace(settings, target=TRIAL) if paired else settings
        self._words = ModelWords(asked or ())
        self.name = model.name
        self.warnings = (*model.warnings, *of_long_texts(model, settings))
        self.words_known = self.words_unknown = self.texts_separated = 0
        self._names: dict[int, str] = {}
        self._packs = PackedWeights(model, self._settings)
        self.numbers = self._packs.numbers
        self._try()

    def _try(self) -> None:
        """UsageError: a language, a token in front or windows that the model does not have, or what targets exclude."""
        given = self._settings
        if self._paired or {given.source_lang, given.bos, given.stride} != {None}:
            try:
                read_input(TRIAL, self._model, self._settings)
            except UsageError:
                raise
            except AttnError:  # of this text
                pass

    @property
    def attention(self) -> ModelSettings:
        """As they were given, with the part of an encoder–decoder."""
        part = part_of(self._model, self._settings) if self._model.has_decoder else None
        return replace(self._settings, part=part, target=None)

    def read(self, texts: Sequence[str], skip: Skip) -> Iterator[Batch]:
        """Texts of one length together, those in windows alone; a text that the model does not take is skipped."""
        (layers, heads), short = self.numbers, []
        for number, run in self._taken(texts, skip):
            if run.given.windows is None:
                short.append((number, run.given))
            else:
                yield self._joined(number, run)
        for some in packed(short, len(layers) * len(heads)):
            yield from self._batches(some)

    def _taken(self, texts: Sequence[str], skip: Skip) -> Iterator[tuple[int, ModelRun]]:
        """The texts that the model takes, with their numbers."""
        for number, text in enumerate(texts):
            try:
                run = self._run(text)
                if run.bytes_of_layer + run.bytes_of_heads > packing.HELD:
                    check_room(run, keeps=True)
                self.texts_separated += is_separated(run.given.text, self._model)
                yield number, run
            except ResourceError:
                raise
            except AttnError as error:
                skip(number, error.message)

    def _run(self, text: str) -> ModelRun:
        if not self._paired:
            return ModelRun.of(text, self._model, self._settings)
        source, _, target = text.partition(TAB)
        return ModelRun.of(source, self._model, replace(self._settings, target=target))

    def _joined(self, number: int, run: ModelRun) -> Batch:
        """The batch of a text in windows."""
        over, seen = in_windows(run)  # [n_layer, n_head, n, n]
        if self._settings.words:
            return self._merged((number, run.given), over, seen)
        return self._whole([(number, run.given)], over[:, None], seen)

    def _batches(self, texts: Sequence[tuple[int, ModelInput]]) -> Iterator[Batch]:
        """The batches of a pack: of texts of one length, and with words merged of each text alone."""
        runs, weights, seen = self._packs.of_inputs([given for _, given in texts])
        left = iter(texts)
        for run, of_run, visible in zip(runs, weights, seen, strict=True):
            some = list(islice(left, run.b))
            if self._settings.words:
                yield from (self._merged(text, of_run[:, i], visible) for i, text in enumerate(some))
            else:
                yield self._whole(some, of_run, visible)

    def _whole(self, texts: Sequence[tuple[int, ModelInput]], weights: Array, seen: Sequence[Array]) -> Batch:
        """The batch of texts of one length, a row a token."""
        numbers, given = zip(*texts, strict=True)
        first: ModelInput = given[0]
        rows = self._tokens([each.queries for each in given], 0 if first.part == "encoder" else TARGETS)
        key_rows = self._tokens([each.keys for each in given]) if first.crosses else None
        special = special_tokens(first.keys)  # [n_key]; the tokenizer adds as many at the ends of every text
        return Batch(np.array(numbers), rows, self._settings.top, weights, seen, special=special, key_rows=key_rows)

    def _tokens(self, sentences: Sequence[ModelSentence], before: int = 0) -> Array:
        """The tokens of texts of one length by number, counted on from `before`: `[b, n]`."""
        for sentence in sentences:
            self._learn((before + token.id, token.piece) for token in sentence.tokens)  # the piece, not the typed text
        rows = np.array([sentence.ids for sentence in sentences]) + before
        self.words_known += rows.size
        return rows

    def _merged(self, text: tuple[int, ModelInput], weights: Array, seen: Sequence[Array]) -> Batch:
        """The batch of one text, a row a word, from weights `[n_layer, n_head, n, n_key]` over its tokens."""
        number, given = text
        words = Reduction.of(given, self._settings)
        rows, *others = [self._whole_words(side) for side in words.sides]
        visible, key_rows = [words.visible(each) for each in seen], others[0] if others else None
        weights, special = words.reduce(weights)[:, None], words.keys.special  # [n_layer, 1, n_head, m, m_key]
        return Batch(np.array([number]), rows, self._settings.top, weights, visible, special=special, key_rows=key_rows)

    def _whole_words(self, side: Side) -> Array:
        """The words of one text by number: `[1, m]`."""
        named = [self._words.numbered(token.name) for token in side.sentence.tokens]
        self._learn(named)
        self.words_known += len(named)
        return np.array([[row for row, _ in named]])

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
