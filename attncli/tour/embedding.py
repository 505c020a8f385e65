"""Screen 1: the tokens of the sentence, and the vectors they become."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity.cosine import cosine
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import Neighbour
from attncli.tour.parts import MOST_ROWS, NARROW, Part, listed, number, paragraph, rest_of, table, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

FIRST = 4  # numbers of a vector that are shown
NEAR = 4


@dataclass(frozen=True, eq=False)
class Embedding:
    """The vectors x [n, d_model] and their lengths [n]; the two different words that are most alike, if there are two.

    `near` are the nearest words of the vector set, a row for each of the pair (or for the first word).
    """

    x: Array
    lengths: Array
    pair: tuple[int, int] | None
    similarity: float
    near: tuple[tuple[Neighbour, ...], ...]


@once
def embedding_of(tour: Tour) -> Embedding:
    """Vectors, lengths, the pair and its neighbours."""
    explanation, x = tour.explanation, tour.explanation.source.inputs.x  # [n, d_model]
    similarities = cosine(x, x)  # [n, n]
    similarities[same_words(explanation)] = -np.inf
    first, second = (int(place) for place in np.unravel_index(similarities.argmax(), similarities.shape))
    best = float(similarities[first, second])
    pair = (min(first, second), max(first, second)) if best > -np.inf else None
    near = tuple(before for before, _ in explanation.neighbours(pair or (0,)))
    return Embedding(x, np.linalg.norm(x, axis=-1), pair, best, near)


def same_words(explanation: Explanation) -> Array:
    """Which two places hold one and the same word, so that their likeness says nothing: boolean [n, n]."""
    words = np.array([token.word for token in explanation.sentence.tokens])
    same: Array = words[:, None] == words[None, :]
    return same


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The table of tokens, and which two words are most alike."""
    value, vectors = embedding_of(tour), tour.explanation.source.vectors
    n, d = value.x.shape
    first = min(FIRST if screen.columns >= NARROW else FIRST // 2, d)
    intro = paragraph(
        screen,
        f"A sentence becomes words, its tokens, here {n}; and each word becomes a vector: {d} numbers, learned from a "
        f"large text so that words that are used alike have similar vectors.",
    )
    head = ["token", f"first {first} of {d} numbers", "length"]
    rows = [
        [name, "  ".join(f"{each:6.2f}" for each in row[:first]) + (" …" if d > first else ""), as_number(length)]
        for name, row, length in zip(names(tour.explanation.sentence, screen), value.x, value.lengths, strict=True)
    ]
    shown = [*table(head, rows[:MOST_ROWS], screen), *rest_of(n, screen)]
    return [intro, shown, [*_alike(tour, screen), *_near(tour, screen, screen.word(vectors.name))]]


def _alike(tour: Tour, screen: Screen) -> Part:
    value, labels = embedding_of(tour), names(tour.explanation.sentence, screen)
    if value.pair is None:
        return paragraph(screen, "There is only one word here, and nothing to compare it with.")
    one, other = (word(labels[place]) for place in value.pair)
    cosine = (" and ", other, ", with a cosine of ", number(as_number(value.similarity)))
    return paragraph(screen, "The most alike here are ", one, *cosine, ".")


def _near(tour: Tour, screen: Screen, name: str) -> Part:
    tokens, pair = tour.explanation.sentence.tokens, embedding_of(tour).pair or (0,)
    lines: Part = []
    for place, near in zip(pair, embedding_of(tour).near, strict=True):
        others = [screen.word(each.text) for each in near if each.text != tokens[place].word][:NEAR]
        shown = word(screen.word(tokens[place].name))
        lines += paragraph(screen, f"Nearest in {name} to ", shown, f": {listed(others)}.")
    return lines


def command(tour: Tour) -> Command:
    """The neighbours of one of the words, anew."""
    first = (embedding_of(tour).pair or (0,))[0]
    return Command("vectors", ("near", tour.explanation.sentence.tokens[first].word))
