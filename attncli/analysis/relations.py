"""Heads against relations of grammar: whether a word's strongest other word is the one that it depends on, or governs.

Clark, Khandelwal, Levy & Manning 2019 ("What Does BERT Look At?", section 4.2) hold heads against the best fixed
offset. Arrays of heads are `[..., 2]` at their end by direction, in the order of DIRECTIONS.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from attncli.arrays import Array

#: The word of a pair that does the looking: the dependant looks at its head word, or the head word at its dependant.
DIRECTIONS = ("dependent", "head")
LOOKS = {"dependent": "dependant looks at its head word", "head": "head word looks at its dependant"}
Z = 1.959964  # of the normal distribution, between −Z and Z of which 95 % lie


def strongest_other(weights: Array, keys: Array) -> Array:
    """The word with most weight of each word's row, itself left out: `[..., n]` of weights `[..., n, n]`.

    keys: which words may be the strongest, boolean `[n]`. Of equal weights the first; −1 of a row without any weight
    on others.
    """
    others = weights * (keys & ~np.eye(weights.shape[-1], dtype=bool))  # [..., n, n]; of np.where five times the time
    best: Array = others.argmax(axis=-1)  # [..., n]; 0 of a row without any weight
    best[(best == 0) & (others[..., 0] <= 0)] = -1
    return best


def found_by(strongest: Array, dependents: Array, heads: Array) -> Array:
    """Whether pairs of words `[p]` and `[p]` are found in each direction, boolean `[..., p, 2]`, by `[..., n]`."""
    return np.stack([strongest[..., dependents] == heads, strongest[..., heads] == dependents], axis=-1)


def wilson(correct: Array, count: int) -> Array:
    """The 95 % interval of shares of `count`, low and high: `[..., 2]` of `[...]` (Wilson 1927); 0 to 1 of nothing."""
    share, z = np.asarray(correct, np.float64) / max(count, 1), Z * Z / max(count, 1)
    middle = (share + z / 2) / (1 + z)
    reach = np.sqrt(share * (1 - share) * z + z * z / 4) / (1 + z)
    interval: Array = np.stack([middle - reach, middle + reach], axis=-1).clip(0, 1)
    return interval if count else np.broadcast_to(np.array([0.0, 1.0]), interval.shape)


@dataclass(eq=False)
class Tally:
    """The pairs of one relation: how many each head finds `[n_layer, n_head, 2]`, and how many have each offset.

    offset: the number of the head word less that of the dependant.
    """

    correct: Array
    offsets: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, n_layer: int, n_head: int) -> "Tally":
        """No pair yet."""
        return cls(np.zeros((n_layer, n_head, 2), np.int64))

    @property
    def count(self) -> int:
        """The pairs, as many for each head."""
        return self.offsets.total()

    def add(self, found: Array, offsets: Iterable[int]) -> None:
        """Pairs, found or not: `[n_layer, n_head, p, 2]`, with their offsets."""
        self.correct += found.sum(axis=-2)
        self.offsets.update(offsets)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.correct + other.correct, self.offsets + other.offsets)

    @property
    def best(self) -> tuple[int, int, int]:
        """The layer, head and direction, by place, that find most; of equals the first."""
        layer, head, direction = np.unravel_index(self.correct.argmax(), self.correct.shape)
        return int(layer), int(head), int(direction)

    @property
    def offset(self) -> int:
        """The offset of most pairs; of equals the nearest, then that of a head word in front."""
        return min(self.offsets, key=lambda each: (-self.offsets[each], abs(each), each))

    def share_at(self, offset: int) -> float:
        """The share of the pairs with an offset: a baseline that looks at no word."""
        return self.offsets[offset] / self.count
