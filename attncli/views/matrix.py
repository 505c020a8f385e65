"""A matrix of weights, or of signed differences, as a heat map with numbers, in the best layout that fits.

Tried in order: columns headed by their words; narrow columns headed by the words' places; the same in blocks one under
another; and for what no screen holds, groups of neighbouring words in place of words.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from attncli.views.fold import Axis, fold
from attncli.views.grid import Grid, Layout, body, row_label, slices
from attncli.views.rounding import hundredths
from attncli.views.screen import Screen, cells
from attncli.views.typeset import BOLD, Block, wrap

MOST_WORDS = 120  # a side, before neighbouring words are pooled
MOST_LINES = 1000  # of one matrix in blocks, before neighbouring words are pooled
MOST_GROUPS = 40
STRONGEST_DIFFERENCE = 0.3  # a difference of this size has the full colour


def matrix_lines(
    weights: NDArray[np.floating],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    screen: Screen,
    title: str | None = None,
    *,
    signed: bool = False,
    hidden: NDArray[np.bool_] | None = None,
    compact: bool = False,
) -> Block:
    """Draw [n_query, n_key] `weights`, or differences of weights if `signed`.

    `hidden` cells, those that a mask takes away, are drawn as a dot, which is not a weight of 0.00; `compact` leaves
    out the layout with headings of words. The block's notes say what was cut, pooled or abbreviated.
    """
    rows = Axis(tuple(map(screen.word, row_labels)), len(row_labels))
    columns = Axis(tuple(map(screen.word, column_labels)), len(column_labels))
    hidden = np.zeros(weights.shape, dtype=bool) if hidden is None else hidden  # [n_query, n_key]
    grid = _grid(weights, hidden, rows, columns, screen, signed) if max(weights.shape) <= MOST_WORDS else None
    layout = _layout(grid, compact, screen) if grid else None
    folding = []
    if grid is None or layout is None:
        grid = _folded(weights, hidden, rows, columns, screen, signed)
        layout, folding = _with_numbers(grid, screen), [_folding(grid)]
    said = map(screen.own, [*folding, *_notes(grid, layout)])
    return Block([*_title(title, screen), *body(grid, layout, screen)], tuple(said))


def _grid(
    weights: NDArray[np.floating], hidden: NDArray[np.bool_], rows: Axis, columns: Axis, screen: Screen, signed: bool
) -> Grid:
    shown = hundredths(weights)  # [n, m]
    strength = shown / (100 * STRONGEST_DIFFERENCE) if signed else shown / 100  # [n, m]
    if screen.scale == "row" and not signed:
        strength = strength / np.maximum(strength.max(axis=1, keepdims=True), 0.01)  # [n, m]
    return Grid(shown, strength.clip(-1, 1), hidden, rows, columns, signed)


def _layout(grid: Grid, compact: bool, screen: Screen) -> Layout | None:
    """The best layout that fits; None where its blocks would be too long to read."""
    layout = (None if compact else _with_words(grid, screen)) or _with_numbers(grid, screen)
    blocks = len(slices(layout, screen))
    too_long = blocks > 1 and blocks * (len(grid.rows.words) + 3) > MOST_LINES
    return None if too_long else layout


def _cell_width(columns: Axis, signed: bool) -> int:
    """The narrowest cell: `.61` after a space or a glyph, a difference with its sign as well, or a place."""
    return max(5 if signed else 4, len(str(columns.total)) + 1)


def _with_words(grid: Grid, screen: Screen) -> Layout | None:
    """Columns headed by words, alike in width if that fits, else each as wide as its word."""
    label = max(cells(row_label(grid, row)) for row in range(len(grid.rows.words)))
    words = [max(cells(word), 5 + (grid.signed or not screen.coloured)) + 2 for word in grid.columns.headings]
    for widths in ([max(words)] * len(words), words):
        if label + 1 + sum(widths) <= screen.columns:
            return Layout(label, tuple(widths), numbered=False)
    return None


def _with_numbers(grid: Grid, screen: Screen) -> Layout:
    longest = max(cells(row_label(grid, row)) for row in range(len(grid.rows.words)))
    label = min(longest, _most_label(grid, screen))
    return Layout(label, (_cell_width(grid.columns, grid.signed),) * len(grid.columns.words), numbered=True)


def _most_label(grid: Grid, screen: Screen) -> int:
    """How much of the width the row labels may take: a quarter, but at least a place and a few letters."""
    return max(grid.rows.number_width + 5, screen.columns // 4)


def _folded(
    weights: NDArray[np.floating], hidden: NDArray[np.bool_], rows: Axis, columns: Axis, screen: Screen, signed: bool
) -> Grid:
    """The grid with neighbouring words pooled until it fits one screen."""
    widest = 2 * len(str(rows.total)) + 6  # of a label like `102-118 wor…`
    room = screen.columns - 1 - max(widest, screen.columns // 4)
    most = min(MOST_GROUPS, max(room // _cell_width(columns, signed), 1))
    rows, columns = rows.folded(most), columns.folded(most)
    unseen = fold((~hidden).astype(float), rows, columns) == 0  # [n_row_groups, n_column_groups]
    return _grid(fold(np.nan_to_num(weights), rows, columns), unseen, rows, columns, screen, signed)


def _folding(grid: Grid) -> str:
    pooled = f"one cell = {grid.rows.size} × {grid.columns.size} words"
    return f"folded: {pooled}, summed over columns and averaged over rows; every single weight: --json"


def _title(title: str | None, screen: Screen) -> list[Text]:
    return wrap([(screen.word(title), BOLD)], screen.columns) if title else []


def _notes(grid: Grid, layout: Layout) -> Iterator[str]:
    """What a reader of this layout must know."""
    labels = (row_label(grid, row) for row in range(len(grid.rows.words)))
    if any(cells(label) > layout.label for label in labels):
        yield "words that end in … are cut in the matrix; a wider terminal or --json shows them whole"
    if grid.hidden.any():
        yield "a · stands where the mask lets nothing be seen"
