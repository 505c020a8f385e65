"""Screen 2: self-attention."""

import numpy as np

from attncli.tour.drawn.parts import Part, number, paragraph, weights_map, word
from attncli.tour.walk import Tour
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix


def weighing_parts(tour: Tour, screen: Screen) -> list[Part]:
    """The matrix of the weights, and how one of them came about."""
    value, d = tour.weighing, tour.explanation.inputs.x.shape[1]
    intro = paragraph(
        screen,
        f"Attention lets a word gather from all words. Score: the dot product of two vectors, divided by √{d}. "
        "Softmax: e to the score over the sum along the row, so that weights sum to 1. Output: the vectors times "
        "their weights, added up. W = softmax(V·Vᵀ/√d), Y = W·V. A row looks at its columns:",
    )
    tokens = tuple(token.name for token in tour.explanation.sentence.tokens)
    matrix = Matrix(value.weights, np.zeros(value.weights.shape, dtype=bool), tokens, tokens)
    return [
        intro,
        weights_map(matrix, names(tour.explanation.sentence, screen), screen),
        [*_worked(tour, screen), *_divided(tour, screen)],
    ]


def _worked(tour: Tour, screen: Screen) -> Part:
    value, labels = tour.weighing, names(tour.explanation.sentence, screen)
    query, key = word(labels[value.query]), word(labels[value.key])
    power = f"e^{as_number(value.score)} / {as_number(value.total)} = "
    return paragraph(screen, query, " looks at ", key, f" with {power}", number(f"{value.weight:.2f}"), ".")


def _divided(tour: Tour, screen: Screen) -> Part:
    value, n = tour.weighing, len(tour.weighing.weights)
    if n == 1:
        return paragraph(screen, "A single word has only itself to look at, so that its weight is 1.")
    told = f"A word gives itself {value.itself:.2f} on average; without the division it would be {value.undivided:.2f}"
    return paragraph(screen, f"{told}.")


def weighing_command(tour: Tour) -> tuple[str, ...]:
    """The same matrix with the context of every word."""
    return ("explain",)
