"""Screen 7: a causal mask, and blocks stacked, each working on the output of the one before."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import cosine
from attncli.recipes.explanation import Explanation
from attncli.tour.embedding import same_words

BLOCKS = 4


@dataclass(frozen=True, eq=False)
class Stacking:
    """The weights [n, n] under a causal mask.

    `likeness`: the mean cosine of two different words' vectors, before the first of the blocks and after each; None
    where there are no two different words.
    """

    weights: Array
    likeness: tuple[float, ...] | None


def stacking_of(masked: Explanation, stacked: Explanation) -> Stacking:
    """What the seventh screen shows, of one masked block and of BLOCKS without a mask."""
    different = ~same_words(stacked)  # [n, n]
    outputs = [stacked.inputs.x, *(layer.output for layer in stacked.layers)]
    means = tuple(float(cosine(output, output)[different].mean()) for output in outputs) if different.any() else None
    return Stacking(masked.weights[0, 0], means)


def hidden(weights: Array) -> Array:
    """What the causal mask hides: boolean [n, n]."""
    later: Array = np.triu(np.ones(weights.shape, dtype=bool), 1)
    return later
