"""Screen 5: the look-up in a database, which returns one value, against attention, which returns a mixture of all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.attention.similarity.cosine import cosine
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import VectorSource
from attncli.tour.parts import MOST_ROWS, NARROW, Part, Phrase, number, paragraph, rest_of, table, word
from attncli.tour.projecting import formula
from attncli.tour.tour import Command, Tour, once
from attncli.views.formula import Formula
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import DIM, Piece

TEMPERATURES = (1.0, 0.5, 0.2, 0.05)
MIXED = 2


@dataclass(frozen=True, eq=False)
class Lookup:
    """Scores and weights [n] of `word` in one head; `best` is the key that a look-up returns, `order` all visible keys.

    `mixture` [d_v] is the output of attention, and `likeness` its cosine with the best key's value; `sharpened` the
    weight of the best key at each of TEMPERATURES.
    """

    explanation: Explanation[VectorSource]
    word: int
    scores: Array
    weights: Array
    best: int
    order: tuple[int, ...]
    mixture: Array
    likeness: float
    sharpened: tuple[float, ...]


@once
def lookup_of(tour: Tour) -> Lookup:
    """The subject's scores and weights in one head, and the cosine of the mixture with the best key's value."""
    explanation, word = tour.projected, tour.subject.index
    scores, weights = explanation.scores[0, 0, word], explanation.weights[0, 0, word]  # [n]
    best, order = int(ranking(scores)[0]), tuple(int(key) for key in ranking(weights) if scores[key] > -np.inf)
    layer = explanation.layers[0]
    mixture, value = layer.context[0, word], layer.values[0, best]  # [d_v]
    likeness = float(cosine(mixture[None], value[None])[0, 0])
    sharpened = tuple(_weight(explanation, word, best, temperature) for temperature in TEMPERATURES)
    return Lookup(explanation, word, scores, weights, best, order, mixture, likeness, sharpened)


def _weight(explanation: Explanation[VectorSource], word: int, key: int, temperature: float) -> float:
    settings = replace(explanation.source.settings, temperature=temperature)
    cooled = explain_with(explanation.sentence.text, settings, explanation.source.vectors)
    return float(cooled.weights[0, 0, word, key])


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The keys from the best down, and how cold a softmax must be to become a look-up."""
    value, labels = lookup_of(tour), names(tour.explanation.sentence, screen)
    name, best = word(labels[value.word]), word(labels[value.best])
    intro = paragraph(
        screen,
        "A database compares a query with its keys and returns the value of the one that matches best: for ",
        *(name, " that of ", best, ". Attention returns the values of all keys, each times its weight, added up: "),
        f"{_mixture(tour, labels)}.",
    )
    order = value.order[: MOST_ROWS - 1]
    terms = _terms(tour) if screen.columns >= NARROW else {}
    rows = [[labels[key], *(says(key) for says in terms.values()), *_outcome(key, tour)] for key in order]
    head = [f"{labels[value.word]} asks", *terms, "score", "weight", "a look-up"]
    return [intro, [*table(head, rows, screen), *_left_out(tour, screen)], _between(tour, best, screen)]


def _formula(tour: Tour) -> Formula:
    return formula(lookup_of(tour).explanation, lookup_of(tour).word)


def _terms(tour: Tour) -> dict[str, Callable[[int], str]]:
    """The columns of a score's terms by their names, and the text of each for a key."""
    made = _formula(tour)
    position = {"position": partial(made.position_of, 0)} if made.positional else {}
    return {made.similarity: partial(made.similarity_of, 0), **position}


def _outcome(key: int, tour: Tour) -> list[str]:
    value = lookup_of(tour)
    return [as_number(value.scores[key]), f"{value.weights[key]:.2f}", _fate(key, tour)]


def _mixture(tour: Tour, labels: list[str]) -> str:
    value = lookup_of(tour)
    parts = [f"{value.weights[key]:.2f} × {labels[key]}" for key in value.order[:MIXED]]
    rest = len(value.order) - MIXED
    return " + ".join([*parts, *([f"{rest} more"] if rest > 0 else [])])


def _fate(key: int, tour: Tour) -> str:
    return "returns it" if key == lookup_of(tour).best else "drops it"


def _left_out(tour: Tour, screen: Screen) -> Part:
    """The omissions of the table: weaker keys, the terms of a score, and the keys that trained heads hide."""
    seen, n = len(lookup_of(tour).order), len(lookup_of(tour).weights)
    score, hidden = screen.own(f"score: {_formula(tour).numbered}"), ""
    if seen < n:
        hidden = "; hidden: a word from itself" + " and its repeats" * (n - seen > 1)
    if seen < n and lookup_of(tour).best == lookup_of(tour).word:
        hidden = "; hidden: a word's repeats; it sees itself if there is nothing else"
    lines = rest_of(seen, screen, MOST_ROWS - 1)
    return [*lines, *paragraph(screen, (f"  ({score}{hidden})", DIM))]


def _between(tour: Tour, best: Piece, screen: Screen) -> Part:
    """How alike the two answers are, and the weight of the best key as the softmax gets colder."""
    value = lookup_of(tour)
    if len(value.order) == 1:
        return paragraph(screen, "With one key to choose from the two are the same: the weight is 1.")
    first, d = ", ".join(as_number(float(each)) for each in value.mixture[:MIXED]), len(value.mixture)
    likeness: list[Phrase] = [
        f"The mixture is a vector too, {first}{', …' * (d > MIXED)} ({d} numbers), with a cosine of "
    ]
    likeness += [number(as_number(value.likeness)), " with the one value. "]
    cooling = ", ".join(
        f"{weight:.2f} at {temperature:g}" for temperature, weight in zip(TEMPERATURES, value.sharpened, strict=True)
    )
    sharper = "These scores divided once more, by less than 1, come closer to a look-up: "
    if value.sharpened[-1] <= value.sharpened[0]:
        sharper = "These scores divided once more, by less than 1, bring no look-up, as two keys match alike: "
    return paragraph(screen, *likeness, sharper, best, f" has {cooling}.")


def command(tour: Tour) -> Command:
    """The close-up with both answers."""
    return Command("explain", ("--mode", "qkv", "--word", tour.word_option), tour.text)
