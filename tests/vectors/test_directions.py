"""Sets with numbers of one byte: a row is numbers · length / ‖numbers‖."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from gensim.models.fasttext import load_facebook_vectors
from gensim.test.utils import datapath

from attncli.errors import ResourceError
from attncli.vectors import Vectors, open_vectors, write_store
from attncli.vectors.keeping import add
from attncli.vectors.store import layout
from attncli.vectors.store.verifying import verify

WORDS = [f"word{i}" for i in range(60)]
MATRIX = np.random.default_rng(0).normal(size=(60, 8)) * 10.0 ** np.arange(-30, 30)[:, None]  # [n, d]
MATRIX[[7, 20]] = 0


def make(folder, **options):
    write_store(folder, WORDS, MATRIX, **{"name": "small", "source": "a test", "dtype": "int8", **options})
    return Vectors(folder)


@pytest.fixture
def store(tmp_path):
    return make(tmp_path / "store").folder


def flip(path, at):
    with open(path, "r+b") as file:
        byte = os.pread(file.fileno(), 1, at)[0]
        os.pwrite(file.fileno(), bytes([byte ^ 1]), at)


def test_a_row_is_its_numbers_with_its_length(store):
    numbers, lengths = np.load(store / "vectors.npy"), np.load(store / "norms.npy")  # [n, d], [n]
    assert (numbers.dtype, lengths.dtype, (store / "vectors.npy").stat().st_size) == (np.int8, np.float32, 128 + 60 * 8)
    for row, (number, length) in enumerate(zip(numbers.tolist(), lengths.tolist(), strict=True)):
        norm = sum(each * each for each in number) ** 0.5
        expected = [each * length / norm if norm else 0.0 for each in number]
        np.testing.assert_allclose(Vectors(store).rows([row])[0], expected, rtol=1e-12)


def test_direction_and_length_are_kept(store):
    rows = Vectors(store).rows(range(60))  # [n, d]
    lengths = np.linalg.norm(MATRIX, axis=1)  # [n]
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), lengths, rtol=1e-7)
    there = lengths > 0
    cosines = (rows * MATRIX).sum(axis=1)[there] / lengths[there] ** 2
    assert cosines.min() > 0.9999
    assert not rows[~there].any()
    assert Vectors(store).info.zeros == 2


def test_a_row_shorter_than_any_float_is_one_of_zeros(tmp_path):
    write_store(
        tmp_path / "s", ["a", "b"], np.array([[1e-300, 0], [5e-324, 5e-324]]), name="s", source="s", dtype="int8"
    )
    assert not Vectors(tmp_path / "s").rows([0, 1]).any()
    assert Vectors(tmp_path / "s").info.zeros == 2


def test_rows_come_alike_one_by_one_in_blocks_and_in_gensim(store):
    vectors = Vectors(store)
    rows = vectors.rows(range(60))  # [n, d]
    np.testing.assert_array_equal(np.concatenate(list(vectors.blocks(7))), rows)
    np.testing.assert_array_equal(np.concatenate(list(vectors.blocks(7, 5, 33))), rows[5:33])
    np.testing.assert_array_equal(vectors.to_gensim().vectors, rows.astype(np.float32))


def test_the_same_input_gives_the_same_bytes_and_another_checksum_than_other_dtypes(store, tmp_path):
    again = make(tmp_path / "again")
    for file in (layout.MATRIX, layout.NORMS, layout.INDEX):
        assert (store / file).read_bytes() == (again.folder / file).read_bytes()
    assert make(tmp_path / "wide", dtype="float32").info.checksum != again.info.checksum


@pytest.mark.parametrize("file", [layout.MATRIX, layout.NORMS])
def test_every_flipped_byte_is_found(store, file):
    for at in range((store / file).stat().st_size):
        flip(store / file, at)
        with pytest.raises(ResourceError, match="damaged"):
            verify(Vectors(store))
        flip(store / file, at)
    verify(Vectors(store))


@pytest.mark.parametrize("ask", [lambda v: v.rows([3]), lambda v: next(v.blocks(5)), lambda v: v.to_gensim()])
@pytest.mark.parametrize("kept", [0, 64, 200, -1])
def test_no_row_is_made_with_lengths_that_are_cut(store, kept, ask):
    (store / layout.NORMS).write_bytes((store / layout.NORMS).read_bytes()[:kept])
    with pytest.raises(ResourceError, match=r"norms\.npy"):
        ask(Vectors(store))


def test_numbers_without_a_direction_that_have_a_length_are_noticed(store):
    with open(store / layout.MATRIX, "r+b") as file:
        os.pwrite(file.fileno(), bytes(8), 128 + 3 * 8)
    with pytest.raises(ResourceError, match="not finite"):
        Vectors(store).rows([3])


def test_ngrams_beside_numbers_of_one_byte_are_halves(attn_home):
    path = datapath("non_ascii_fasttext.bin")
    vectors, theirs = add(path, name="mine", dtype="int8"), load_facebook_vectors(path)
    assert np.load(vectors.folder / layout.NGRAMS, mmap_mode="r").dtype == np.float16
    np.testing.assert_allclose(vectors.compose("zzqxzz"), theirs["zzqxzz"], atol=1e-3)
    ours = vectors.rows(range(vectors.words))  # [n, d]
    assert ((ours * theirs.vectors).sum(1) > 0.999 * (theirs.vectors**2).sum(1)).all()
    verify(open_vectors("mine"))


def test_the_two_facts_that_a_set_may_name(tmp_path):
    info = make(tmp_path / "both", cross_temperature=0.07, parts=(["\u2581a"], np.ones((1, 8)))).info
    assert (info.cross_temperature, info.parts) == (0.07, Vectors(tmp_path / "both" / "parts").info.checksum)
    plain = make(tmp_path / "none").info
    assert (plain.cross_temperature, plain.parts) == (None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [("cross_temperature", text) for text in ("0", "-1", "nan", "inf", "1e999", "x", "", 1.0, 1)]
    + [("parts", text) for text in ("", "another", "F" * 64, 1)],
)
def test_a_fact_that_cannot_be_is_noticed(tmp_path, key, value):
    folder = make(tmp_path / "store", cross_temperature=0.07).folder
    with closing(sqlite3.connect(folder / layout.INDEX)) as connection, connection:
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key != '~check'")) | {key: value}
        rows = [(key, value), ("~check", layout.meta_check(meta))]
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", rows)
    with pytest.raises(ResourceError, match="damaged"):
        Vectors(folder)
