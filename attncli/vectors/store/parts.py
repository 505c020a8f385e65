"""Vectors for words that a set lacks, of the parts of words that the set keeps for them.

A part that begins words stands under its letters with START in front, as ▁techn; another as it is, as ologisch. A
word, composed and in lower case, is cut the cheapest way by the ranks of its parts (SentencePiece's unigram model: Kudo
2018). Its vector is the sum of theirs, whose lengths say how much they count, made as long as the set's vectors are.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from unicodedata import normalize

import numpy as np

from attncli.text.splitting import cheapest_split, rank_cost
from attncli.vectors.store.opened import Vectors

START = "\u2581"  # in front of the first part of a word, as SentencePiece writes it
LONGEST_PART = 16  # characters, START among them
LONGEST_WORD = 200  # characters of a word that has parts; bounds the cost of one word


def composed_of_parts(parts: Vectors, words: Iterable[str], length: float) -> dict[str, np.ndarray]:
    """The vectors [d], of this length, of those words that have parts. One look-up for all words."""
    spelt = {word: spelling(word) for word in words}
    ranks = parts.find(dict.fromkeys(chain.from_iterable(map(_stretches, spelt.values()))))
    ranked = {word: each for word, text in spelt.items() if (each := parts_of(text, ranks))}
    rows = parts.rows(list(chain.from_iterable(ranked.values())))  # [parts of all words, d]
    ends = np.cumsum([len(each) for each in ranked.values()])
    sums = (each.sum(axis=0) for each in np.split(rows, ends)[:-1])
    return {word: total * (length / (np.linalg.norm(total) or 1)) for word, total in zip(ranked, sums, strict=True)}


def spelling(word: str) -> str:
    """The spelling of a word that is cut into parts."""
    return START + normalize("NFKC", word[:LONGEST_WORD]).lower()


def parts_of(spelt: str, ranks: Mapping[str, int]) -> list[int]:
    """The ranks of the parts of a spelling, from left to right; characters that no part covers are passed over.

    None where START alone is covered: that says nothing of the word.
    """

    def parts_at(start: int) -> Iterator[tuple[int, float]]:
        for end in range(start + 1, min(start + LONGEST_PART, len(spelt)) + 1):
            if (rank := ranks.get(spelt[start:end])) is not None:
                yield end, rank_cost(rank)

    spans = (spelt[slice(*span)] for span in cheapest_split((0, len(spelt)), parts_at))
    found = [part for part in spans if part in ranks]
    return [] if found == [START] else [ranks[part] for part in found]


def _stretches(spelt: str) -> Iterator[str]:
    """Everything that could be a part."""
    for start in range(len(spelt)):
        yield from (spelt[start:end] for end in range(start + 1, min(start + LONGEST_PART, len(spelt)) + 1))
