"""Screen 2: self-attention, W = softmax(s(V, V)) and Y = W V, with the sum behind one of its weights."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity.dot import dot
from attncli.tour.embedding import same_words
from attncli.tour.parts import Part, number, paragraph, weights_map, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix


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


@once
def weighing_of(tour: Tour) -> Weighing:
    """The matrix, and the largest weight between two different words."""
    explanation = tour.explanation
    scores, weights, x = explanation.scores[0, 0], explanation.weights[0, 0], explanation.source.inputs.x
    others = np.where(same_words(explanation), -1, weights)  # [n, n]
    query, key = (int(place) for place in np.unravel_index(others.argmax(), others.shape))
    plain = dot(x, x)  # [n, n]
    plain = np.exp(plain - plain.max(axis=-1, keepdims=True))
    undivided = float(np.diagonal(plain / plain.sum(axis=-1, keepdims=True)).mean())
    with np.errstate(over="ignore"):  # vectors may be so long that the sum passes any number
        total = float(np.exp(scores[query]).sum())
    itself = float(np.diagonal(weights).mean())
    return Weighing(weights, query, key, float(scores[query, key]), total, itself, undivided)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The matrix of the weights, and how one of them came about."""
    value, d = weighing_of(tour), tour.explanation.source.inputs.x.shape[1]
    intro = paragraph(
        screen,
        f"Attention lets a word gather from all words. V has a row a word, d = {d} numbers (Vᵀ: a column a word). "
        "Score: the dot product of two words, over √d. Softmax: e^score over the row's sum, so that it sums to 1. "
        "Output: vectors times weights, added up. W = softmax(V·Vᵀ/√d), Y = W·V. A row looks at its columns:",
    )
    tokens = tuple(token.name for token in tour.explanation.sentence.tokens)
    matrix = Matrix(value.weights, np.zeros(value.weights.shape, dtype=bool), tokens, tokens)
    drawn = weights_map(matrix, names(tour.explanation.sentence, screen), screen)
    return [intro, [*drawn, *_worked(tour, screen), *_divided(tour, screen)]]


def _worked(tour: Tour, screen: Screen) -> Part:
    value, labels = weighing_of(tour), names(tour.explanation.sentence, screen)
    query, key = word(labels[value.query]), word(labels[value.key])
    power = f"e^{as_number(value.score)} / {as_number(value.total)} = "
    return paragraph(screen, query, " looks at ", key, f" with {power}", number(f"{value.weight:.2f}"), ".")


def _divided(tour: Tour, screen: Screen) -> Part:
    value, n = weighing_of(tour), len(weighing_of(tour).weights)
    if n == 1:
        return paragraph(screen, "A single word has only itself to look at, so that its weight is 1.")
    sentence = (
        f"A word gives itself {value.itself:.2f} on average; without the division it would be {value.undivided:.2f}"
    )
    return paragraph(screen, f"{sentence}.")


def command(tour: Tour) -> Command:
    """The command that shows this matrix with the context of every word."""
    return Command("explain", sentence=tour.text)
