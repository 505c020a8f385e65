"""Screen 7: a causal mask, and blocks stacked, each working on the output of the one before."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity.cosine import cosine
from attncli.tour.embedding import same_words
from attncli.tour.parts import Part, number, paragraph, weights_map
from attncli.tour.tour import Command, Tour, once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix

BLOCKS = 4


@dataclass(frozen=True, eq=False)
class Stacking:
    """The weights [n, n] under a causal mask.

    `likeness`: the mean cosine of two different words' vectors, before the first of the blocks and after each; None
    where there are no two different words.
    """

    weights: Array
    likeness: tuple[float, ...] | None


@once
def stacking_of(tour: Tour) -> Stacking:
    """The weights of one masked block, and the likeness of words in BLOCKS blocks without a mask."""
    masked, stacked = tour.explained(mask="causal"), tour.explained(layers=BLOCKS)
    different = ~same_words(stacked)  # [n, n]
    outputs = [stacked.source.inputs.x, *(layer.output for layer in stacked.layers)]
    means = tuple(float(cosine(output, output)[different].mean()) for output in outputs) if different.any() else None
    return Stacking(masked.weights[0, 0], means)


def hidden(weights: Array) -> Array:
    """The keys that the causal mask hides: boolean [n, n]."""
    later: Array = np.triu(np.ones(weights.shape, dtype=bool), 1)
    return later


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The causal matrix, and the cosines of the words after a stack of blocks."""
    value = stacking_of(tour)
    tokens = tuple(token.name for token in tour.explanation.sentence.tokens)
    labels = names(tour.explanation.sentence, screen)
    intro = paragraph(
        screen,
        "A model that writes must not see what comes next: a causal mask hides from each word all that stands after "
        "it. What a row still sees sums to 1:",
    )
    shown = weights_map(Matrix(value.weights, hidden(value.weights), tokens, tokens), labels, screen)
    return [intro, [*shown, *_blocks(tour, screen)]]


def _blocks(tour: Tour, screen: Screen) -> Part:
    """The likeness of the words after each block."""
    likeness = stacking_of(tour).likeness
    intro = "Blocks can be stacked, each on the output of the one before. "
    if likeness is None:
        return paragraph(screen, intro, "It takes two different words to see what that does to them.")
    steps = number(", ".join(f"{each:.2f}" for each in likeness[1:]))
    before = f"Unmasked, the mean cosine of two words is {likeness[0]:.2f}, after 1 to {BLOCKS} blocks "
    return paragraph(screen, intro, before, steps, _meaning(likeness))


def _meaning(likeness: tuple[float, ...]) -> str:
    if likeness[-1] <= likeness[0]:
        return "."
    return ": plain attention makes words alike; models do more (--screen block)."


def command(tour: Tour) -> Command:
    """Two masked blocks."""
    return Command("explain", ("--mask", "causal", "--layers", "2"), tour.text)
