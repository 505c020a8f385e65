"""Every file in gensim's test data, whatever it claims to be: read as gensim reads it, or refused with a reason."""

import os
import warnings

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.models.fasttext import load_facebook_vectors
from support.vector_files import GENSIM_DATA

from attncli.errors import ResourceError
from attncli.vectors import open_vectors

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim forgets to close


def word2vec(path, **options):
    return KeyedVectors.load_word2vec_format(str(path), unicode_errors="backslashreplace", **options)


def glove(path):
    return word2vec(path, no_header=True)


READ = {
    "test_glove.txt": glove,
    "crime-and-punishment.vec": word2vec,
    "lee_fasttext.vec": word2vec,
    "pang_lee_polarity_fasttext.vec": word2vec,
    "toy-model.vec": word2vec,
    "word2vec_pre_kv_c": word2vec,
    "w2v_keyedvectors_load_test.modeldata": word2vec,
    "high_precision.kv.txt": word2vec,
    "high_precision.kv.bin": lambda path: word2vec(path, binary=True),
    "euclidean_vectors.bin": lambda path: word2vec(path, binary=True),
    "poincare_vectors.bin": lambda path: word2vec(path, binary=True),
    "EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": word2vec,
    "IT.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": word2vec,
    "crime-and-punishment.bin": load_facebook_vectors,
    "cp852_fasttext.bin": load_facebook_vectors,
    "lee_fasttext.bin": load_facebook_vectors,
    "lee_fasttext_new.bin": load_facebook_vectors,
    "non_ascii_fasttext.bin": load_facebook_vectors,
    "toy-model.bin": load_facebook_vectors,
    "toy-model-pretrained.bin": load_facebook_vectors,
    "w2v_keyedvectors_load_test.vocab": glove,  # counts, but in the form of vectors of one number
    "old_keyedvectors_320.dat": lambda path: KeyedVectors.load(str(path)),
}
MATRIX = "similarities0-1.txt"
OTHERS = sorted(
    name
    for folder, _, names in os.walk(GENSIM_DATA)
    for name in (os.path.relpath(os.path.join(folder, each), GENSIM_DATA) for each in names)
    if name not in (*READ, MATRIX)
)


@pytest.mark.parametrize("name", READ)
def test_what_claims_to_be_vectors_is_read_as_gensim_reads_it(name):
    path = GENSIM_DATA / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = READ[name](str(path))
    ours = open_vectors(path)
    assert ours.text(range(ours.words)) == theirs.index_to_key
    np.testing.assert_array_equal(ours.rows(range(ours.words)), theirs.vectors.astype(np.float32))


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_refused_with_a_reason(name, attn_home):
    path = str(GENSIM_DATA / name)
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    assert path in caught.value.message
    assert caught.value.hint
    assert not list(attn_home.rglob("*.*"))


def test_a_matrix_of_whole_numbers_is_taken_for_ids_and_the_note_tells():
    assert "48 rows left out" in open_vectors(GENSIM_DATA / MATRIX).notes[0]
