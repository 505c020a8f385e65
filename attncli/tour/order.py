"""Screen 3: the weights of one word, in the sentence and with its words shuffled: the same."""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.tour.parts import MOST_ROWS, Part, Phrase, number, paragraph, rest_of, table, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import DIM, Piece

SEED = 3  # of the shuffling
ALIKE = 1.25  # the largest weight of the others over the smallest, below which they hardly differ
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Order:
    """`order` [n]: the word of the sentence at each place when it is shuffled; `text` is that sentence.

    `weights` and `shuffled` [n] are those of `word`, both in the order of the sentence; `difference` is the largest
    between the two whole matrices.
    """

    word: int
    order: Array
    text: str
    weights: Array
    shuffled: Array
    difference: float


@once
def order_of(tour: Tour) -> Order:
    """The sentence shuffled, and the weights of its subject before and after."""
    explanation, word = tour.explanation, tour.subject.index
    x, weights = explanation.source.inputs.x, explanation.weights[0, 0]  # [n, d_model], [n, n]
    order = _shuffled(len(x))  # [n]
    moved = x[order][None]  # [1, n, d_model]
    back = np.argsort(order)  # [n]; where each word of the sentence went
    anew = attend(moved, moved, moved).weights[0][np.ix_(back, back)]  # [n, n]
    tokens = explanation.sentence.tokens
    text = " ".join(tokens[place].name for place in order)
    return Order(word, order, text, weights[word], anew[word], float(np.abs(anew - weights).max()))


def _shuffled(n: int) -> Array:
    """Places in another order, if there is another one."""
    order = np.random.default_rng(SEED).permutation(n)
    return order[::-1] if n > 1 and (order == np.arange(n)).all() else order


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """One row of the matrix before and after the shuffling, and its limits."""
    value, labels = order_of(tour), names(tour.explanation.sentence, screen)
    shuffled: list[Phrase] = ["Shuffled: ", (screen.word(value.text), DIM)]
    rows = [
        [labels[key], f"{value.weights[key]:.4f}", f"{value.shuffled[key]:.4f}"]
        for key in ranking(value.weights)[:MOST_ROWS].tolist()
    ]
    head = [f"{labels[value.word]} looks at", "as typed", "shuffled"]
    figure = [*paragraph(screen, *shuffled), *table(head, rows, screen), *rest_of(len(labels), screen)]
    return [_most(tour, screen), figure, _same(tour, screen)]


def _most(tour: Tour, screen: Screen) -> Part:
    """The keys with most weight of the word, and a caution about their meaning."""
    value, labels = order_of(tour), names(tour.explanation.sentence, screen)
    name, n = word(labels[value.word]), len(labels)
    if n == 1:
        return paragraph(screen, "A sentence of one word has one order only: ", name, " looks at itself.")
    others = [key for key in ranking(value.weights).tolist() if key != value.word]
    looks: list[Phrase] = ["It looks most at ", word(labels[others[0]]), " (", _share(value, others[0]), ")"]
    itself: list[Phrase] = [" besides itself (", _share(value, value.word), ")"]
    most, least = (float(value.weights[others[place]]) for place in (0, -1))
    alike = f", at all the others nearly alike (from {least:.2f})" if len(others) > 1 and most < ALIKE * least else ""
    return paragraph(screen, *_expected(tour, name), *looks, *itself, f"{alike}. ", *_resembles(tour, name))


def _share(value: Order, key: int) -> Piece:
    return number(f"{value.weights[key]:.2f}")


def _expected(tour: Tour, name: Piece) -> list[Phrase]:
    if tour.subject.pronoun:
        return ["You may expect ", name, " to look at what it stands for. "]
    return ["There is no pronoun here, so take ", name, ", whose weights are the most even. "]


def _resembles(tour: Tour, name: Piece) -> list[Phrase]:
    sentence = "Weights say whose vector is like its own; nothing was trained to find "
    return [sentence, "what ", name, " means." if tour.subject.pronoun else " belongs to."]


def _same(tour: Tour, screen: Screen) -> Part:
    difference = order_of(tour).difference
    if difference > ROUNDING:
        return paragraph(screen, f"The largest difference in the whole matrix is {difference:.0e}.")
    why = " (rounding)" if difference else ""
    sentence = f"No weight of the matrix changed: the largest difference is {difference:.0e}{why}."
    return paragraph(screen, sentence if difference else sentence.replace("0e+00", "0"))


def command(tour: Tour) -> Command:
    """The close-up of the word."""
    return Command("explain", ("--word", tour.word_option), tour.text)
