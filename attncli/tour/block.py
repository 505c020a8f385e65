"""Screen `block`: attention, residual, norm and feed-forward, and stacks with and without them.

Residual and norm in front of each part: Xiong et al. 2020, figure 1b; the norm: Ba et al. 2016, equation 4; the
feed-forward layer: Vaswani et al. 2017, equation 2. That attention alone makes words alike: Dong et al. 2021.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.similarity.cosine import cosine
from attncli.tour.embedding import same_words
from attncli.tour.parts import NARROW, Cell, Part, number, paragraph, table, word
from attncli.tour.stacking import BLOCKS
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

SEED = 0
ALONE = 0.995  # the least weight of a word on itself that reads as 1.00
WIDENING = 4  # the hidden numbers of the feed-forward layer, times d
EPSILON = 1e-5  # in the square root of the norm, as models have it


@dataclass(frozen=True, eq=False)
class Step:
    """One half of a block, each `[n, d]`: what comes in, its norm, the answer of the layer, and the sum of both."""

    name: str
    given: Array
    normed: Array
    answer: Array

    @property
    def total(self) -> Array:
        """The residual: what came in plus the answer."""
        total: Array = self.given + self.answer
        return total

    def lengths(self, word: int) -> tuple[float, float, float, float]:
        """The lengths of a word's four vectors."""
        arrays = (self.given, self.normed, self.answer, self.total)
        given, normed, answer, total = (float(np.linalg.norm(array[word])) for array in arrays)
        return given, normed, answer, total

    def turn(self, word: int) -> float:
        """The cosine of a word's vector before and after."""
        return float(cosine(self.given[[word]], self.total[[word]])[0, 0])


@dataclass(frozen=True, eq=False)
class Block:
    """The two halves of the first block on the sentence's own vectors.

    itself: the mean weight of a word on itself behind the norm. likeness: by the parts of a block the mean cosine of
    two different words before the first of BLOCKS such blocks and after each; None without two different words.
    """

    steps: tuple[Step, Step]
    itself: float
    likeness: dict[str, tuple[float, ...]] | None


@once
def block_of(tour: Tour) -> Block:
    """The first block, and stacks of attention alone, with the residual, and of whole blocks."""
    x = tour.explanation.source.inputs.x  # [n, d]
    forward = _feed_forward(x.shape[1])
    stacks: dict[str, Callable[[Array], Array]] = {
        "attention alone": _attention,
        "and the residual": lambda x: x + _attention(x),
        "and norm and feed-forward": lambda x: _steps(x, forward)[1].total,
    }
    different, steps = ~same_words(tour.explanation), _steps(x, forward)
    weights = attend(*(steps[0].normed[None],) * 3).weights[0]  # [n, n]
    likeness = {name: _likeness(x, step, different) for name, step in stacks.items()} if different.any() else None
    return Block(steps, float(np.diagonal(weights).mean()), likeness)


def _steps(x: Array, forward: Callable[[Array], Array]) -> tuple[Step, Step]:
    first = Step("attention", x, norm(x), _attention(norm(x)))
    between = norm(first.total)
    return first, Step("feed-forward", first.total, between, forward(between))


def _attention(x: Array) -> Array:
    """The context of plain self-attention: `[n, d]`."""
    context: Array = attend(*(x[None],) * 3).context[0]
    return context


def norm(x: Array) -> Array:
    """Each row less its mean, over its standard deviation: `[n, d]`, rows of length √d."""
    centred = x - x.mean(axis=-1, keepdims=True)  # [n, d]
    normed: Array = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return normed


def _feed_forward(d: int) -> Callable[[Array], Array]:
    """Relu(x w_1) w_2 with random matrices `[d, 4d]` and `[4d, d]`, a row at a time as the others are."""
    rng = np.random.default_rng(SEED)
    w_1 = rng.standard_normal((d, WIDENING * d)) / np.sqrt(d)
    w_2 = rng.standard_normal((WIDENING * d, d)) / np.sqrt(WIDENING * d)
    return lambda x: np.maximum(x @ w_1, 0) @ w_2


def _likeness(x: Array, step: Callable[[Array], Array], different: Array) -> tuple[float, ...]:
    """The mean cosine of different words before and after each of BLOCKS blocks."""
    means = [float(cosine(x, x)[different].mean())]
    for _ in range(BLOCKS):
        x = step(x)
        means.append(float(cosine(x, x)[different].mean()))
    return tuple(means)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The lengths of one word's vectors through a block, and what keeps the words of a stack apart."""
    value, d = block_of(tour), tour.explanation.source.inputs.x.shape[1]
    intro = paragraph(
        screen,
        "A block of a model is more than attention. Its answer is added to the vector that came in: the residual. A "
        f"norm in front, (x - mean) / deviation, makes vectors √{d} long. Attention mixes words; the feed-forward "
        "layer behind it changes each by itself: relu(x·w_1)·w_2, where relu sets negative numbers to 0. Attention is "
        "that of screen 2, w_1 and w_2 are random, not trained:",
    )
    name = names(tour.explanation.sentence, screen)[tour.subject.index]
    lengths = table(_head(name, screen), [_row(step, tour.subject.index) for step in value.steps], screen)
    return [intro, lengths, _stacks(tour, screen), _meaning(tour, screen)]


def _head(name: str, screen: Screen) -> list[Cell]:
    if screen.columns < NARROW:
        return [name, "in", "norm", "answer", "sum", "cosine"]
    return [f"{name}, lengths", "in", "normed", "answer", "their sum", "cosine of in and sum"]


def _row(step: Step, word: int) -> list[Cell]:
    return [step.name, *map(as_number, step.lengths(word)), f"{step.turn(word):.2f}"]


def _stacks(tour: Tour, screen: Screen) -> Part:
    likeness = block_of(tour).likeness
    if likeness is None:
        return paragraph(screen, "It takes two different words to see what stacked blocks do to them.")
    head = ["mean cosine of two words", *(f"{place} block{'s' * (place > 1)}" for place in range(1, BLOCKS + 1))]
    head.insert(1, "before")
    return table(head, [[name, *(f"{each:.2f}" for each in means)] for name, means in likeness.items()], screen)


def _meaning(tour: Tour, screen: Screen) -> Part:
    """Why a stack of attention alone makes words alike, and how far these blocks are from trained ones."""
    value, name = block_of(tour), word(names(tour.explanation.sentence, screen)[tour.subject.index])
    mixing = "Attention answers with means, and means of means come to be one vector. "
    if value.likeness is None:
        mixing = ""
    kept = ("The residual keeps ", name, "'s own vector in the sum. Normed, a word gives itself ")
    share = number(f"{value.itself:.2f}")
    alone = value.itself >= ALONE
    little = ", so that attention mixes nothing here" if alone else " on average: attention mixes little here"
    return paragraph(screen, mixing, *kept, share, f"{little}. Trained projections decide how much.")


def command(tour: Tour) -> Command:
    """The stack of attention alone."""
    return Command("explain", ("--layers", str(BLOCKS)), tour.text)
