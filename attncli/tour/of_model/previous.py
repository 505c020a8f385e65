"""Screen 2: the head that looks at the token before more than any other does, if a head of the model does so."""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.kinds import MOSTLY
from attncli.tour.of_model.model_tour import Found, ModelTour, counted, head_map, highest
from attncli.tour.parts import Part, number, paragraph, word
from attncli.tour.tour import Command, once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names


@dataclass(frozen=True)
class Previous:
    """The head with the largest share of weight on the token before.

    after: its share without the first row, which has no token before, NaN of one token. heads: how many have more than
    half of all their weight there; following: the head with the largest share on the token behind, None where that is
    not more than half. telling: the token whose weight on the one before is the largest, 0 of one token.
    """

    head: Found
    after: float
    heads: int
    following: Found | None
    telling: int


@once
def previous_of(tour: ModelTour) -> Previous:
    """The heads that look at the neighbours, by the measures of kinds."""
    kinds = tour.kinds
    head, following = highest(kinds.previous), highest(kinds.next)
    before, added = np.diagonal(tour.weights(head), -1), tour.explanation.source.special[:-1]  # [n - 1]
    after = float(before.mean()) if len(before) else float("nan")
    before = before if added.all() else np.where(added, -1, before)  # words of the reader's, if there are two
    telling = int(before.argmax()) + 1 if len(before) else 0
    heads, mirrored = int((kinds.previous > MOSTLY).sum()), following.score > MOSTLY
    return Previous(head, after, heads, following if mirrored else None, telling)


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """The map of the head, and what it is good for."""
    value = previous_of(tour)
    if len(tour.explanation.sentence.tokens) == 1:
        return [paragraph(screen, "A single token has none before it: this screen needs a sentence of two or more.")]
    return [_found(tour, screen), [*head_map(tour, value.head, screen), *_one(tour, screen)], _use(tour, screen)]


def _found(tour: ModelTour, screen: Screen) -> Part:
    value, n = previous_of(tour), len(tour.explanation.sentence.tokens)
    head, share = (number(value.head.name), " (layer.head)"), number(f"{value.head.score:.2f}")
    if value.heads:
        rows = f" of the weight of rows 1 to {n - 1} (row 0 has none before). More than half of all rows' weight: "
        gives = (" gives the token before ", number(f"{value.after:.2f}"))
        return paragraph(screen, "Head ", *head, *gives, rows, f"{counted(value.heads, tour.n_heads)}.")
    none = (
        f"No head of {screen.word(tour.explanation.source.name)} puts more than half of all rows' weight on the token "
    )
    return paragraph(screen, none, "before here. The nearest is ", *head, " with ", share, ":")


def _one(tour: ModelTour, screen: Screen) -> Part:
    """The row with the largest of the weights in words."""
    value, labels = previous_of(tour), names(tour.explanation.sentence, screen)
    weight = float(tour.weights(value.head)[value.telling, value.telling - 1])
    query, key = word(labels[value.telling]), word(labels[value.telling - 1])
    return paragraph(screen, f"Row {value.telling}: ", query, " looks at ", key, " with ", number(f"{weight:.2f}"), ".")


def _use(tour: ModelTour, screen: Screen) -> Part:
    following = previous_of(tour).following
    mirror = f" Its mirror, the token behind: head {following.name}, {following.score:.2f}." if following else ""
    return paragraph(
        screen,
        "Plain attention knows no order. Here q and k carry places, so that a head can ask for a neighbour: each token "
        f"takes up the one before it.{mirror}",
    )


def command(tour: ModelTour) -> Command:
    """The head on the sentence."""
    head = previous_of(tour).head
    return Command("explain", ("--layer", str(head.layer), "--head", str(head.head)), tour.text)
