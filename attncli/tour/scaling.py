"""Screen 11: why scores are divided by √d: their spread grows with d, and a softmax of large scores has one winner.

Vaswani et al. 2017, section 3.2.1 and its footnote: q·k of independent numbers of variance 1 has the variance d.
"""

import math
from dataclasses import dataclass

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.tour.embedding import same_words
from attncli.tour.parts import MOST_ROWS, NARROW, Cell, Part, Phrase, number, paragraph, table, word
from attncli.tour.strips import heat
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

METHODS = ("dot", "scaled")
SIZES = (1, 4, 16, 64, 256)  # numbers of a vector that are kept, below all of them


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one kind: their standard deviation, the mean of the rows' largest weights, and one row [n].

    The deviation is that of the scores of different words (of all scores, where there are no two): those of a word with
    itself are squares, whose sum grows like d.
    """

    spread: float
    largest: float
    weights: Array


@dataclass(frozen=True, eq=False)
class Size:
    """Vectors cut to their first d numbers: the scores q·k, and those divided by √d."""

    d: int
    plain: Scores
    divided: Scores


@dataclass(frozen=True, eq=False)
class Scaling:
    """The sizes, from the smallest to whole vectors; the rows are those of `word`."""

    word: int
    sizes: tuple[Size, ...]


@once
def scaling_of(tour: Tour) -> Scaling:
    """The sentence's own vectors, cut to ever more of their numbers."""
    x, word = tour.explanation.source.inputs.x, tour.subject.index  # x: [n, d_model]
    sizes = [*(size for size in SIZES if size < x.shape[1]), x.shape[1]]
    different = ~same_words(tour.explanation)  # [n, n]
    counted = different if different.any() else ~different
    return Scaling(word, tuple(Size(d, *(_scores(x[:, :d], word, how, counted) for how in METHODS)) for d in sizes))


def _scores(x: Array, word: int, method: str, counted: Array) -> Scores:
    attention = attend(x, x, x, method=method)
    largest = float(attention.weights.max(axis=-1).mean())
    return Scores(float(attention.scores[counted].std()), largest, attention.weights[word])


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """A row a size: the spread of scores and the weights of one word, without the division and with it."""
    d, name = scaling_of(tour).sizes[-1].d, word(names(tour.explanation.sentence, screen)[scaling_of(tour).word])
    strips: list[Phrase] = [". Strips: weights of ", name, " over their largest"]
    intro = paragraph(
        screen,
        "A dot product is a sum of d products: the more numbers, the further scores lie apart. Here are the words' own "
        f"vectors of {d} numbers, cut to their first d. Spread: standard deviation of the scores of different words. "
        "Largest: mean of the rows' largest weights",
        *(strips if _drawn(screen) else []),
        ".",
    )
    rows = [
        [
            f"d = {size.d}" if screen.accessible else str(size.d),
            *_cells(size.plain, screen),
            *_cells(size.divided, screen),
        ]
        for size in scaling_of(tour).sizes
    ]
    return [intro, table(_head(screen), rows, screen), _spreads(tour, screen), _why(screen)]


def _head(screen: Screen) -> list[str]:
    if screen.accessible:
        return ["d", "spread of q·k", "largest weight", "spread of q·k/√d", "largest weight"]
    if screen.columns < NARROW:
        return ["d", "q·k", "largest", "q·k/√d", "largest"]
    return ["d", "q·k: spread", "largest", "weights", "q·k/√d: spread", "largest", "weights"]


def _cells(scores: Scores, screen: Screen) -> list[Cell]:
    numbers: list[Cell] = [as_number(scores.spread), f"{scores.largest:.2f}"]
    if not _drawn(screen):
        return numbers
    return [*numbers, heat(scores.weights[:MOST_ROWS] / scores.weights.max(), screen, signed=False)]


def _drawn(screen: Screen) -> bool:
    return screen.columns >= NARROW and not screen.accessible


def _spreads(tour: Tour, screen: Screen) -> Part:
    """How far the spreads come, without the division and with it, and how far those of ideal vectors would."""
    value = scaling_of(tour)
    if len(value.sizes[0].plain.weights) == 1:
        return paragraph(screen, "With one word there is one score, and no spread.")
    first, last = value.sizes[0], value.sizes[-1]
    plain: list[Phrase] = [*_spread(last.plain), f" ({as_number(first.plain.spread)} with {first.d})"]
    divided: list[Phrase] = [*_spread(last.divided), f" ({as_number(first.divided.spread)})"]
    ideal = f"it would be √d, {as_number(math.sqrt(last.d))} for {last.d}, and 1 divided by it."
    text = (f"With {last.d} numbers the spread is ", *plain, ", divided by √d ", *divided)
    return paragraph(screen, *text, f". Of independent numbers of mean 0 and variance 1 {ideal}")


def _spread(scores: Scores) -> list[Phrase]:
    return [number(as_number(scores.spread))]


def _why(screen: Screen) -> Part:
    return paragraph(
        screen,
        "Training follows slopes, and that of the softmax is w·(1 − w): at a weight w near 1 it is near 0, and nothing "
        "is learned.",
    )


def command(tour: Tour) -> Command:
    """The matrix without the division beside the one with it."""
    return Command("compare", ("--against", "dot"), tour.text)
