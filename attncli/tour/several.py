"""Screen 6: several heads, each with projections of its own."""

import numpy as np

from attncli.analysis.measures import top1
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import VectorSource
from attncli.tour.parts import Part, Phrase, number, paragraph, weights_map, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix


@once
def several_of(tour: Tour) -> Explanation[VectorSource]:
    """The sentence as several heads see it."""
    return tour.explained(mode="multihead")


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """One word's weights in each head, what each head does, and how their answers become one vector."""
    value, labels = several_of(tour), names(tour.explanation.sentence, screen)
    n_head = value.weights.shape[1]
    subject = labels[tour.subject.index]
    intro = paragraph(
        screen,
        f"One head is one way of looking. {n_head} heads, each with projections of its own, look at the sentence side "
        "by side, and each may look for something else. What ",
        *(word(subject), " looks at in each of them:"),
    )
    weights = value.weights[0, :, tour.subject.index]  # [n_head, n]
    hidden = np.isneginf(value.scores[0, :, tour.subject.index])  # [n_head, n]
    tokens = tuple(token.name for token in value.sentence.tokens)
    heads = ("head",) * n_head  # the map numbers its rows itself
    shown = (
        [] if screen.accessible else weights_map(Matrix(weights, hidden, heads, tokens, crossed=True), labels, screen)
    )
    return [intro, shown, _roles(tour, labels, screen), _joined(tour, screen)]


def _roles(tour: Tour, labels: list[str], screen: Screen) -> Part:
    """A line a head: where it looks most."""
    value = several_of(tour)
    weights = value.weights[0, :, tour.subject.index]  # [n_head, n]
    lines: Part = []
    for head, key in enumerate(top1(weights).tolist()):
        kind = f", its kind: {value.source.roles[head].here}" if value.source.roles else ""
        share = number(f"{weights[head, key]:.2f}")
        found: list[Phrase] = [f"head {head} looks most at ", word(labels[key]), " (", share, f"){kind}"]
        lines += paragraph(screen, *found)
    if value.source.settings.projections != "trained":
        lines += paragraph(screen, "These heads are random, not trained: what they look at means nothing.")
    return lines


def _joined(tour: Tour, screen: Screen) -> Part:
    n_head, _, d_v = several_of(tour).layers[0].values.shape
    sentence = (
        f"Each head answers with {d_v} numbers a word. The {n_head} answers are put side by side, {n_head * d_v} "
        f"numbers, and one more matrix, w_o, mixes them back into {several_of(tour).output.shape[1]}."
    )
    return paragraph(screen, sentence)


def command(tour: Tour) -> Command:
    """The heads on the whole sentence."""
    return Command("explain", ("--mode", "multihead"), tour.text)
