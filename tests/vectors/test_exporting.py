"""Export: gensim reads back the same words and the same numbers to the bit."""

import os

import numpy as np
import pytest
from gensim.models import KeyedVectors

from attncli.errors import AttnError, UsageError
from attncli.vectors import Vectors, open_vectors, write_store
from attncli.vectors.exporting import export

WORDS = ["the", "naïve", "注意", "🙂", "\u00a0", "a\tb", "[red]", "'", "\u202e", "</s>"]
MATRIX = np.random.default_rng(0).normal(size=(10, 5)).astype(np.float32) * 10.0 ** np.arange(-12, 8)[::2, None]
READ = {
    ".bin": lambda path: KeyedVectors.load_word2vec_format(path, binary=True),
    ".txt": KeyedVectors.load_word2vec_format,
    ".vec": KeyedVectors.load_word2vec_format,
    ".kv": KeyedVectors.load,
}


def make(folder, words=WORDS, matrix=MATRIX, dtype="float32"):
    write_store(folder, words, matrix, name="small", source="a test", dtype=dtype)
    return Vectors(folder)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("ending", READ)
def test_gensim_reads_it_back_equal(tmp_path, ending, dtype):
    vectors = make(tmp_path / "store", matrix=np.clip(MATRIX, -1000, 1000), dtype=dtype)
    path = str(tmp_path / f"out{ending}")
    assert export(vectors, path) == [tmp_path / f"out{ending}"]
    loaded = READ[ending](path)
    assert loaded.index_to_key == WORDS
    assert loaded.vectors.dtype == np.float32
    np.testing.assert_array_equal(loaded.vectors, vectors.rows(range(10)).astype(np.float32))


@pytest.mark.parametrize(("ending", "binary"), [(".bin", True), (".txt", False)])
def test_the_bytes_are_those_that_gensim_writes(tmp_path, ending, binary):
    vectors = make(tmp_path / "store")
    export(vectors, tmp_path / f"ours{ending}")
    vectors.to_gensim().save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    assert (tmp_path / f"ours{ending}").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_a_large_matrix_of_gensims_own_form_lies_beside_it(tmp_path, monkeypatch):
    save = KeyedVectors.save
    monkeypatch.setattr(KeyedVectors, "save", lambda self, path: save(self, path, sep_limit=10))  # "large" is 10 M
    vectors = make(tmp_path / "store")
    (tmp_path / "out").mkdir()
    export(vectors, tmp_path / "out" / "big.kv")  # a second time over the first
    files = export(vectors, tmp_path / "out" / "big.kv")
    assert sorted(os.listdir(tmp_path / "out")) == ["big.kv", "big.kv.vectors.npy"]
    assert [path.name for path in files] == ["big.kv", "big.kv.vectors.npy"]
    loaded = KeyedVectors.load(str(files[0]), mmap="r")
    np.testing.assert_array_equal(loaded["</s>"], MATRIX[-1].astype(np.float32))


def test_what_stands_where_the_matrix_would_go_is_not_written_over(tmp_path, monkeypatch):
    save = KeyedVectors.save
    monkeypatch.setattr(KeyedVectors, "save", lambda self, path: save(self, path, sep_limit=10))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "big.kv.vectors.npy").write_text("mine")
    with pytest.raises(AttnError, match="in the way"):
        export(make(tmp_path / "store"), tmp_path / "out" / "big.kv")
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("ending", [".bin", ".txt"])
def test_what_is_exported_is_read_again(tmp_path, ending):
    export(make(tmp_path / "store"), tmp_path / f"out{ending}")
    again = open_vectors(tmp_path / f"out{ending}")
    assert again.text(range(10)) == WORDS
    np.testing.assert_array_equal(again.rows(range(10)), MATRIX.astype(np.float32))


@pytest.mark.parametrize(
    ("ending", "word"), [(".bin", "New York"), (".txt", ". . ."), (".vec", "a\nb"), (".bin", "\na"), (".bin", "\udcff")]
)
def test_a_word_that_the_format_cannot_hold_is_refused_and_the_old_file_stays(tmp_path, ending, word):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"a{ending}").write_text("old")
    with pytest.raises(AttnError, match=r"\.(bin|txt|vec) cannot hold"):
        export(make(tmp_path / "store", ["a", word], MATRIX[:2]), tmp_path / "out" / f"a{ending}")
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["old"]


@pytest.mark.parametrize("word", ["New York", "a\nb", ". . ."])
def test_gensims_own_form_holds_any_word(tmp_path, word):
    export(make(tmp_path / "store", ["a", word], MATRIX[:2]), tmp_path / "a.kv")
    assert KeyedVectors.load(str(tmp_path / "a.kv")).index_to_key == ["a", word]


@pytest.mark.parametrize("name", ["a.doc", "a", ".bin", "folder.bin"])
def test_a_file_that_says_nothing_is_refused(tmp_path, name, vectors):
    (tmp_path / "folder.bin").mkdir()
    with pytest.raises(UsageError):
        export(vectors, tmp_path / name)


def test_a_folder_that_is_not_there_is_named(tmp_path, vectors):
    with pytest.raises(AttnError, match="no/where"):
        export(vectors, tmp_path / "no" / "where" / "a.bin")
