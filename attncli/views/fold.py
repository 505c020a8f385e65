"""Matrices larger than any screen: neighbouring words pooled into groups."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Axis:
    """The words along one side of a matrix: `first` place and word of each group of `size` words."""

    words: tuple[str, ...]
    total: int
    size: int = 1

    @property
    def firsts(self) -> range:
        """Where each group starts."""
        return range(0, self.total, self.size)

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The words, each with its place behind it where it stands there twice: `is[1]`, `is[6]`."""
        seen = Counter(word.casefold() for word in self.words)
        return tuple(f"{w}[{i}]" if seen[w.casefold()] > 1 else w for i, w in enumerate(self.words))

    @cached_property
    def number_width(self) -> int:
        """The widest of the numbers, in cells."""
        return max(len(self.number(group)) for group in range(len(self.firsts)))

    def number(self, group: int) -> str:
        """The place of a word, or the places of a group: `3`, `17-33`."""
        first, last = self.firsts[group], min(self.firsts[group] + self.size, self.total) - 1
        return f"{first}" if first == last else f"{first}-{last}"

    def folded(self, groups: int) -> "Axis":
        """At most `groups` groups of equal size, each named by its first word."""
        size = -(-self.total // groups)
        return Axis(self.words[::size], self.total, size)


def fold(values: NDArray[np.floating], rows: Axis, columns: Axis) -> NDArray[np.floating]:
    """Sum [n_query, n_key] over each group of columns, then average over each group of rows.

    The rows of the result [len(rows.firsts), len(columns.firsts)] sum to what the pooled rows sum to on average.
    """
    summed = np.add.reduceat(values, list(columns.firsts), axis=1)  # [n_query, n_column_groups]
    pooled = np.add.reduceat(summed, list(rows.firsts), axis=0)  # [n_row_groups, n_column_groups]
    counts = np.diff([*rows.firsts, rows.total])  # [n_row_groups]
    return np.asarray(pooled / counts[:, None])
