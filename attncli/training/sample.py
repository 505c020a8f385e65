"""A sample of a text's sentences: every one has the same chance, and no more of them are in memory than are kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from attncli.errors import AttnError
from attncli.training.corpus import Lookup, is_held_out, pieces, read_sentences, rows_of
from attncli.vectors import Vectors

MOST_SENTENCES = 300

T = TypeVar("T")


class Sample(Generic[T]):
    """Reservoir sampling: at most `most` of what is added (Vitter 1985, algorithm R)."""

    def __init__(self, most: int) -> None:
        self.kept: list[T] = []
        self._most, self._met, self._rng = most, 0, np.random.default_rng(0)

    def add(self, item: T) -> None:
        """Take one more."""
        self._met += 1
        if len(self.kept) < self._most:
            self.kept.append(item)
        elif (place := int(self._rng.integers(self._met))) < self._most:
            self.kept[place] = item


def read_sample(paths: Iterable[str | Path], vectors: Vectors, *, held_out: bool = False) -> list[list[int]]:
    """At most MOST_SENTENCES sentences as rows, each with the same chance; `held_out`: of those kept from training.

    Raises:
        AttnError: a file that is no text, or no sentence with four words that `vectors` knows.
    """
    sample: Sample[list[int]] = Sample(MOST_SENTENCES)
    find = Lookup(vectors)
    for sentence in read_sentences(paths):
        for piece in pieces(rows_of(sentence, find)) if not held_out or is_held_out(sentence) else ():
            sample.add(piece)
    if not sample.kept:
        kept = " that training keeps apart" if held_out else ""
        message = f"the text has no sentence{kept} with four words that {vectors.name} knows"
        raise AttnError(message, "give more text, or other text")
    return sample.kept
