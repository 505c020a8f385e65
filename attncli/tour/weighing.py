"""Screen 2: self-attention, W = softmax(s(V, V)) and Y = W V, with the sum behind one of its weights."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import dot
from attncli.recipes.explanation import Explanation
from attncli.tour.embedding import same_words


@dataclass(frozen=True, eq=False)
class Weighing:
    """The weights [n, n], and one of them written out: weight = e^score / total, of `query` looking at `key`.

    It is the largest weight between two different words (a word's own, where there is one word only). `itself` is the
    mean weight of a word on itself, `undivided` the same if the scores were not divided by √d.
    """

    weights: Array
    query: int
    key: int
    score: float
    total: float
    itself: float
    undivided: float

    @property
    def weight(self) -> float:
        """The weight that is written out."""
        return float(self.weights[self.query, self.key])


def weighing_of(explanation: Explanation) -> Weighing:
    """What the second screen shows of a sentence."""
    scores, weights, x = explanation.scores[0, 0], explanation.weights[0, 0], explanation.inputs.x
    others = np.where(same_words(explanation), -1, weights)  # [n, n]
    query, key = (int(place) for place in np.unravel_index(others.argmax(), others.shape))
    plain = dot(x, x)  # [n, n]
    plain = np.exp(plain - plain.max(axis=-1, keepdims=True))
    undivided = float(np.diagonal(plain / plain.sum(axis=-1, keepdims=True)).mean())
    with np.errstate(over="ignore"):  # vectors may be so long that the sum passes any number
        total = float(np.exp(scores[query]).sum())
    itself = float(np.diagonal(weights).mean())
    return Weighing(weights, query, key, float(scores[query, key]), total, itself, undivided)
