"""Screen 1: tokens and vectors."""

from attncli.tour.drawn.parts import MOST_ROWS, NARROW, Part, listed, number, paragraph, rest_of, table, word
from attncli.tour.walk import Tour
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

FIRST = 4  # numbers of a vector that are shown
NEAR = 4


def embedding_parts(tour: Tour, screen: Screen) -> list[Part]:
    """The table of tokens, and which two words are most alike."""
    value, vectors = tour.embedding, tour.explanation.vectors
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
    value, labels = tour.embedding, names(tour.explanation.sentence, screen)
    if value.pair is None:
        return paragraph(screen, "There is only one word here, and nothing to compare it with.")
    one, other = (word(labels[place]) for place in value.pair)
    told = (" and ", other, ", with a cosine of ", number(as_number(value.similarity)))
    return paragraph(screen, "The most alike here are ", one, *told, ".")


def _near(tour: Tour, screen: Screen, name: str) -> Part:
    tokens, pair = tour.explanation.sentence.tokens, tour.embedding.pair or (0,)
    lines: Part = []
    for place, near in zip(pair, tour.embedding.near, strict=True):
        others = [screen.word(each.text) for each in near if each.text != tokens[place].word][:NEAR]
        shown = word(screen.word(tokens[place].name))
        lines += paragraph(screen, f"Nearest in {name} to ", shown, f": {listed(others)}.")
    return lines


def embedding_command(tour: Tour) -> tuple[str, ...]:
    """The neighbours of one of the words, anew."""
    first = (tour.embedding.pair or (0,))[0]
    return ("vectors", "near", tour.explanation.sentence.tokens[first].word)
