"""Screen 5: the look-up in a database, which returns one value, against attention, which returns a mixture of all."""

from dataclasses import dataclass, replace

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.attention.similarity import cosine
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation

TEMPERATURES = (1.0, 0.5, 0.2, 0.05)


@dataclass(frozen=True, eq=False)
class Lookup:
    """Scores and weights [n] of `word` in one head; `best` is the key that a look-up returns, `order` all visible keys.

    `likeness` is the cosine of the best key's value and the mixture; `sharpened` the weight of the best key at each of
    TEMPERATURES.
    """

    explanation: Explanation
    word: int
    scores: Array
    weights: Array
    best: int
    order: tuple[int, ...]
    likeness: float
    sharpened: tuple[float, ...]


def lookup_of(explanation: Explanation, word: int) -> Lookup:
    """What the fifth screen shows of a sentence that one head projects."""
    scores, weights = explanation.scores[0, 0, word], explanation.weights[0, 0, word]  # [n]
    best, order = int(ranking(scores)[0]), tuple(int(key) for key in ranking(weights) if scores[key] > -np.inf)
    layer = explanation.layers[0]
    mixture, value = layer.attention.context[0, [word]], layer.values[0, [best]]  # [1, d_v]
    sharpened = tuple(_weight(explanation, word, best, temperature) for temperature in TEMPERATURES)
    return Lookup(explanation, word, scores, weights, best, order, float(cosine(mixture, value)[0, 0]), sharpened)


def _weight(explanation: Explanation, word: int, key: int, temperature: float) -> float:
    settings = replace(explanation.settings, temperature=temperature)
    cooled = explain_with(explanation.sentence.text, settings, explanation.vectors)
    return float(cooled.weights[0, 0, word, key])
