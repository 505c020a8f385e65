"""Screen 1: the tokens that a model makes of a sentence, its layers and heads, and how many are of which kind."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from attncli.analysis.kinds import ANCHOR, BROADLY, CONTENT, KINDS, NEXT, PREVIOUS, SAME
from attncli.tour.of_model.model_tour import ModelTour
from attncli.tour.parts import Part, Phrase, listed, paragraph, table, word
from attncli.tour.tour import Command, once
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM

MOST_TOKENS = 24
WHERE = {
    PREVIOUS: "on the token before",
    NEXT: "on the token behind",
    SAME: "on the token itself",
    ANCHOR: "on the first and the special tokens",
    BROADLY: "nearly even over all it may see",
    CONTENT: "elsewhere: picked by what tokens are",
}


@dataclass(frozen=True)
class Kind:
    """A kind of heads on the sentence: how many there are, and the first and the last layer that has one."""

    name: str
    heads: int
    layers: tuple[int, int]


@once
def reading_of(tour: ModelTour) -> tuple[Kind, ...]:
    """The kinds that the model's heads are of, the most frequent first, equal ones in the order of KINDS."""
    kinds = [kind for kind in KINDS if (tour.kinds.kind == kind).any()]
    found = (Kind(kind, int((tour.kinds.kind == kind).sum()), _layers(tour, kind)) for kind in kinds)
    return tuple(sorted(found, key=lambda each: -each.heads))


def _layers(tour: ModelTour, kind: str) -> tuple[int, int]:
    layers = np.flatnonzero((tour.kinds.kind == kind).any(axis=1))
    return int(layers[0]), int(layers[-1])


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """The tokens, and the table of the kinds."""
    model = tour.explanation.source.model
    heads = paragraph(
        screen,
        f"In each of {model.layers} layers {model.heads} heads look at the sentence side by side; what for, training "
        "found. More than half of a head's weight in one place makes a kind:",
    )
    rows = [[f"{each.name}: {WHERE[each.name]}", str(each.heads), _span(each)] for each in reading_of(tour)]
    kinds = table(["kind: its weight is", "heads", "layers"], rows, screen)
    return [[*_tokens(tour, screen), *_direction(tour, screen)], [*heads, *kinds]]


def _span(kind: Kind) -> str:
    first, last = kind.layers
    return f"{first}" if first == last else f"{first} to {last}"


def _tokens(tour: ModelTour, screen: Screen) -> Part:
    """The tokens by name, special ones dim."""
    tokens, name = tour.explanation.sentence.tokens, screen.word(tour.explanation.source.name)
    pieces: list[Phrase] = [word(name), f" reads {len(tokens)} token{'s' * (len(tokens) > 1)}: "]
    for place, token in enumerate(tokens[:MOST_TOKENS]):
        pieces += [" "] * (place > 0)
        pieces.append((screen.word(token.label), DIM if token.special else BOLD))
    left_out = len(tokens) - MOST_TOKENS
    pieces += [f" and {left_out} more"] * (left_out > 0)
    return paragraph(screen, *pieces, *_special(tour, screen))


def _special(tour: ModelTour, screen: Screen) -> Iterator[Phrase]:
    special = dict.fromkeys(screen.word(token.label) for token in tour.explanation.sentence.tokens if token.special)
    if special:
        yield f". {listed(special)} stand{'s' * (len(special) == 1)} for no word of yours: the model adds "
        yield "it." if len(special) == 1 else "them."
    else:
        yield "."


def _direction(tour: ModelTour, screen: Screen) -> Part:
    if tour.causal:
        return paragraph(screen, "It writes: a token sees itself and those before it, none behind it.")
    return paragraph(screen, "It reads: a token sees all others, before it and behind it.")


def command(tour: ModelTour) -> Command:
    """The map of all heads."""
    return Command("explain", (), tour.text)
