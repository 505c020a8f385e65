"""Screen 4: queries, keys and values. What two words score now depends on which of them asks."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.heads.projections import choose_blocks
from attncli.recipes.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Projecting:
    """One head: the query, key and value of `word` [d_k, d_k, d_v], and its weights [n].

    `other` is the word that it looks at most beside itself (None: it sees no other); `asking` is its score with that
    word, `asked` that of the other one with it, and `plain` the one score without projections, the same both ways.
    """

    explanation: Explanation
    word: int
    query: Array
    key: Array
    value: Array
    other: int | None
    asking: float
    asked: float
    plain: float

    @property
    def weights(self) -> Array:
        """The weights of the word: [n]."""
        row: Array = self.explanation.weights[0, 0, self.word]
        return row

    @property
    def besides(self) -> tuple[str, ...]:
        """What the head does beside the three projections, as trained heads may."""
        heads = choose_blocks(self.explanation.settings, self.explanation.vectors).heads[0]
        assert heads is not None
        done = (
            (heads.input_scale is not None, "vectors are first brought to one length"),
            (heads.b_q is not None, "q has a bias added"),
            (heads.temperature is not None, "scores are divided by a temperature"),
            (bool(heads.sees_positions.any()), "how far away a word stands counts in its score"),
        )
        return tuple(what for does, what in done if does)


def projecting_of(plain: Explanation, projected: Explanation, word: int) -> Projecting:
    """What the fourth screen shows, of the sentence as it is and as one head projects it."""
    layer, scores = projected.layers[0], projected.scores[0, 0]  # [n, n]
    other = strongest_other(projected.weights[0, 0, word], scores[word], word)
    asking, asked, same = (0.0, 0.0, 0.0)
    if other is not None:
        asking, asked = float(scores[word, other]), float(scores[other, word])
        same = float(plain.scores[0, 0, word, other])
    q, k, v = (array[0, word] for array in (layer.queries, layer.keys, layer.values))
    return Projecting(projected, word, q, k, v, other, asking, asked, same)


def strongest_other(weights: Array, scores: Array, word: int) -> int | None:
    """The visible key of the largest weight in a row [n], the word itself left aside; None if there is none."""
    seen = scores > -np.inf  # [n]
    seen[word] = False
    return int(np.where(seen, weights, -1).argmax()) if seen.any() else None
