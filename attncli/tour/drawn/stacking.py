"""Screen 7: masks and stacked blocks."""

from attncli.tour.drawn.parts import Part, number, paragraph, weights_map
from attncli.tour.stacking import BLOCKS, hidden
from attncli.tour.walk import Tour
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix


def stacking_parts(tour: Tour, screen: Screen) -> list[Part]:
    """The causal matrix, and what a stack of blocks does to the words."""
    value = tour.stacking
    tokens = tuple(token.name for token in tour.explanation.sentence.tokens)
    labels = names(tour.explanation.sentence, screen)
    intro = paragraph(
        screen,
        "A model that writes must not see what comes next: a causal mask hides from each word all that stands after "
        "it. What a row still sees sums to 1:",
    )
    shown = weights_map(Matrix(value.weights, hidden(value.weights), tokens, tokens), labels, screen)
    return [intro, shown, _blocks(tour, screen)]


def _blocks(tour: Tour, screen: Screen) -> Part:
    """The likeness of the words after each block."""
    likeness = tour.stacking.likeness
    told = "Blocks can be stacked, each on the output of the one before. "
    if likeness is None:
        return paragraph(screen, told, "It takes two different words to see what that does to them.")
    steps = number(", ".join(f"{each:.2f}" for each in likeness[1:]))
    before = f"The mean cosine between two words is {likeness[0]:.2f} before, and after 1 to {BLOCKS} blocks "
    return paragraph(screen, told, before, steps, _meaning(likeness))


def _meaning(likeness: tuple[float, ...]) -> str:
    if likeness[-1] <= likeness[0]:
        return "."
    return ": plain attention makes words alike; models keep them apart by other layers."


def stacking_command(tour: Tour) -> tuple[str, ...]:
    """Two masked blocks."""
    return ("explain", "--mask", "causal", "--layers", "2")
