"""A whole store against its checksums."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.vectors import Vectors, write_store
from attncli.vectors.store import layout
from attncli.vectors.store.verifying import verify

WORDS = [f"word{i}" for i in range(100)]


@pytest.fixture
def store(tmp_path):
    write_store(tmp_path / "store", WORDS, np.random.default_rng(0).normal(size=(100, 8)), name="small", source="s")
    return tmp_path / "store"


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def other_words(store):
    """Words and checks of a record altered together: only the checksum over all words tells."""
    with closing(sqlite3.connect(store / layout.INDEX)) as connection, connection:
        content = connection.execute("SELECT content FROM words WHERE number = 1").fetchone()[0].replace(b"32", b"23")
        check = layout.record_crc("words", 1, content)
        connection.execute("UPDATE words SET content = ?, crc = ? WHERE number = 1", (content, check))


def test_what_was_written_verifies(store, vectors):
    heard = []
    verify(Vectors(store), lambda *what: heard.append(what))
    assert {done == total for _, done, total in heard} == {True}
    verify(vectors)


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda store: flip(store / layout.MATRIX, 200), "numbers in its vectors.npy"),
        (lambda store: flip(store / layout.MATRIX, -1), "numbers in its vectors.npy"),
        (lambda store: flip(store / layout.NORMS, -1), "norms.npy"),
        (other_words, "words in its index.sqlite are not those"),
        (other_words, "not found in their rows"),
    ],
)
def test_what_was_altered_is_named(store, alter, says):
    alter(store)
    with pytest.raises(ResourceError, match=says):
        verify(Vectors(store))


def test_everything_that_is_wrong_is_named_at_once(store):
    flip(store / layout.MATRIX, 300)
    flip(store / layout.NORMS, 300)
    other_words(store)
    with pytest.raises(ResourceError) as caught:
        verify(Vectors(store))
    assert all(file in caught.value.message for file in (layout.MATRIX, layout.NORMS, layout.INDEX))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_anywhere_in_the_numbers_or_records_is_found(store, seed):
    path = store / [layout.MATRIX, layout.NORMS, layout.MATRIX][seed]
    for at in np.random.default_rng(seed).integers(0, path.stat().st_size, 20).tolist():
        flip(path, at)
        with pytest.raises(ResourceError):
            verify(Vectors(store))
        flip(path, at)
    verify(Vectors(store))
