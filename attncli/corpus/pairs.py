"""Pairs of words in the order of their codes: added up, and packed into blocks that are read a range at a time.

The code of a pair is one number: word · 2³² + context word. Count, mean and squared deviations of two sets of weights
are joined as Chan, Golub & LeVeque have it (1983, equation 2.1): sums of squares, kept in float32, would lose the
deviation of weights that are nearly equal.

A block is columns of bytes, the low bytes of all numbers first. Those that repeat are deflated in runs, which takes a
fifth of the time that a search for longer matches takes; the low bytes of floats are noise and stay as they are.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import IO, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.corpus.tables.table import LARGEST, DamagedError, Stretch, need

BLOCK = 2**13  # pairs that are packed together
AT_ONCE = 2**18  # pairs of all runs that are added up together: they fit the cache of a core
LOW = 0xFFFFFFFF  # the bits of a code that are the context word
WORDS = 2**31  # numbers of words are smaller
END = 2**63 - 1  # beyond every code
FLOAT = 4  # bytes
_WIDE = 0x7FFF0000FFFF0000  # the bits of a code that words beyond 2¹⁶ use


class Pairs(NamedTuple):
    """Pairs `[m]`, codes rising: how many times, the sum of weights, and of their squared deviations from the mean."""

    code: Array
    times: Array
    total: Array
    deviations: Array

    @property
    def first(self) -> Array:
        """The codes where blocks begin."""
        return self.code[::BLOCK]

    def at(self, places: Array | slice) -> "Pairs":
        """Those at some places."""
        return Pairs(*(array[places] for array in self))

    def between(self, low: int, high: int) -> "Pairs":
        """Those from one code up to another."""
        return self.at(slice(*np.searchsorted(self.code, (low, high)).tolist()))


def joined(runs: Iterable[Pairs]) -> Pairs:
    """Runs of pairs, one behind the other, as one."""
    given = [*runs] or [no_pairs()]
    return given[0] if len(given) == 1 else Pairs(*map(np.concatenate, zip(*given, strict=True)))


def no_pairs() -> Pairs:
    """Nothing yet."""
    return Pairs(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))


def grouped(code: Array, weight: Array) -> Pairs:
    """Pairs with their weights, equal ones added up; the order given changes nothing.

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
    firsts, weight = starts_of(rising), weight.astype(np.float64)
    found, total = rising[firsts].astype(np.int64), np.add.reduceat(weight, firsts)
    times = np.diff(np.append(firsts, len(code)))
    about = weight - np.repeat(total / times, times)
    return Pairs(
        found if wide else found >> 16 << 32 | found & 0xFFFF,
        times.astype(np.float64),
        total,
        np.add.reduceat(about * about, firsts),
    )


def starts_of(rising: Array) -> Array:
    """The places where runs of equal numbers begin."""
    begins = np.ones(len(rising), dtype=bool)
    np.not_equal(rising[1:], rising[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def added(runs: Sequence[Pairs]) -> Pairs:
    """Equal pairs of runs added up in the order of the runs."""
    every = joined(runs)
    order = np.argsort(every.code, kind="stable")
    code, times, total, deviations = (array[order] for array in every)
    firsts = starts_of(code)
    if len(firsts) == len(code):
        return Pairs(code, times, total, deviations)
    all_times, totals = np.add.reduceat(times, firsts), np.add.reduceat(total, firsts)
    about = total / times - np.repeat(totals / all_times, np.diff(np.append(firsts, len(code))))
    return Pairs(code[firsts], all_times, totals, np.add.reduceat(deviations + times * about * about, firsts))


def write_blocks(file: IO[bytes], runs: Iterable[Pairs]) -> dict[str, Array]:
    """Write pairs, one run behind the other, in blocks; returns their index, a number a block each.

    first: the code that it begins with; pairs: how many it has; ends: the bytes up to its end.
    """
    first, pairs, ends = [], [], [0]
    for run in runs:
        for place in range(0, len(run.code), BLOCK):
            block = run.at(slice(place, place + BLOCK))
            first.append(int(block.code[0]))
            pairs.append(len(block.code))
            ends.append(ends[-1] + file.write(packed(block)))
    return {name: np.array(each, np.int64) for name, each in (("first", first), ("pairs", pairs), ("ends", ends[1:]))}


def packed(pairs: Pairs) -> bytes:
    """A block as bytes: of its words their steps and how many pairs each has, then the columns of the pairs.

    Deviations of single pairs are 0 and left out.
    """
    word, context = pairs.code >> 32, pairs.code & LOW
    firsts = starts_of(word)
    steps = np.diff(context, prepend=0)
    steps[firsts] = context[firsts]
    columns = [
        len(firsts).to_bytes(4, "little"),
        *_wholes(np.diff(word[firsts], prepend=0)),
        *_wholes(np.diff(np.append(firsts, len(word)))),
        *_wholes(steps),
        *_wholes(pairs.times.astype(np.int64)),
        *_floats(pairs.total),
        *_floats(pairs.deviations[pairs.times > 1]),
    ]
    return b"".join(columns)


def _wholes(column: Array) -> Iterator[bytes]:
    width = (int(column.max()).bit_length() + 7) // 8
    yield bytes([width])
    for place in range(width):
        yield from _deflated(column.astype("<i8").view(np.uint8)[place::8])


def _floats(column: Array) -> Iterator[bytes]:
    columns = column.astype("<f4").view(np.uint8)
    yield from (columns[place::FLOAT].tobytes() for place in range(FLOAT - 1))
    yield from _deflated(columns[FLOAT - 1 :: FLOAT])


def _deflated(column: Array) -> Iterator[bytes]:
    packing = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    data = packing.compress(column.tobytes()) + packing.flush()
    yield from (len(data).to_bytes(4, "little"), data)


def unpacked(data: bytes, size: int) -> Pairs:
    """A block of so many pairs. Raises DamagedError for bytes that `packed` does not give."""
    left = _Bytes(data)
    words = left.whole(size)
    step, length = left.wholes(words, WORDS - 1), left.wholes(words, size)
    need(int(length.sum()) == size)
    steps, times = left.wholes(size, LOW), left.wholes(size, int(LARGEST) - 1)
    need(bool((length > 0).all() and (times > 0).all()))
    total, deviations = left.floats(size), np.zeros(size)
    several = times > 1
    deviations[several] = left.floats(int(several.sum()))
    left.done()
    before = np.append(0, steps.cumsum())[length.cumsum() - length]  # of each word
    word, context = np.repeat(step.cumsum(), length), steps.cumsum() - np.repeat(before, length)
    code = word << 32 | context
    need(int(word[-1]) < WORDS and bool((context <= LOW).all()))
    need(bool((np.diff(code) > 0).all() and (deviations >= 0).all()))
    return Pairs(code, times.astype(np.float64), total, deviations)


class _Bytes:
    """The bytes of a block, taken from the front; nothing is unpacked to more than it must come to."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _take(self, size: int) -> bytes:
        need(size <= len(self._data) - self._at)
        self._at += size
        return self._data[self._at - size : self._at]

    def whole(self, most: int) -> int:
        """A number of at least 1."""
        number = int.from_bytes(self._take(4), "little")
        need(0 < number <= most)
        return number

    def wholes(self, size: int, most: int) -> Array:
        """Whole numbers that are not negative `[size]`."""
        (width,) = self._take(1)
        need(width <= 8)
        columns = np.zeros((size, 8), np.uint8)
        for place in range(width):
            columns[:, place] = self._inflated(size)
        numbers = columns.view("<i8")[:, 0]
        need(bool((numbers >= 0).all() and (numbers <= most).all()))
        return numbers

    def floats(self, size: int) -> Array:
        """Numbers in float64 `[size]`."""
        columns = np.empty((size, FLOAT), np.uint8)
        for place in range(FLOAT - 1):
            columns[:, place] = np.frombuffer(self._take(size), np.uint8)
        columns[:, FLOAT - 1] = self._inflated(size)
        numbers = columns.view("<f4")[:, 0].astype(np.float64)
        need(bool((np.abs(numbers) < LARGEST).all()))
        return numbers

    def _inflated(self, size: int) -> Array:
        deflated = self._take(int.from_bytes(self._take(4), "little"))
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(deflated, size + 1)
        except zlib.error as error:
            raise DamagedError from error
        need(len(data) == size)
        return np.frombuffer(data, np.uint8)

    def done(self) -> None:
        """Nothing is left."""
        need(self._at == len(self._data))


class Run:
    """The pairs of a part on the disk. Raises DamagedError where they are not as `write_blocks` writes them."""

    def __init__(self, arrays: Mapping[str, Stretch]) -> None:
        self.first, self._pairs, ends = (arrays[name].read() for name in ("first", "pairs", "ends"))
        self._ends, self._blocks = np.append(0, ends), arrays["blocks"]
        need(int(self._ends[-1]) == len(self._blocks) and not (self._pairs > 2**20).any())
        self._last = -1, no_pairs()

    def between(self, low: int, high: int) -> Pairs:
        """The pairs from one code up to another; of ranges that rise from call to call each block is unpacked once."""
        start = max(int(np.searchsorted(self.first, low, "right")) - 1, 0)
        blocks = range(start, int(np.searchsorted(self.first, high)))
        return joined(self._block(each).between(low, high) for each in blocks)

    def _block(self, number: int) -> Pairs:
        if self._last[0] != number:
            start, end = self._ends[number : number + 2].tolist()
            pairs = unpacked(self._blocks.read(start, end).tobytes(), int(self._pairs[number]))
            need(int(pairs.code[0]) == self.first[number])
            need(number + 1 == len(self.first) or bool(pairs.code[-1] < self.first[number + 1]))
            self._last = number, pairs
        return self._last[1]


def cuts(runs: Iterable[Array], most: int, low: int = 0, high: int = END) -> list[tuple[int, int]]:
    """Ranges of codes from `low` up to `high`, of whole words and about `most` pairs, by the first codes of blocks."""
    found = np.sort(np.concatenate([np.empty(0, np.int64), *runs]))
    found = found[(found >= low) & (found < high)]
    chosen = found[:: max(1, most // BLOCK)][1:] >> 32 << 32
    return [*pairwise(sorted({low, *(each for each in chosen.tolist() if each > low), high}))]


def merged(runs: Sequence[Run | Pairs], low: int = 0, high: int = END) -> Iterator[Pairs]:
    """The pairs of all runs between two codes, added up some words at a time, equal ones in the order of the runs."""
    for first, last in cuts([run.first for run in runs], AT_ONCE, low, high):
        pairs = added([run.between(first, last) for run in runs])
        if len(pairs.code):
            yield pairs
