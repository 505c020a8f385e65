"""A word alignment on the screen: the links, the matrix of weights with the links marked, and the words without one."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from attncli.recipes.alignment import Alignment
from attncli.settings.wording import Shown, shown_settings
from attncli.text.tokens import Sentence
from attncli.views.rounding import as_weight, hundredths
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.grid import MARK
from attncli.views.terminal.heading import names, sentence_lines, source_shown, title_line, unknown_notes
from attncli.views.terminal.matrix import Matrix, matrix_lines
from attncli.views.terminal.typeset import DIM, Block, blocks_in_rows, heading, line, notes, wrap

MOST_LINKS = 120  # that are listed
ARROW = "→"
HOW = "each row is a source word, its columns the target words; a row sums to 1"


def alignment_lines(alignment: Alignment, screen: Screen) -> list[Text]:
    """The sentences, their links, the matrix, and the words without a partner; none wider than the screen."""
    if screen.accessible:
        return _sentences(alignment, screen)
    matrix = matrix_lines(_matrix(alignment), screen)
    marked = f"; {MARK} is a link" if alignment.links else ""
    parts = [
        title_line("attn align", labelled(alignment, screen), screen),
        [
            *sentence_lines("source   ", alignment.source, screen),
            *sentence_lines("target   ", alignment.target, screen),
        ],
        _links(alignment, screen),
        [*heading("weights", f"{HOW}{marked}", screen), *matrix.lines],
    ]
    lines = [text for part in parts for text in (*part, Text())]
    return [*lines[:-1], *_closing(alignment, matrix.notes, screen)]


def labelled(alignment: Alignment, screen: Screen) -> Iterator[Shown]:
    """The settings, with the vectors or the model behind the rule for links."""
    first, *others = shown_settings(alignment.settings)
    yield first
    yield source_shown(alignment.kind, alignment.name, screen.own(alignment.size))
    yield from others


def _matrix(alignment: Alignment) -> Matrix:
    """The weights with the links marked."""
    marked = np.zeros(alignment.weights.shape, bool)  # [n, m]
    marked[tuple(np.array(alignment.links, dtype=int).reshape(-1, 2).T)] = True
    rows, columns = (tuple(token.label for token in side.tokens) for side in alignment.sentences)
    return Matrix(alignment.weights, np.zeros_like(marked), rows, columns, marked=marked, crossed=True)


def _links(alignment: Alignment, screen: Screen) -> list[Text]:
    """Every link with its weight, side by side."""
    number = len(alignment.links)
    counted = "none" if not number else f"{number}, each with its weight" if number > 1 else "1, with its weight"
    lines = heading("links", counted, screen)
    sources, targets = (names(side, screen) for side in alignment.sentences)
    listed = alignment.links[:MOST_LINKS]
    if not listed:
        return lines
    shown = hundredths(alignment.weights)  # [n, m]
    texts = [f"{sources[i]} {screen.own(ARROW)} {targets[j]}" for i, j in listed]
    weights = [(f"  {as_weight(int(shown[link]))}", DIM) for link in listed]
    width = max(map(cells, texts))
    if width + 6 > screen.columns:
        wrapped = (wrap([(text, ""), weight], screen.columns, 2) for text, weight in zip(texts, weights, strict=True))
        return [*lines, *(row for rows in wrapped for row in rows)]
    blocks = [Block([line((pad(text, width), ""), weight)]) for text, weight in zip(texts, weights, strict=True)]
    return [*lines, *(row for row in blocks_in_rows(blocks, screen).lines if row.plain)]


def notes_of(alignment: Alignment, screen: Screen) -> Iterator[str]:
    """The words without a partner, and the unknown ones."""
    yield from without_partner(alignment, screen)
    for side in alignment.sentences:
        yield from unknown_notes(side, alignment.name, "parts", screen)


def without_partner(alignment: Alignment, screen: Screen) -> Iterator[str]:
    """The words of either side that have no link."""
    for name, side, places in zip(("source", "target"), alignment.sentences, alignment.unlinked, strict=True):
        if places:
            words = names(side, screen)
            yield f"without a partner in the {name}: {', '.join(words[i] for i in places)}"


def _closing(alignment: Alignment, remarks: Sequence[str], screen: Screen) -> list[Text]:
    """The notes and the warnings."""
    left_out = len(alignment.links) - MOST_LINKS
    said = [
        *notes_of(alignment, screen),
        *([f"{left_out} more links are left out here; --json has all"] if left_out > 0 else []),
        *remarks,
        "every number: --json --full",
    ]
    return [Text(), *notes(said, screen), *notes(alignment.warnings, screen, "warning")]


def _sentences(alignment: Alignment, screen: Screen) -> list[Text]:
    """The same in plain sentences, for screen readers."""
    settings = ", ".join(screen.word(each.spoken) for each in labelled(alignment, screen))
    said = [
        f"Word alignment with {settings}.",
        *(f"{name}: {screen.word(side.text)}" for name, side in _named(alignment)),
        *(_linked(alignment, screen)),
    ]
    lines = [text for each in said for text in wrap([(screen.own(each), "")], screen.columns)]
    return [*lines, *_closing(alignment, (), screen)]


def _named(alignment: Alignment) -> Iterator[tuple[str, Sentence]]:
    return zip(("Source", "Target"), alignment.sentences, strict=True)


def _linked(alignment: Alignment, screen: Screen) -> Iterator[str]:
    """A sentence a link."""
    sources, targets = (names(side, screen) for side in alignment.sentences)
    for i, j in alignment.links[:MOST_LINKS]:
        yield f"{sources[i]} is linked to {targets[j]}, weight {alignment.weights[i, j]:.2f}."
    if not alignment.links:
        yield "There are no links."
