"""attn-en is as good as data/README.md says, measured by gensim; and gensim reads it back equal."""

import re
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from support.places import ROOT

from attncli import explain


@pytest.fixture(scope="module")
def keyed(vectors):
    return vectors.to_gensim()


@pytest.mark.parametrize(("name", "least"), [("wordsim353.tsv", 0.73), ("simlex999.txt", 0.57)])
def test_cosines_agree_with_people(keyed, name, least):
    _, spearman, unknown = keyed.evaluate_word_pairs(datapath(name))
    assert spearman.statistic >= least
    assert unknown < 5  # per cent


def test_analogies(keyed, tmp_path):
    """On every fifth question, which takes seconds; data/README.md has the figure on all of them."""
    lines = Path(datapath("questions-words.txt")).read_text().splitlines(keepends=True)
    (tmp_path / "some.txt").write_text("".join(line for i, line in enumerate(lines) if line[0] == ":" or i % 5 == 0))
    accuracy, _ = keyed.evaluate_word_analogies(tmp_path / "some.txt", restrict_vocab=50_000)
    assert accuracy >= 0.60


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("king", "queen", "zebra"),
        ("king", "royalty", "zebra"),
        ("zebra", "horse", "emotion"),
        ("zebra", "stripes", "emotion"),
    ],
)
def test_the_articles_examples(keyed, word, near, far):
    assert keyed.similarity(word, near) > keyed.similarity(word, far) + 0.1


def test_gensim_reads_the_set_back_equal(vectors, keyed):
    assert len(keyed) == vectors.words == 50_000
    rows = np.arange(0, 50_000, 997)
    assert [keyed.index_to_key[row] for row in rows] == vectors.text(rows)
    np.testing.assert_array_equal(keyed.vectors[rows], vectors.rows(rows).astype(np.float32))
    rows, cosines = vectors.near(vectors.rows([vectors.find(["king"])["king"]]), 6)
    assert vectors.text(rows[0])[1:] == [word for word, _ in keyed.most_similar("king", topn=5)]
    np.testing.assert_allclose(cosines[0, 1:], [cosine for _, cosine in keyed.most_similar("king", topn=5)], atol=1e-5)


def test_the_store_is_small_and_half_precision(vectors):
    assert vectors.dimensions == 200
    assert vectors.info.dtype == "float16"
    assert sum(file.stat().st_size for file in vectors.folder.iterdir()) <= 22_000_000


def test_numbers_years_and_hyphens_are_known(vectors):
    wanted = {str(n) for n in (*range(1001), *range(1900, 2100))} | {"e-mail", "long-term", "don't", "it's"}
    assert set(vectors.find(wanted)) == wanted


def test_lengths_are_kept(vectors):
    lengths = np.linalg.norm(vectors.rows(range(5000)), axis=1)
    assert lengths.std() / lengths.mean() > 0.1  # normalised vectors would have one length


def test_the_checksums_in_the_readme_are_those_of_the_files(vectors):
    from hashlib import sha256

    own = (ROOT / "data/README.md").read_text().partition("# attn-world")[0]
    said = dict(reversed(pair) for pair in re.findall(r"([0-9a-f]{64})  (\S+)", own))
    for file in vectors.folder.iterdir():
        assert said[file.name] == sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("settings", "word", "first"),
    [
        ({}, "Bark", "dog"),
        ({}, "dog", "Bark"),
        ({}, "he", "and"),
        ({"exclude_self": True}, "Bark", "dog"),
        ({"mode": "multihead", "projections": "identity"}, "dog", "Bark"),
    ],
)
def test_what_the_readme_says_of_its_sentence(settings, word, first):
    explanation = explain("Bark is very cute and he is a dog", word=word, **settings)
    assert explanation.context[explanation.query].ranked[0].text == first
