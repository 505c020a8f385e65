"""Matrices larger than any page: neighbouring words pooled into groups."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Axis:
    """The words along one side of a matrix, in `groups` groups of neighbours whose sizes differ by one at most."""

    words: tuple[str, ...]
    groups: int

    @classmethod
    def of(cls, words: tuple[str, ...], most: int) -> "Axis":
        """As few words a group as give at most `most` groups, the same number in each as far as possible."""
        size = -(-len(words) // most)
        return cls(words, -(-len(words) // size))

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """Where each group starts."""
        return tuple(group * len(self.words) // self.groups for group in range(self.groups))

    @property
    def pooled(self) -> bool:
        """Whether a group has more than one word."""
        return self.groups < len(self.words)

    @property
    def sizes(self) -> str:
        """How many words a group has: `4`, or `3-4`."""
        sizes = np.diff([*self.firsts, len(self.words)])  # [groups]
        return "-".join(map(str, sorted({int(sizes.min()), int(sizes.max())})))

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """Each group's first word, with its place behind it where the word stands there twice: `is[1]`, `is[6]`."""
        seen = Counter(word.casefold() for word in self.words)
        firsts = ((i, self.words[i]) for i in self.firsts)
        return tuple(f"{word}[{i}]" if seen[word.casefold()] > 1 else word for i, word in firsts)

    @cached_property
    def number_width(self) -> int:
        """The widest of the numbers, in cells."""
        return max(len(self.number(group)) for group in range(self.groups))

    def number(self, group: int) -> str:
        """The place of a word, or the places of a group: `3`, `17-33`."""
        first, last = self.firsts[group], (group + 1) * len(self.words) // self.groups - 1
        return f"{first}" if first == last else f"{first}-{last}"

    def label(self, group: int) -> str:
        """The place and the word, the places in a column of their own: ` 8 dog`."""
        return f"{self.number(group):>{self.number_width}} {self.words[self.firsts[group]]}"


def fold(values: NDArray[np.floating], rows: Axis, columns: Axis) -> NDArray[np.floating]:
    """Sum [n_query, n_key] over each group of columns, then average over each group of rows.

    The rows of the result [rows.groups, columns.groups] sum to what the pooled rows sum to on average.
    """
    summed = np.add.reduceat(values, columns.firsts, axis=1)  # [n_query, columns.groups]
    pooled = np.add.reduceat(summed, rows.firsts, axis=0)  # [rows.groups, columns.groups]
    counts = np.diff([*rows.firsts, len(rows.words)])  # [rows.groups]
    return np.asarray(pooled / counts[:, None])
