"""The parts of the tour's screens: paragraphs, tables and maps, each also for screen readers."""

from collections.abc import Iterable, Sequence

import numpy as np
from rich.text import Text

from attncli.analysis.measures import top1
from attncli.arrays import Array
from attncli.views.screen import Screen, cells
from attncli.views.terminal.matrix import Matrix, matrix_lines
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Piece, notes, wrap

Part = list[Text]
Phrase = str | Piece  # the tour's own words, or a piece of the reader's
Cell = str | Text  # of a table: words and numbers, or a picture

MOST_ROWS = 9  # of a table or of sentences for a map, so that 24 lines have room for the text
MAP_LINES = 14
NARROW = 60  # cells; a narrower screen is scrolled anyway, so that its maps may be taller


def paragraph(screen: Screen, *pieces: Phrase) -> Part:
    """Text with the tour's own words as they are, and others, sanitised before, as `word` makes them."""
    lines = wrap([(screen.own(each), "") if isinstance(each, str) else each for each in pieces], screen.columns)
    for line in lines:
        line.no_wrap = False
    return lines


def is_prose(line: Text) -> bool:
    """Whether a line is one of a paragraph, which may be wrapped anew; others are drawn as they are."""
    return line.no_wrap is False


def word(name: str) -> Piece:
    """A word of the sentence, by its sanitised name."""
    return f'"{name}"'.replace(" ", GLUE), BOLD


def number(text: str) -> Piece:
    """A number that the eye should find."""
    return text, BOLD


def table(head: Sequence[Cell], rows: Sequence[Sequence[Cell]], screen: Screen) -> Part:
    """Rows of cells, the first column and pictures to the left, the others to the right.

    Where there is no room for it, and for screen readers, each row is a sentence, without its pictures.
    """
    shown = [[screen.own(cell) if isinstance(cell, str) else cell for cell in row] for row in (head, *rows)]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    if screen.accessible or sum(widths) + 2 * len(widths) > screen.columns:
        return [text for row in shown[1:] for text in _sentence(shown[0], row, screen)]
    left = [at == 0 or any(isinstance(row[at], Text) for row in shown) for at in range(len(widths))]
    return [_row(row, widths, left, DIM if place == 0 else "") for place, row in enumerate(shown)]


def _width(cell: Cell) -> int:
    return cells(cell if isinstance(cell, str) else cell.plain)


def _row(row: Sequence[Cell], widths: Sequence[int], left: Sequence[bool], style: str) -> Text:
    line = Text(style=style, no_wrap=True)
    for cell, width, is_left in zip(row, widths, left, strict=True):
        space = " " * (width - _width(cell))
        line.append("  ").append("" if is_left else space).append(cell).append(space if is_left else "")
    if not isinstance(row[-1], Text):  # the last cells of a picture may be blanks
        line.rstrip()
    return line


def _sentence(head: Sequence[Cell], row: Sequence[Cell], screen: Screen) -> Part:
    values = ", ".join(
        f"{name} {' '.join(value.split())}".strip()
        for name, value in zip(head[1:], row[1:], strict=True)
        if isinstance(value, str) and value
    )
    return wrap([(str(row[0]), BOLD), (f": {values}.", "")], screen.columns, hanging=2)


def weights_map(matrix: Matrix, labels: Sequence[str], screen: Screen, most_lines: int = MAP_LINES) -> Part:
    """A map of weights; for screen readers a sentence a word, as `labels` name them."""
    if screen.accessible:
        return sentences(_weight_sentences(matrix.weights, labels), screen)
    block = matrix_lines(matrix, screen, most_lines if screen.columns >= NARROW else 2 * most_lines)
    return [*block.lines, *notes(block.notes, screen)]


def _weight_sentences(weights: Array, labels: Sequence[str]) -> Iterable[str]:
    """A sentence a word, about weights [n, n]."""
    for place, row in enumerate(weights[:MOST_ROWS]):
        others = np.where(np.arange(len(row)) == place, 0, row)  # [n]
        best = int(top1(others))
        most = f", and of the others most to {labels[best]}, {row[best]:.2f}" if best >= 0 else ""
        yield f"{labels[place]} gives itself {row[place]:.2f}{most}."
    if len(weights) > MOST_ROWS:
        yield f"The last {len(weights) - MOST_ROWS} words are left out."


def sentences(texts: Iterable[str], screen: Screen) -> Part:
    """A line each."""
    return [text for each in texts for text in wrap([(each, "")], screen.columns)]


def rest_of(n: int, screen: Screen, most: int = MOST_ROWS) -> Part:
    """A line about the rows that a table leaves out."""
    return notes([f"{n - most} more of the {n} words are left out here"] if n > most else [], screen)


def listed(names: Iterable[str]) -> str:
    """`a, b, c`."""
    return ", ".join(names)
