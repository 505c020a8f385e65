"""Vectors for words that a set lacks, of the set's own words that they are cut into.

As technologische + n for technologischen. The cut is the cheapest by the words' ranks; a part counts with the square
of its length, since a long one says the most of the meaning. Characters that no word covers count nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from unicodedata import normalize

import numpy as np

from attncli.text.signs import Span
from attncli.text.splitting import cheapest_split, rank_cost
from attncli.vectors.store.opened import Vectors

LONGEST_PART = 24  # characters
LONGEST_WORD = 200  # characters of a word that has parts; bounds the cost of one word


def composed_of_parts(vectors: Vectors, words: Iterable[str]) -> dict[str, np.ndarray]:
    """The vectors [d] of those words that have parts in the set: the weighted mean, whose length is that of its parts.

    One look-up for all words.
    """
    spelt = {word: normalize("NFC", word[:LONGEST_WORD]) for word in words}
    rows = vectors.find(dict.fromkeys(chain.from_iterable(map(_stretches, spelt.values()))))
    parts = {word: each for word, text in spelt.items() if (each := _parts(text, rows))}
    numbers = vectors.rows([row for each in parts.values() for row, _ in each])  # [parts of all words, d]
    ends = np.cumsum([len(each) for each in parts.values()])
    several = zip(parts.items(), np.split(numbers, ends)[:-1], strict=True)
    return {word: _mean(some, np.array([length for _, length in each])) for (word, each), some in several}


def _spans(text: str) -> Iterator[Span]:
    for start in range(len(text)):
        yield from ((start, end) for end in range(start + 1, min(start + LONGEST_PART, len(text)) + 1))


def _stretches(text: str) -> Iterator[str]:
    """Everything that could be a part of a word: every stretch as it is, and in lower case."""
    for start, end in _spans(text):
        yield from (text[start:end], text[start:end].lower())


def _parts(text: str, rows: Mapping[str, int]) -> list[tuple[int, int]]:
    """The rows of the parts of a word and their lengths in characters, without those that the set lacks."""

    def row(span: Span) -> int | None:
        part = text[slice(*span)]
        return rows.get(part, rows.get(part.lower()))

    def words_at(start: int) -> Iterator[tuple[int, float]]:
        for end in range(start + 1, min(start + LONGEST_PART, len(text)) + 1):
            if (found := row((start, end))) is not None:
                yield end, rank_cost(found)

    spans = cheapest_split((0, len(text)), words_at)
    return [(found, end - start) for start, end in spans if (found := row((start, end))) is not None]


def _mean(rows: np.ndarray, characters: np.ndarray) -> np.ndarray:
    """The mean of rows [m, d], each counted with the square of its characters [m]."""
    weights = characters**2 / (characters**2).sum()  # [m]
    mean = weights @ rows  # [d]
    length = np.linalg.norm(mean)
    made: np.ndarray = mean * (weights @ np.linalg.norm(rows, axis=1) / length) if length else mean
    return made
