"""Screen 6: several heads, each with projections of its own, and w_o, which mixes their answers into one vector.

Vaswani et al. 2017, section 3.2.2: MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O.
"""

from dataclasses import dataclass

import numpy as np
from rich.text import Text

from attncli.analysis.measures import top1
from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import VectorSource
from attncli.tour.parts import NARROW, Cell, Part, Phrase, number, paragraph, table, weights_map, word
from attncli.tour.strips import bars
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix

BESIDE = 32  # cells for what stands beside the bars


@dataclass(frozen=True, eq=False)
class Several:
    """The sentence as several heads see it; `answers` [n_head, d_v] and `output` [d_model] are those of `word`.

    `weights` and `hidden` [n_head, n]: its weights in each head, and the keys that it must not see.
    """

    explanation: Explanation[VectorSource]
    word: int
    weights: Array
    hidden: Array
    answers: Array
    output: Array

    @property
    def joined(self) -> Array:
        """The answers side by side: [n_head · d_v]."""
        joined: Array = self.answers.reshape(-1)
        return joined


@once
def several_of(tour: Tour) -> Several:
    """The subject in each of several heads, and after w_o."""
    explanation, word = tour.explained(mode="multihead"), tour.subject.index
    layer = explanation.layers[0]
    weights, hidden = explanation.weights[0, :, word], np.isneginf(explanation.scores[0, :, word])  # [n_head, n]
    return Several(explanation, word, weights, hidden, layer.context[:, word], layer.output[word])


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """One word's weights in each head, what each head does, and how their answers become one vector."""
    value, labels = several_of(tour), names(tour.explanation.sentence, screen)
    n_head = len(value.weights)
    intro = paragraph(
        screen,
        f"One head is one way of looking. {n_head} heads, each with projections of its own, look at the sentence side "
        "by side, and each may look for something else. What ",
        *(word(labels[value.word]), " looks at in each of them:"),
    )
    tokens = tuple(token.name for token in value.explanation.sentence.tokens)
    heads = ("head",) * n_head  # the map numbers its rows itself
    matrix = Matrix(value.weights, value.hidden, heads, tokens, crossed=True)
    shown = [] if screen.accessible else weights_map(matrix, labels, screen)
    return [intro, [*shown, *_roles(tour, labels, screen)], [*_joined(tour, screen), *_answers(tour, screen)]]


def _roles(tour: Tour, labels: list[str], screen: Screen) -> Part:
    """A line a head: where it looks most."""
    value = several_of(tour)
    source = value.explanation.source
    lines: Part = []
    for head, key in enumerate(top1(value.weights).tolist()):
        kind = f", over all rows: {source.roles[head].here}" if source.roles else ""
        share = number(f"{value.weights[head, key]:.2f}")
        found: list[Phrase] = [f"head {head} looks most at ", word(labels[key]), " (", share, f"){kind}"]
        lines += paragraph(screen, *found)
    if source.settings.projections != "trained":
        lines += paragraph(screen, "These heads are random, not trained: what they look at means nothing.")
    return lines


def _joined(tour: Tour, screen: Screen) -> Part:
    """The answers of the heads in words: side by side, and mixed by w_o."""
    value = several_of(tour)
    d_v, d_model = value.answers.shape[1], len(value.output)
    return paragraph(screen, f"Each head answers with {d_v} numbers; laid end to end, times a matrix w_o, {d_model}:")


def _answers(tour: Tour, screen: Screen) -> Part:
    """Before w_o and after it: bars of the first numbers of each head, and of the vector that is handed on."""
    value = several_of(tour)
    room = max(screen.columns - BESIDE, 1)
    each = max(room // len(value.answers) - 1, 1)  # cells a head
    before, after = Text(no_wrap=True), bars(value.output[:room], screen)
    for answer in value.answers:
        before.append(bars(answer[:each], screen)).append(" ")
    drawn = screen.columns >= NARROW and not screen.accessible
    rows: list[list[Cell]] = [
        [name, str(len(vector)), as_number(float(np.linalg.norm(vector))), *([picture] if drawn else [])]
        for name, vector, picture in (("into w_o", value.joined, before), ("out of w_o", value.output, after))
    ]
    return table(["", "numbers", "length", *(["the first of each head; of the output"] if drawn else [])], rows, screen)


def command(tour: Tour) -> Command:
    """The heads on the whole sentence."""
    return Command("explain", ("--mode", "multihead"), tour.text)
