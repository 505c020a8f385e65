"""Screen 8: two words side by side, and at the two ends of ever longer sentences: the score stays, the sum grows."""

from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.recipes.explanation import Explanation

ENDS = ("king", "queen")
LENGTHS = (2, 10, 20, 40)  # words in the sentence


@dataclass(frozen=True)
class Far:
    """Two words at the ends of a sentence: weight = power / total, power e^score, total its sum over all words."""

    words: int
    score: float
    power: float
    total: float
    weight: float


@dataclass(frozen=True)
class Distance:
    """The two words, whether they are the sentence's own, and what they score in sentences of LENGTHS words.

    `difference` is the largest between the scores; `text` is the longest of the sentences.
    """

    ends: tuple[str, str]
    own: bool
    far: tuple[Far, ...]
    difference: float
    text: str


def distance_of(explanation: Explanation) -> Distance:
    """What the eighth screen shows; between ENDS stand the words of the sentence, as often as it takes."""
    tokens, x = explanation.sentence.tokens, explanation.inputs.x  # x: [n, d_model]
    rows = explanation.vectors.find(ENDS)
    own = len(rows) < len(ENDS)
    ends = x[[0, -1]] if own else explanation.vectors.rows([rows[word] for word in ENDS])  # [2, d_model]
    names = (tokens[0].name, tokens[-1].name) if own else ENDS
    far = tuple(_far(ends, _between(x, length)) for length in LENGTHS)
    scores = [each.score for each in far]
    between = islice(cycle(token.name for token in tokens), LENGTHS[-1] - 2)
    return Distance(names, own, far, max(scores) - min(scores), " ".join([names[0], *between, names[1]]))


def _between(x: Array, length: int) -> Array:
    """The words of the sentence one after another, and again: [length − 2, d_model]."""
    return x[np.arange(length - 2) % len(x)]


def _far(ends: Array, between: Array) -> Far:
    sentence = np.concatenate([ends[:1], between, ends[1:]])[None]  # [1, n, d_model]
    attention = attend(sentence, sentence, sentence)
    scores = attention.scores[0, 0]  # [n]
    with np.errstate(over="ignore"):  # vectors may be so long that the sum passes any number
        powers = np.exp(scores)  # [n]
    weight = float(attention.weights[0, 0, -1])
    return Far(len(scores), float(scores[-1]), float(powers[-1]), float(powers.sum()), weight)
