"""Screen 5: the head whose loss changes the answer most, and how much of all change the first few make."""

import numpy as np

from attncli.recipes.head_effects import HeadEffect
from attncli.tour.of_model.effects import Effects, change_of, effects_of, head_table, unanswered
from attncli.tour.of_model.model_tour import ModelTour
from attncli.tour.parts import Part, Phrase, number, paragraph, word
from attncli.tour.tour import Command
from attncli.views.screen import Screen

SHOWN = 5  # heads


def share_of_first(effects: Effects) -> float:
    """The part of the sum of all changes that the SHOWN first heads make, up or down."""
    sizes = [abs(each.effect) for each in effects.order]
    return float(np.sum(sizes[:SHOWN]) / max(np.sum(sizes), np.finfo(np.float64).tiny))


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """The answer, the heads that change it most, and how few they are."""
    value = effects_of(tour)
    if value is None:
        return [unanswered(tour, screen)]
    figure = head_table(tour, value, value.order[:SHOWN], screen)
    return [[*_answer(tour, value, screen), *_first(value, screen)], figure, _few(tour, value, screen)]


def _answer(tour: ModelTour, value: Effects, screen: Screen) -> Part:
    """The number that is watched."""
    result, name = value.result, word(screen.word(tour.explanation.source.name))
    why = "Where a head looks is not yet what it does. Take one away, zeros in place of its output, and look again. "
    if not result.scored:
        state = " has no output layer, so that the state of the whole sentence is watched: how far it turns."
        return paragraph(screen, why, name, state)
    answer = word(screen.word((result.answer or "").strip() or repr(result.answer)))
    share = number(f"{result.probability:.3f}")
    asked: list[Phrase] = [" answers ", (screen.word(value.text), "dim"), " with "]
    return paragraph(screen, why, name, *asked, answer, ", probability ", share, ".")


def _first(value: Effects, screen: Screen) -> Part:
    first = value.order[0]
    if not value.result.scored:
        change = f" it turns by {change_of(first, value)} (1 − cosine)."
        return paragraph(screen, "Without head ", number(first.name), change)
    moves = f" the logit of this answer {'rises' if first.effect > 0 else 'falls'} by {abs(first.effect):.3f}"
    share = f", its probability goes from {value.result.probability:.3f} to {first.probability:.3f}."
    return paragraph(screen, "Without head ", number(first.name), moves, share, _others(value))


def crossed(value: Effects) -> HeadEffect | None:
    """Of the heads shown the first without which the logit goes up and the probability down, or the reverse."""
    for each in value.order[:SHOWN]:
        if each.effect * ((each.probability or 0.0) - (value.result.probability or 0.0)) < 0:
            return each
    return None


def _others(value: Effects) -> str:
    """A probability depends on all logits."""
    head = crossed(value)
    if head is None:
        return " All other logits move too."
    moves = "rises, its probability falls" if head.effect > 0 else "falls, its probability rises"
    return f" All other logits move too: without {head.name} this one {moves}."


def _few(tour: ModelTour, value: Effects, screen: Screen) -> Part:
    n, shown = len(value.order), min(SHOWN, len(value.order))
    share = number(f"{share_of_first(value):.2f}")
    sign = "A + means that the head held the answer down. " if value.result.scored else ""
    few = f"The first {shown} of {n} heads make "
    return paragraph(screen, sign, few, share, " of the sum of all changes, up or down.")


def command(tour: ModelTour) -> Command:
    """All heads by their effect."""
    value = effects_of(tour)
    return Command("heads", ("--by", "effect"), value.text) if value else Command("explain", (), tour.text)
