"""The table `context`: words with the words that they attend to most, over all texts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.pairs import LOW, Pairs, Run, grouped, joined, merged, write_blocks
from attncli.corpus.tables.table import DIGITS, MOST_LINES, Arrays, Columns, Group, Line, Stored, Table, need

if TYPE_CHECKING:
    from attncli.corpus.parts import PartWriter
    from attncli.corpus.reading import Reader
    from attncli.corpus.settings import CorpusSettings

BUFFERED, MOST = 2**20, 2**22  # pairs held before equal ones are added up, once as they come and once of several runs
MOST_SHOWN = 5  # context words of a word in the summary


class Context(Table):
    """Pairs of words in blocks, and the index of those."""

    name = "context"
    explanation = "words and their strongest context words: mean weight, times"
    columns: ClassVar = {
        "word": "text",
        "context": "text",
        "count": "whole",
        "mean_weight": "number",
        "standard_deviation": "number",
    }
    stored: ClassVar = {
        "first": Stored("i", "block", least=0, rising=True, always=True),
        "pairs": Stored("i", "block", least=1, always=True),
        "ends": Stored("i", "block", least=1, rising=True, always=True),
        "blocks": Stored("u", "byte", always=True),
    }
    shown = 1000

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._held: list[tuple[Array, Array]] = []  # codes and weights
        self._waiting = 0
        self._runs: list[Pairs] = []

    def add(self, batch: Batch) -> None:
        """Every word with its strongest keys."""
        keys, weights = batch.strongest  # [b, n, top]
        others = np.take_along_axis(batch.rows, keys.reshape(len(keys), -1), axis=1).reshape(keys.shape)
        code = (batch.rows[..., None] << 32) | others
        there = keys >= 0
        if self.words is not None:
            there &= np.isin(batch.rows, self.words)[..., None]
        every = there.all()
        code, weight = (each.ravel() if every else each[there] for each in (code, weights))
        self._held.append((code, weight))
        self._waiting += len(code)
        if self._waiting > BUFFERED:
            self._add_held()

    def _add_held(self) -> None:
        if not self._waiting:
            return
        code, weight = (np.concatenate(each) for each in zip(*self._held, strict=True))
        self._held, self._waiting = [], 0
        self._runs.append(grouped(code, weight))
        if sum(len(run.code) for run in self._runs[1:]) > MOST:
            self._runs = [joined(merged(self._runs))]

    def write(self, part: "PartWriter") -> None:
        """Write the pairs in the order of their codes."""
        self._add_held()
        with part.bytes(self.name, "blocks") as file:
            index = write_blocks(file, merged(self._runs))
        part.arrays(self.name, index)

    @classmethod
    def check_values(cls, arrays: Group, texts: int, knows: Callable[[Array], bool]) -> None:
        """Check that all pairs are of known words too."""
        for name in cls.stored.keys() - {"blocks"}:
            cls.stored[name].check(arrays[name].read())
        for pairs in merged([Run(arrays)]):
            need(knows(pairs.code >> 32) and knows(pairs.code & LOW))

    @classmethod
    def pieces(cls, parts: Sequence[Group], reader: "Reader", settings: "CorpusSettings") -> Iterator[Columns]:
        """Words rising, each with its `kept` context words of the largest total weight, some words at a time."""
        for pairs in merged([Run(part) for part in parts]):
            yield _columns(_strongest(pairs, settings.kept), reader.names)

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """Some words with their context words, each with its mean weight and how often it was one."""
        by_word: dict[str, list[str]] = {}
        columns = (rows[name] for name in ("word", "context", "mean_weight", "count"))
        for word, other, weight, count in zip(*columns, strict=True):
            by_word.setdefault(word, []).append(f"{other} {weight:.2f} ×{count:,}")
        for word, others in list(by_word.items())[:MOST_LINES]:
            yield Line(word, others[:MOST_SHOWN], of_text=True)


def _strongest(pairs: Pairs, kept: int) -> Arrays:
    """The context words of each word that are kept, the strongest first, as arrays of one length."""
    word = pairs.code >> 32
    order = np.lexsort((pairs.code, -np.round(pairs.total, DIGITS), word))
    starts = np.flatnonzero(np.diff(word[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    code, times, total, deviations = (array[order[rank < kept]] for array in pairs)
    return {
        "word": code >> 32,
        "context": code & LOW,
        "count": times.astype(np.int64),
        "mean_weight": np.round(total / times, DIGITS),
        "standard_deviation": np.round(np.sqrt(deviations / times), 6),
    }


def _columns(found: Arrays, names: Callable[[Array], Sequence[str]]) -> Columns:
    """The columns with words in place of their numbers."""
    numbers, place = np.unique(np.concatenate([found["word"], found["context"]]), return_inverse=True)
    words = np.array(names(numbers), dtype=object)[place]
    word, context = np.split(words, 2)
    return {name: array.tolist() for name, array in {**found, "word": word, "context": context}.items()}
