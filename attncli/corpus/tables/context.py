"""The table `context`: words with the words that they attend to most, over all texts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.pairs import LOW, Pairs, Run, grouped, joined, merged, starts_of, write_blocks
from attncli.corpus.tables.table import DIGITS, MOST_LINES, Columns, Group, Line, Share, Stored, Table, need

if TYPE_CHECKING:
    from attncli.corpus.parts import Part, PartWriter
    from attncli.corpus.reading import Reader

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
        others = np.take_along_axis(batch.keys, keys.reshape(len(keys), -1), axis=1).reshape(keys.shape)
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
        for pairs in merged([cls._run(arrays)]):
            _check_words(pairs, knows)

    @classmethod
    def _run(cls, arrays: Group) -> Run:
        for name in cls.stored.keys() - {"blocks"}:
            cls.stored[name].check(arrays[name].read())
        return Run(arrays)

    @classmethod
    def begins(cls, arrays: Group) -> Array:
        """The first code of each block."""
        return cls._run(arrays).first

    @classmethod
    def merge_parts(cls, target: "PartWriter", parts: Sequence["Part"], share: Share) -> None:
        """Write the pairs of a range of words, of the whole text only those that the table keeps."""
        with target.bytes(cls.name, "blocks") as file:
            index = write_blocks(file, cls._merged(parts, share))
        target.arrays(cls.name, index)

    @classmethod
    def _merged(cls, parts: Sequence["Part"], share: Share) -> Iterator[Pairs]:
        for pairs in merged([cls._run(part.group(cls)) for part in parts], share.low, share.high):
            _check_words(pairs, share.knows)
            yield pairs if share.kept is None else _strongest(pairs, share.kept)

    @classmethod
    def pieces(cls, parts: Iterable[Group], reader: "Reader") -> Iterator[Columns]:
        """Words rising, each with its context words of the largest total weight, some words at a time."""
        for part in parts:
            for pairs in merged([cls._run(part)]):
                yield _columns(pairs.at(_ranked(pairs)), reader.names)

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """Some words with their context words, each with its mean weight and how often it was one."""
        by_word: dict[str, list[str]] = {}
        columns = (rows[name] for name in ("word", "context", "mean_weight", "count"))
        for word, other, weight, count in zip(*columns, strict=True):
            by_word.setdefault(word, []).append(f"{other} {weight:.2f} ×{count:,}")
        for word, others in list(by_word.items())[:MOST_LINES]:
            yield Line(word, others[:MOST_SHOWN], of_text=True)


def _check_words(pairs: Pairs, knows: Callable[[Array], bool]) -> None:
    need(knows(pairs.code >> 32) and knows(pairs.code & LOW))


def _strongest(pairs: Pairs, kept: int) -> Pairs:
    """The context words of each word that are kept, in the order of their codes; of equal totals the first."""
    starts, total = starts_of(pairs.code >> 32), np.round(pairs.total, DIGITS)
    lengths = np.diff(np.append(starts, len(total)))
    least = np.full(len(starts), -np.inf)  # a word's `kept`-th total
    for word in np.flatnonzero(lengths > kept).tolist():
        own = total[starts[word] : starts[word] + lengths[word]]
        least[word] = np.partition(own, -kept)[-kept]
    enough = pairs.at(total >= np.repeat(least, lengths))
    order, starts = _ranked(enough), starts_of(enough.code >> 32)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return enough.at(np.sort(order[rank < kept]))


def _ranked(pairs: Pairs) -> Array:
    """The places of pairs, words rising and the strongest of each first, of equal ones that of the smaller code."""
    found: Array = np.lexsort((-np.round(pairs.total, DIGITS), pairs.code >> 32))
    return found


def _columns(pairs: Pairs, names: Callable[[Array], Sequence[str]]) -> Columns:
    """The columns with words in place of their numbers."""
    code, times, total, deviations = pairs
    numbers, place = np.unique(np.concatenate([code >> 32, code & LOW]), return_inverse=True)
    word, context = np.split(np.array(names(numbers), dtype=object)[place], 2)
    columns = {
        "word": word,
        "context": context,
        "count": times.astype(np.int64),
        "mean_weight": np.round(total / times, DIGITS),
        "standard_deviation": np.round(np.sqrt(deviations / times), 6),
    }
    return {name: array.tolist() for name, array in columns.items()}
