"""Binary files with blanks in their words, compared with the numbers that were written."""

import numpy as np
import pytest
from support.vector_files import binary

from attncli.errors import ResourceError
from attncli.vectors import open_vectors

PHRASES = {
    "in the middle": ["the", "dog", "New York", "cat", "sees"],
    "first": ["New York", "the", "dog"],
    "last": ["the", "dog", "New York"],
    "alone": ["New York"],
    "all": ["New York", "San Francisco", "Los Angeles", "United States of America", "Rio de Janeiro"],
    "long": ["the", "Supercalifragilisticexpialidocious and so on and on", "dog"],
    "short pieces": ["the", "a b c", "dog", "cat", "bird", "emu", "fox"],
    "numbers": ["the", "Apollo 11", "1 000", "dog", "cat"],
    "capitals": ["the", "U S A", "dog", "I B M", "cat"],
    "at the beginning": ["the", " lead", "dog", "cat", "bird"],
    "at the end": ["the", "trail  ", "dog", "cat", "bird"],
    "two at once": ["the", "New  York", "dog"],
    "not ASCII": ["thé", "São Paulo", "Нью Йорк", "東 京", "dog"],
    "others than blanks": ["the", "New_York", "New\u00a0York", "New\tYork", "New-York", "dog"],
}


@pytest.mark.parametrize("newline", [b"", b"\n"])
@pytest.mark.parametrize("dimensions", [2, 3, 8, 300])
@pytest.mark.parametrize("where", PHRASES)
def test_a_binary_file_with_blanks_in_its_words_is_read_right(write, where, dimensions, newline):
    words = PHRASES[where]
    matrix = np.random.default_rng(dimensions).normal(size=(len(words), dimensions)).astype(np.float32)  # [n, d]
    vectors = open_vectors(write(binary([word.encode() for word in words], matrix, newline)))
    assert vectors.text(range(vectors.words)) == words
    np.testing.assert_array_equal(vectors.rows(range(len(words))), matrix)


@pytest.mark.parametrize("scale", [1e-3, 0.05, 1, 300])
@pytest.mark.parametrize("share", [0.01, 0.5, 1])
def test_many_phrases_among_many_words(write, scale, share):
    random = np.random.default_rng(5)
    words = [f"New York {i}" if random.random() < share else f"word{i}" for i in range(600)]
    matrix = (random.normal(size=(600, 20)) * scale).astype(np.float32)  # [n, d]
    vectors = open_vectors(write(binary([word.encode() for word in words], matrix, b"")))
    assert vectors.text(range(600)) == words
    np.testing.assert_array_equal(vectors.rows(range(600)), matrix)


@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_of_one_dimension_a_phrase_is_read_right_or_refused(write, newline):
    for seed in range(30):
        matrix = np.random.default_rng(seed).normal(size=(6, 1)).astype(np.float32)  # [n, d]
        words = ["the", "dog", "New York", "cat", "United States", "bird"]
        try:
            vectors = open_vectors(write(binary([word.encode() for word in words], matrix, newline), f"{seed}.bin"))
        except ResourceError as error:
            assert "row" in error.message  # noqa: PT017  (right or refused, so that either may be)
            continue
        assert vectors.text(range(vectors.words)) == words


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (binary([b"the", b"New York", b"dog"], np.ones((3, 8)))[:-4], "cut off or broken in row 3 of 3"),
        (binary([b"the", b"New York", b"dog"], np.ones((3, 8)), b"") + b"more", "has bytes after the 3 rows"),
        (binary([b"the", b"New\0 York", b"dog"], np.ones((3, 8))), "NUL|letters for numbers in row 2"),
        (binary([b"the", b"S\xe3o paulo", b"dog"], np.ones((3, 8))), "row 2"),
    ],
)
def test_what_cannot_be_read_right_is_refused_with_its_row(write, content, says):
    with pytest.raises(ResourceError, match=says):
        open_vectors(write(content))
