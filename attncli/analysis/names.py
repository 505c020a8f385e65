"""What heads do, said by what is measured and nothing else: on one sentence, or as the mean over many."""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import rank_correlation
from attncli.arrays import Array

MOSTLY = 0.4  # of a head's weight on one neighbour
SIDED = 0.75  # of a head's weight on one side
RELATED = 0.3  # mean rank correlation of weights with cosines
MEASURES = ("left", "right", "related", "before", "after")


@dataclass(frozen=True)
class Role:
    """What a trained head does: here on the sentence, and on sentences that training kept apart (None: unknown)."""

    here: str
    held_out: str | None

    def __str__(self) -> str:
        if self.held_out is None:
            return self.here
        return f"{self.here}, as in the evaluation" if self.same else f"{self.here}; in the evaluation: {self.held_out}"

    @property
    def same(self) -> bool:
        """Whether it does here what it did there."""
        return self.here == self.held_out


def profile_heads(weights: Array, x: Array, visible: Array) -> Array:
    """What names rest on, `[n_head, 5]`, of `weights` `[n_head, n, n]` over words with vectors x `[n, d]`.

    The columns are MEASURES: the mean weight on the left and on the right neighbour, the mean rank correlation of the
    weights with the words' cosines, and the shares of weight before and after the word. `visible` `[n, n]` marks the
    keys that a query may see.
    """
    length = np.linalg.norm(x, axis=-1, keepdims=True)  # [n, 1]
    unit = x / np.where(length == 0, 1, length)
    return np.array([_profile(each, unit @ unit.T, visible) for each in weights])


def name_of(profile: Array) -> str:
    """The name of a head with these MEASURES: the first that fits.

    Most weight on the neighbour to the left or right; weights that follow the words' cosines; nearly all weight before
    or after the word; else mixed.
    """
    left, right, related, before, after = profile.tolist()
    if max(left, right) >= MOSTLY:
        return "neighbour to the left" if left > right else "neighbour to the right"
    if related >= RELATED:
        return "related words"
    if max(before, after) >= SIDED:
        return "words before" if before > after else "words after"
    return "mixed"


def _profile(weights: Array, cosines: Array, visible: Array) -> tuple[float, ...]:
    rows = max(1, len(weights) - 1)
    left, right = (float(np.diagonal(weights, offset).sum()) / rows for offset in (-1, 1))
    follows = rank_correlation(weights, cosines, visible)  # [n]; NaN where a row has no order
    defined = follows[np.isfinite(follows)]
    total = max(float(weights.sum()), np.finfo(np.float64).tiny)
    before, after = (float(side.sum()) / total for side in (np.tril(weights, -1), np.triu(weights, 1)))
    return left, right, float(defined.mean()) if len(defined) else 0.0, before, after
