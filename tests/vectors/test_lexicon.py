"""Many look-ups in a set are made in memory, with the same answers."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.vectors import Vectors, write_store
from attncli.vectors.store import index, layout
from attncli.vectors.store.verifying import verify

WORDS = [*(f"word{i}" for i in range(97)), "", "naïve", "注意"]


@pytest.fixture
def folder(tmp_path):
    write_store(tmp_path / "store", WORDS, np.ones((100, 2)), name="small", source="s")
    return tmp_path / "store"


@pytest.fixture
def asked(monkeypatch):
    """The look-ups in the index."""
    calls = []
    monkeypatch.setattr("attncli.vectors.store.index.Index.find", watched(calls))
    return calls


def watched(calls):
    from attncli.vectors.store.index import Index

    find = Index.find
    return lambda self, words: calls.append(len(words := list(words))) or find(self, words)


def test_answers_stay_the_same_and_the_index_is_no_longer_asked(folder, asked):
    vectors, words = Vectors(folder), [*WORDS[::3], "absent", "注意", "\udcff", "word3"]
    answers = [vectors.find(iter(words)) for _ in range(6)]
    assert answers == [{word: WORDS.index(word) for word in dict.fromkeys(words) if word in WORDS}] * 6
    assert asked == [len(set(words))] * 3  # until 100 words were asked for
    assert list(answers[0]) == list(answers[-1])


def test_a_large_set_is_not_held(folder, asked, monkeypatch):
    monkeypatch.setattr(index, "LARGEST", 99)
    vectors = Vectors(folder)
    for _ in range(5):
        vectors.find(WORDS)
    assert asked == [100] * 5


def test_no_damage_is_hidden(folder):
    vectors = Vectors(folder)
    for _ in range(3):
        vectors.find(WORDS)
    with closing(sqlite3.connect(folder / layout.INDEX)) as connection, connection:
        check = layout.record_crc("places", 1, b"")
        connection.execute("UPDATE places SET content = ?, crc = ? WHERE number = 1", (b"", check))
    with pytest.raises(ResourceError, match="not found in their rows"):
        verify(vectors)


def test_an_altered_word_is_noticed_when_the_table_is_made(folder):
    vectors = Vectors(folder)
    for _ in range(100):
        vectors.find(["word0"])
    with closing(sqlite3.connect(folder / layout.INDEX)) as connection, connection:
        connection.execute("UPDATE words SET content = replace(content, X'32', X'33') WHERE number = 1")
    with pytest.raises(ResourceError, match="damaged"):
        vectors.find(["word0"])
