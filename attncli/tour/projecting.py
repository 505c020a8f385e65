"""Screen 4: queries, keys and values. The score of two words now depends on which of them is the query."""

from dataclasses import dataclass, replace

import numpy as np

from attncli.arrays import Array
from attncli.heads.projections import choose_blocks
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import VectorSource
from attncli.tour.parts import NARROW, Cell, Part, Phrase, number, paragraph, table, word
from attncli.tour.strips import bars
from attncli.tour.tour import Command, Tour, once
from attncli.views.formula import Formula, formula_of
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import Piece

FIRST = 4
BESIDE, BESIDE_NARROW = 40, 23  # cells for what stands beside the bars


@dataclass(frozen=True, eq=False)
class Projecting:
    """One head: the query, key and value of `word` [d_k, d_k, d_v], and its weights [n].

    `other` is the word that it looks at most beside itself (None: it sees no other); `asking` is its score with that
    word, `asked` that of the other one with it, and `plain` the one score without projections, the same both ways.
    """

    explanation: Explanation[VectorSource]
    word: int
    query: Array
    key: Array
    value: Array
    other: int | None
    asking: float
    asked: float
    plain: float

    @property
    def weights(self) -> Array:
        """The weights of the word: [n]."""
        row: Array = self.explanation.weights[0, 0, self.word]
        return row

    @property
    def hides_itself(self) -> bool:
        """Whether words are hidden from themselves, where there are others to see."""
        scores = self.explanation.scores[0, 0]  # [n, n]
        return len(scores) > 1 and bool(np.isneginf(np.diagonal(scores)).any())

    @property
    def besides(self) -> tuple[str, ...]:
        """The additions of trained heads to the three projections, in words."""
        heads = choose_blocks(self.explanation.source.settings, self.explanation.source.vectors).heads[0]
        assert heads is not None
        done = (
            (heads.input_scale is not None, "vectors are brought to one length"),
            (heads.b_q is not None, "q has a bias"),
            (heads.temperature is not None, "scores are divided by a temperature"),
            (bool(heads.sees_positions.any()), "distance and side of a word count (position)"),
            (self.hides_itself, "no word sees itself"),
        )
        return tuple(what for does, what in done if does)


@once
def projecting_of(tour: Tour) -> Projecting:
    """Query, key and value of the subject, and two scores that differ by who asks."""
    plain, projected, word = tour.explanation, tour.projected, tour.subject.index
    layer, scores = projected.layers[0], projected.scores[0, 0]  # [n, n]
    other = strongest_other(projected.weights[0, 0, word], scores[word], word)
    asking, asked, same = (0.0, 0.0, 0.0)
    if other is not None:
        asking, asked = float(scores[word, other]), float(scores[other, word])
        same = float(plain.scores[0, 0, word, other])
    q, k, v = (array[0, word] for array in (layer.queries, layer.keys, layer.values))
    return Projecting(projected, word, q, k, v, other, asking, asked, same)


def strongest_other(weights: Array, scores: Array, word: int) -> int | None:
    """The visible key of the largest weight in a row [n], the word itself left out; None without one."""
    seen = scores > -np.inf  # [n]
    seen[word] = False
    return int(np.where(seen, weights, -1).argmax()) if seen.any() else None


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The three vectors of one word, and scores that depend on who asks."""
    d_model = tour.explanation.source.inputs.x.shape[1]
    intro = paragraph(
        screen,
        "Above, one vector did three jobs. Now each job gets its own projection of it, a matrix of numbers: the query "
        "is what a word asks for, the key what it offers to be found by, the value what it gives on.",
    )
    where = paragraph(
        screen, f"w_q, w_k and w_v turn {d_model} numbers into d_k = {len(projecting_of(tour).key)}. {_origin(tour)}"
    )
    return [intro, [*_vectors(tour, screen), *where], _direction(tour, screen)]


def _vectors(tour: Tour, screen: Screen) -> Part:
    """The word's own vector and the three made of it, as bars; in sentences by their first numbers."""
    value = projecting_of(tour)
    x, labels = tour.explanation.source.inputs.x[value.word], names(tour.explanation.sentence, screen)
    made = (
        ("V", "is", x),
        ("q = V·w_q", "asks", value.query),
        ("k = V·w_k", "offers", value.key),
        ("v = V·w_v", "gives", value.value),
    )
    if screen.accessible:
        rows = [[name, what, str(len(each)), _first(each), _length(each)] for name, what, each in made]
        return table([labels[value.word], "", "numbers", "the first", "length"], rows, screen)
    wide = screen.columns >= NARROW
    room = screen.columns - (BESIDE if wide else BESIDE_NARROW)
    drawn: list[list[Cell]] = [
        [name, *([what, str(len(each))] if wide else []), bars(each[:room], screen), _length(each)]
        for name, what, each in made
    ]
    head = [labels[value.word], *(["", "numbers"] if wide else []), f"the first {room}", "length"]
    return table(head, drawn, screen)


def _first(vector: Array) -> str:
    return " ".join(f"{each:.2f}" for each in vector[:FIRST])


def _length(vector: Array) -> str:
    return as_number(float(np.linalg.norm(vector)))


def _origin(tour: Tour) -> str:
    """Where the projections come from, in a sentence."""
    if projecting_of(tour).explanation.source.settings.projections == "trained":
        besides = ", ".join(projecting_of(tour).besides)
        origin = "They were trained: a word should look at the words that best predict it."
        return origin + (f" Besides: {besides}." if besides else "")
    return "They are random, not trained: they show the steps, and what they weigh means nothing."


def _direction(tour: Tour, screen: Screen) -> Part:
    value, labels = projecting_of(tour), names(tour.explanation.sentence, screen)
    name = word(labels[value.word])
    if value.other is None:
        return paragraph(screen, name, " has no other word to look at here.")
    other = word(labels[value.other])
    found: list[Phrase] = [name, " now looks most at ", other, " (", number(f"{value.weights[value.other]:.2f}"), "). "]
    same: list[Phrase] = ["Without projections these two have one score, ", number(as_number(value.plain)), ". "]
    asking, asked = (formula(value.explanation, query) for query in (value.word, value.other))
    made = f"With them a score is {asking.text}: "
    scores = _gets(name, other, f"{asking.worked(0, value.other)} = ", value.asking)
    back = _gets(other, name, f"{asked.worked(0, value.word)} = ", value.asked)
    return paragraph(screen, *found, *same, made, *scores, ", ", *back, ".")


def formula(explanation: Explanation[VectorSource], query: int) -> Formula:
    """The formula of a query's scores, with terms exact enough that a printed score comes out of them."""
    terms = explanation.layers[0].terms([query])
    assert terms is not None
    usual = formula_of(terms, 0)
    return replace(usual, places=usual.places + 1)


def _gets(query: Piece, key: Piece, worked: str, score: float) -> list[Phrase]:
    return [query, " asking ", key, f" gets {worked}", number(as_number(score))]


def command(tour: Tour) -> Command:
    """The command that shows this head."""
    return Command("explain", ("--mode", "qkv"), tour.text)
