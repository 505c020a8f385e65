"""Pairs of words: added up as a loop over their weights has it, and the same again from the bytes of blocks."""

import io
import zlib
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attncli.corpus.pairs as pairs
from attncli.corpus.pairs import Pairs, Run, added, grouped, joined, merged, packed, unpacked, write_blocks
from attncli.corpus.tables.table import DamagedError

FIELDS = Pairs._fields


def by_hand(codes, weights):
    """Times, sum, and squared deviations of each code, codes rising."""
    expected = defaultdict(list)
    for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
        expected[code].append(weight)
    own = [(code, np.array(each)) for code, each in sorted(expected.items())]
    return [(code, len(each), each.sum(), len(each) * np.var(each)) for code, each in own]


@pytest.mark.parametrize("largest", [5, 2**16 - 1, 2**16, 2**31 - 1])
@pytest.mark.parametrize("runs", [1, 2, 7])
def test_pairs_are_added_up_whatever_their_numbers(largest, runs):
    rng = np.random.default_rng(0)
    words, weights = rng.choice([0, 1, largest // 2, largest], (2, 200)), rng.random(200).astype(np.float32)
    codes = words[0] << 32 | words[1]
    found = added(
        [grouped(*each) for each in zip(np.array_split(codes, runs), np.array_split(weights, runs), strict=True)]
    )
    for row, expected in zip(zip(*found, strict=True), by_hand(codes, weights), strict=True):
        assert row == pytest.approx(expected)


class Arrays:
    """An array in memory that is read like one on the disk."""

    def __init__(self, array):
        self._array = array

    def __len__(self):
        return len(self._array)

    def read(self, first=0, last=None):
        return self._array[first:last]


def stored(runs, **changes):
    """The arrays of a part with runs of pairs."""
    file = io.BytesIO()
    index = write_blocks(file, runs)
    arrays = index | {"blocks": np.frombuffer(file.getvalue(), np.uint8)} | changes
    return {name: Arrays(array) for name, array in arrays.items()}


def drawn(seed, size, words=300):
    """Pairs of random words, most of which are there once, and their weights."""
    rng = np.random.default_rng(seed)
    codes = rng.zipf(1.3, size) % words << 32 | rng.integers(0, words, size)
    return codes, rng.random(size).astype(np.float32)


@pytest.mark.parametrize("block", [1, 3, 64, 2**15])
@pytest.mark.parametrize("at_once", [1, 50, 2**18])
def test_runs_from_the_disk_are_merged_in_ranges_of_words(monkeypatch, block, at_once):
    monkeypatch.setattr(pairs, "BLOCK", block)
    monkeypatch.setattr(pairs, "AT_ONCE", at_once)
    given = [drawn(seed, 500) for seed in range(5)]
    runs = [Run(stored([grouped(*each)])) for each in given]
    pieces = [*merged(runs)]
    words = [np.unique(piece.code >> 32) for piece in pieces]
    assert np.all(np.diff(np.concatenate(words)) > 0)  # no word is in two pieces
    found = joined(pieces)
    codes, weights = (np.concatenate(each) for each in zip(*given, strict=True))
    for row, expected in zip(zip(*found, strict=True), by_hand(codes, weights), strict=True):
        assert row == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_sums_do_not_depend_on_the_ranges_that_they_are_made_in(monkeypatch):
    runs = [grouped(*drawn(seed, 3000, 40)) for seed in range(20)]
    found = [array.tobytes() for array in joined(merged(runs))]
    for block, at_once in ((1, 10), (7, 300), (512, 512)):
        monkeypatch.setattr(pairs, "BLOCK", block)
        monkeypatch.setattr(pairs, "AT_ONCE", at_once)
        assert [array.tobytes() for array in joined(merged(runs))] == found


def test_the_deviation_of_nearly_equal_weights_is_kept():
    codes, weights = np.zeros(10_000, np.int64), np.float32(0.9) + np.arange(10_000, dtype=np.float32) * 1e-8
    halves = [joined(merged([Run(stored([grouped(codes[:5000], each)]))])) for each in np.split(weights, 2)]
    found = added(halves)
    assert found.deviations[0] == pytest.approx(len(weights) * np.var(weights.astype(np.float64)), rel=1e-4)


NUMBERS = st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(1, 2**50), st.floats(0, 2**40))


@given(st.lists(NUMBERS, min_size=1, max_size=40, unique_by=lambda each: each[:2]))
def test_a_block_comes_back_from_its_bytes(rows):
    word, context, times, total = (np.array(column) for column in zip(*sorted(rows), strict=True))
    deviations = np.where(times > 1, total / 3, 0)
    block = Pairs(
        word << 32 | context,
        times.astype(np.float64),
        *(each.astype("f4").astype("f8") for each in (total, deviations)),
    )
    found = unpacked(packed(block), len(rows))
    for name in FIELDS:
        assert getattr(found, name).tolist() == getattr(block, name).tolist()


def test_single_pairs_take_few_bytes():
    codes, weights = drawn(0, 2**15, 20_000)
    found = grouped(codes, weights)
    assert len(packed(found)) < 7 * len(found.code)  # int64 and three float64 are 32


BLOCK = packed(grouped(*drawn(0, 400, 30)))
SIZE = len(grouped(*drawn(0, 400, 30)).code)


@pytest.mark.parametrize("size", [1, SIZE - 1, SIZE + 1, 2**20])
def test_a_block_of_another_size_is_damaged(size):
    with pytest.raises(DamagedError):
        unpacked(BLOCK, size)


def test_a_block_cut_short_or_with_more_behind_it_is_damaged():
    for data in (*(BLOCK[:end] for end in range(len(BLOCK))), BLOCK + b"x"):
        with pytest.raises(DamagedError):
            unpacked(data, SIZE)


def test_any_byte_may_be_another():
    """Changed noise may be other pairs; they are in order, and finite."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(BLOCK)
        data[rng.integers(len(data))] = rng.integers(256)
        try:
            found = unpacked(bytes(data), SIZE)
        except DamagedError:
            continue
        assert np.all(np.diff(found.code) > 0)
        assert all(np.isfinite(array).all() for array in found)


def test_a_block_that_would_unfold_to_more_is_not_unfolded():
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(bytes(2**24)) + deflate.flush()
    column = b"\x01" + len(bomb).to_bytes(4, "little") + bomb
    with pytest.raises(DamagedError):
        unpacked((1).to_bytes(4, "little") + column, SIZE)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends": np.array([1])},
        {"first": np.array([1])},
        {"pairs": np.array([1])},
        {"pairs": np.array([2**40])},
        {"blocks": np.zeros(10, np.uint8)},
        {"blocks": np.empty(0, np.uint8)},
    ],
    ids=str,
)
def test_an_index_of_other_blocks_is_damaged(changes):
    run = stored([grouped(*drawn(0, 400, 30))], **changes)
    with pytest.raises(DamagedError):
        joined(merged([Run(run)]))
