"""The table `context`: words with the words that they attend to most, over all texts.

A pair is one number, its code: word · 2³² + context word.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.tables.table import DIGITS, MOST_LINES, Arrays, Columns, Group, Line, Stored, Stretch, Table, need

if TYPE_CHECKING:
    from attncli.corpus.reading import Reader
    from attncli.corpus.settings import CorpusSettings

BUFFERED = 2**20  # pairs held before equal ones are added up
AT_ONCE = 2**20  # pairs of all parts that are added up together
MOST_SHOWN = 5  # context words of a word in the summary
SUMS = ("count", "total", "squares")
LOW = 0xFFFFFFFF  # the bits of a code that are the context word
_WIDE = 0x7FFF0000FFFF0000  # the bits of a code that words beyond 2¹⁶ use


class Context(Table):
    """Pairs of words: how often, the sum of the weights and of their squares, codes rising."""

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
        "code": Stored("i", "m", least=0, rising=True, always=True),
        "count": Stored("f", "m", least=1, whole=True, always=True),
        "total": Stored("f", "m", always=True),
        "squares": Stored("f", "m", always=True),
    }
    shown = 1000

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._held: list[tuple[Array, Array]] = []  # codes and weights
        self._waiting = 0
        self._pairs = _no_pairs()

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
        self._pairs = add_pairs([self._pairs, grouped(code, weight)])
        self._held, self._waiting = [], 0

    def arrays(self) -> Arrays:
        """The pairs in the order of their codes."""
        self._add_held()
        return self._pairs

    @classmethod
    def check_values(cls, arrays: Arrays, texts: int, knows: Callable[[Array], bool]) -> None:
        """Check that all pairs are of known words too."""
        super().check_values(arrays, texts, knows)
        need(knows(arrays["code"] >> 32) and knows(arrays["code"] & LOW))

    @classmethod
    def pieces(cls, parts: Sequence[Group], reader: "Reader", settings: "CorpusSettings") -> Iterator[Columns]:
        """Words rising, each with its `kept` context words of the largest total weight, a range of words at a time."""
        for low, high in pairwise(_cuts(parts)):
            pairs = add_pairs(_between(part(), low, high) for part in parts)
            if len(pairs["code"]):
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


def _no_pairs() -> Arrays:
    return {"code": np.empty(0, np.int64), **{name: np.empty(0) for name in SUMS}}


def grouped(code: Array, weight: Array) -> Arrays:
    """Pairs with their weights, equal ones added up, in the order of their codes; the order given changes nothing.

    Words of a set of up to 2¹⁶ leave room for the bits of the weight beside them: one sort of whole numbers, and no
    order to carry out. Bits of positive floats rise with them.
    """
    bits, wide = weight.astype(np.float32).view(np.uint32), bool((code & _WIDE).any())
    if wide:
        order = np.lexsort((bits, code))
        rising, weight = code[order], weight[order]
    else:
        narrow = (code >> 16 | code & 0xFFFF).astype(np.uint64)  # word · 2¹⁶ + context word
        packed = np.sort(narrow << np.uint64(32) | bits)
        rising, weight = packed >> np.uint64(32), packed.astype(np.uint32).view(np.float32)
    firsts, weight = _firsts(rising), weight.astype(np.float64)
    found = rising[firsts].astype(np.int64)
    return {
        "code": found if wide else found >> 16 << 32 | found & 0xFFFF,
        "count": np.diff(np.append(firsts, len(code))).astype(np.float64),
        "total": np.add.reduceat(weight, firsts),
        "squares": np.add.reduceat(weight * weight, firsts),
    }


def _firsts(rising: Array) -> Array:
    """The starts of runs of equal numbers."""
    begins = np.ones(len(rising), dtype=bool)
    np.not_equal(rising[1:], rising[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def add_pairs(parts: Iterable[Arrays]) -> Arrays:
    """Equal pairs added up, in the order of their codes."""
    given = list(parts)
    code = np.concatenate([each["code"] for each in given])
    if not len(code):
        return _no_pairs()
    order = np.argsort(code)
    code = code[order]
    firsts = _firsts(code)
    sums = {name: np.concatenate([each[name] for each in given])[order] for name in SUMS}
    return {"code": code[firsts], **{name: np.add.reduceat(array, firsts) for name, array in sums.items()}}


def _cuts(parts: Sequence[Group]) -> list[int]:
    """Codes, each the first of a word, between which there are about AT_ONCE pairs of all parts."""
    sizes = [len(part()["code"]) for part in parts]
    ranges, step = sum(sizes) // AT_ONCE + 1, max(1, AT_ONCE // 64)
    samples, before = [np.empty(0, np.int64)], 0
    for part, size in zip(parts, sizes, strict=True) if ranges > 1 else ():
        samples.append(part()["code"].read()[-before % step :: step])  # in turn at other places of a part
        before += size
    found = np.sort(np.concatenate(samples))
    chosen = found[:: max(1, len(found) // ranges)] >> 32 << 32
    return sorted({0, *chosen.tolist(), 2**62})


def _between(pairs: Mapping[str, Stretch], low: int, high: int) -> Arrays:
    first, last = (bisect_left(pairs["code"], code) for code in (low, high))
    return {name: array.read(first, last) for name, array in pairs.items()}


def _strongest(pairs: Arrays, kept: int) -> Arrays:
    """The context words of each word that are kept, the strongest first, as arrays of one length."""
    code, count, total = pairs["code"], pairs["count"], pairs["total"]
    word = code >> 32
    order = np.lexsort((code, -np.round(total, DIGITS), word))
    starts = np.flatnonzero(np.diff(word[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    order = order[rank < kept]
    mean = total[order] / count[order]
    spread = np.sqrt(np.maximum(pairs["squares"][order] / count[order] - mean**2, 0))
    return {
        "word": word[order],
        "context": code[order] & LOW,
        "count": count[order].astype(np.int64),
        "mean_weight": np.round(mean, DIGITS),
        "standard_deviation": np.round(spread, 6),
    }


def _columns(found: Arrays, names: Callable[[Array], Sequence[str]]) -> Columns:
    """The columns with words in place of their numbers."""
    numbers, place = np.unique(np.concatenate([found["word"], found["context"]]), return_inverse=True)
    words = np.array(names(numbers), dtype=object)[place]
    word, context = np.split(words, 2)
    return {name: array.tolist() for name, array in {**found, "word": word, "context": context}.items()}
