import gzip
import os
import shutil
import struct
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from gensim.models.fasttext import FastText, ft_ngram_hashes, load_facebook_vectors, save_facebook_model
from support.vector_files import GENSIM_DATA, TEXT

from attncli.errors import ResourceError
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.formats import fasttext
from attncli.vectors.store.composing import buckets_of

FILES = ["crime-and-punishment.bin", "cp852_fasttext.bin", "lee_fasttext.bin", "lee_fasttext_new.bin",
         "non_ascii_fasttext.bin", "toy-model.bin", "toy-model-pretrained.bin"]  # fmt: skip
STRANGE = ["wholly", "unseen", "Страх", "naïve", "注意力机制", "a<b>c", "🙂🙃", "x" * 300, "e\u0301\u0301", "\\xc4"]


@pytest.fixture
def write(tmp_path):
    def write(content, name="set.bin"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("word", ["", "a", "<", ">", *STRANGE])
@pytest.mark.parametrize("form", [(3, 6, 100), (1, 2, 7), (2, 4, 2_000_000), (0, 0, 5), (5, 3, 5), (60, 64, 5)])
def test_ngrams_fall_into_the_buckets_of_gensim(word, form):
    assert buckets_of(word, *form) == ft_ngram_hashes(word, *form)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim forgets to close a file
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_words_and_unknown_words_are_those_of_gensim(name, packed, write):
    theirs = load_facebook_vectors(str(GENSIM_DATA / name))
    path = GENSIM_DATA / name
    ours = open_vectors(write(gzip.compress(path.read_bytes())) if packed else path)
    assert ours.text(range(ours.words)) == theirs.index_to_key
    np.testing.assert_array_equal(ours.rows(range(ours.words)), theirs.vectors)
    assert ours.composes
    for word in STRANGE:
        np.testing.assert_allclose(ours.compose(word), theirs.get_vector(word), rtol=0, atol=1e-6)


def test_a_word_without_ngrams_and_a_set_without_any_compose_nothing(write):
    assert open_vectors(write(TEXT)).compose("unseen") is None
    ours = open_vectors(GENSIM_DATA / "lee_fasttext.bin")  # n-grams of 3 to 6 characters
    assert ours.compose("") is None
    assert ours.compose("\udcff") is None
    plain = open_vectors(GENSIM_DATA / "pang_lee_polarity_fasttext.vec")
    assert not plain.composes


def test_a_model_that_gensim_saved_is_read(tmp_path):
    model = FastText([["attention", "weights"], ["keys", "values"]], vector_size=6, min_count=1, bucket=50, epochs=1)
    save_facebook_model(model, str(tmp_path / "model.bin"))
    ours = open_vectors(tmp_path / "model.bin")
    np.testing.assert_allclose(ours.rows([0]), model.wv[ours.text([0])], atol=1e-6)
    np.testing.assert_allclose(ours.compose("attend"), model.wv["attend"], atol=1e-6)


@pytest.mark.parametrize("name", ["toy-model.bin", "cp852_fasttext.bin"])  # with and without the magic number
@pytest.mark.parametrize("packed", [False, True])
def test_a_model_cut_anywhere_is_refused_at_once(name, packed, write, attn_home):
    whole = (GENSIM_DATA / name).read_bytes()
    lengths = [*range(4, 400, 9), *range(400, len(whole), 331), len(whole) - 1]
    for length in lengths:
        content = gzip.compress(whole[:length]) if packed else whole[:length]
        started = time.perf_counter()
        with pytest.raises(ResourceError):
            open_vectors(write(content, f"{length}.bin"))
        assert time.perf_counter() - started < 1
    assert not list(attn_home.rglob("*.*"))


@pytest.mark.parametrize("seed", range(3))
def test_a_model_with_an_altered_byte_is_refused_or_read(seed, write):
    whole, random = (GENSIM_DATA / "toy-model.bin").read_bytes(), np.random.default_rng(seed)
    for at in [*range(seed, 120, 3), *random.integers(0, len(whole), 30).tolist()]:
        altered = whole[:at] + bytes([whole[at] ^ 1 << random.integers(8)]) + whole[at + 1 :]
        try:
            vectors = open_vectors(write(altered, f"{seed}-{at}.bin"))
        except ResourceError:
            continue
        assert np.isfinite(vectors.rows(range(vectors.words))).all()


def model(dimensions=5, words=1, labels=0, buckets=1, longest=6, rows=None, quantised=0):
    """A model of one word, 'a', whose header says what it is told to."""
    header = fasttext.MAGIC + struct.pack("<i", 12)
    header += struct.pack("<12id", dimensions, 5, 5, 5, 5, 1, 2, 1, buckets, 3, longest, 100, 1e-4)
    header += struct.pack("<3iq", words, words, labels, 9) + struct.pack("<q", 0) + b"a\0" + struct.pack("<qb", 9, 0)
    shape = (words + buckets if rows is None else rows, dimensions)
    matrix = struct.pack("<b2q", quantised, *shape) + struct.pack("<10f", *range(10))
    return header + matrix + struct.pack("<b2q", 0, 1, 5) + bytes(20)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (model(dimensions=0), "claims 0 dimensions"),
        (model(dimensions=65537), "claims 65537 dimensions"),
        (model(words=2**31 - 1), "too short"),
        (model(words=-1), "too short"),
        (model(buckets=2**31 - 1), "too short"),
        (model(buckets=-1), "too short"),
        (model(longest=10**6), "n-grams of 3 to 1000000 letters"),
        (model(longest=-(2**31) + 6), "n-grams of 3 to -2147483642 letters"),
        (model(longest=-1), "n-grams of 3 to -1 letters"),
        (model(labels=1), "classifier"),
        (model(rows=1), "a matrix of 1 rows"),
        (model(rows=2**40), "a matrix of"),
        (model(quantised=1), ".ftz"),
        (model() + b"x", "has bytes after its end"),
        (model()[:-24] + struct.pack("<i", -1) + bytes(20), "rows of"),
        (fasttext.MAGIC + bytes(9), "cut off in its header"),
        (model().replace(struct.pack("<f", 2), struct.pack("<f", np.nan)), "not finite"),
        (model().replace(struct.pack("<f", 7), struct.pack("<f", np.inf)), "not finite"),
    ],
)
def test_a_model_that_lies_is_refused(content, says, write, attn_home):
    with pytest.raises(ResourceError) as caught:
        open_vectors(write(content))
    assert says in caught.value.message
    assert not list(attn_home.rglob("*.*"))


def test_a_sound_model_of_the_same_make_is_read(write):
    assert open_vectors(write(model())).rows([0]).tolist() == [[2.5, 3.5, 4.5, 5.5, 6.5]]  # 'a' and '<a>'


@pytest.mark.parametrize("longest", [0, 2])
def test_where_the_shortest_ngram_is_longer_than_the_longest_there_are_none(write, longest):
    vectors = open_vectors(write(model(longest=longest)))
    assert vectors.rows([0]).tolist() == [[0, 1, 2, 3, 4]]
    assert not vectors.composes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTN_HOME", str(tmp_path_factory.mktemp("home")))
        return open_vectors(GENSIM_DATA / "toy-model.bin").folder


def test_composing_imports_no_gensim(folder):
    program = f"""
        import sys
        from pathlib import Path
        from attncli.vectors import Vectors
        assert Vectors(Path({str(folder)!r})).compose("unseen").shape == (5,)
        assert not sys.modules.keys() & {{"gensim", "scipy", "attncli.vectors.formats.readers"}}
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


@pytest.mark.parametrize("kept", [0, 1, 64, 128, -1, None])
def test_truncated_ngrams_are_noticed_before_they_are_mapped(folder, tmp_path, kept):
    copy = shutil.copytree(folder, tmp_path / "copy")
    content = (copy / "ngrams.npy").read_bytes()
    os.unlink(copy / "ngrams.npy")
    if kept is not None:
        (copy / "ngrams.npy").write_bytes(content[:kept])
    with pytest.raises(ResourceError, match="damaged"):
        Vectors(copy)
