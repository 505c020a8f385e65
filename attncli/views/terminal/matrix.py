"""A matrix of weights, or of signed differences, as a heat map with numbers, in the best layout that fits.

Tried in order: columns headed by their words; narrow columns headed by the words' places; the same in blocks one under
another; and for what would be too long to read, groups of neighbouring words in place of words. How many lines there
may be does not depend on the width, so that a wider screen never makes a page longer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from attncli.views.rounding import as_short, as_weight, hundredths
from attncli.views.screen import Screen, cells
from attncli.views.terminal.grid import Axis, Grid, Layout, body, column_words, fold, slices
from attncli.views.terminal.typeset import BOLD, Block, wrap

MOST_LINES = 180  # of all the matrices of a page
OVERHEAD = 3  # lines of a matrix that are not rows: its title, its columns' headings, and an empty one
MOST_GROUPS = 60  # a side, before neighbouring words are pooled
STRONGEST_DIFFERENCE = 0.3  # a difference of this size has the full colour


@dataclass(frozen=True)
class Matrix:
    """[n_query, n_key] weights, or differences of weights if `signed`, and the words along its sides, as typed.

    `hidden` cells, those that a mask takes away, are drawn as a dot, which is not a weight of 0.00; `marked` ones have
    a star. unit: of signed numbers that are shares of a sum, which they are drawn in, up to the largest; None: others.
    """

    weights: NDArray[np.floating]
    hidden: NDArray[np.bool_]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    title: str = ""
    signed: bool = False
    marked: NDArray[np.bool_] | None = None
    unit: float | None = None


def matrix_lines(matrix: Matrix, screen: Screen, most_lines: int = MOST_LINES) -> Block:
    """One matrix over the width of the screen; the block's notes say what was cut, pooled or abbreviated."""
    grid, layout = _fit(matrix, screen, most_lines)
    words = column_words(grid, screen) if layout.numbered else []
    return Block([*title_lines(matrix, screen), *words, *body(grid, layout, screen)], notes_on(grid, layout, screen))


def most_rows(most_lines: int) -> int:
    """The number of rows of a matrix of `most_lines`."""
    return min(MOST_GROUPS, most_lines - OVERHEAD)


def whole_grid(matrix: Matrix, screen: Screen) -> Grid:
    """The matrix with every word a row and a column of its own, for a screen that shows a window of it."""
    return _grid(matrix, screen, _every(matrix.rows, screen), _every(matrix.columns, screen))


def _every(words: tuple[str, ...], screen: Screen) -> Axis:
    return Axis(tuple(map(screen.word, words)), len(words))


def pooled_grid(matrix: Matrix, screen: Screen, most: int, most_columns: int | None = None) -> Grid:
    """The matrix with at most `most` rows; `most_columns` may pool the columns further."""
    rows = Axis.of(tuple(map(screen.word, matrix.rows)), most)
    columns = Axis.of(tuple(map(screen.word, matrix.columns)), most if rows.pooled else MOST_GROUPS)
    if most_columns is not None and columns.groups > most_columns:
        columns = Axis(columns.words, most_columns)
    return _grid(matrix, screen, rows, columns)


def _grid(matrix: Matrix, screen: Screen, rows: Axis, columns: Axis) -> Grid:
    unseen = fold((~matrix.hidden).astype(float), rows, columns) == 0  # [rows.groups, columns.groups]
    folded = fold(np.nan_to_num(matrix.weights), rows, columns)  # [rows.groups, columns.groups]
    if matrix.unit is not None:
        folded = folded * rows.lengths[:, None] / (100 * matrix.unit)
    shown = hundredths(folded)  # [rows.groups, columns.groups]
    marked = None if matrix.marked is None else fold(matrix.marked.astype(float), rows, columns) > 0
    strength, summed = _strength(shown, matrix, screen), matrix.unit is not None
    return Grid(shown, strength, unseen, rows, columns, matrix.signed, marked, summed)


def _strength(shown: NDArray[np.int64], matrix: Matrix, screen: Screen) -> NDArray[np.floating]:
    """How much of the full colour each cell has: 0 … 1, or −1 … 1 for differences and shares of a sum, [n, m]."""
    if matrix.signed:
        most = 100 * STRONGEST_DIFFERENCE if matrix.unit is None else max(int(np.abs(shown).max(initial=0)), 1)
        return np.asarray((shown / most).clip(-1, 1))
    full = max(100, int(shown.max(initial=0)))  # lengths, which --combine norm gives, may exceed 1
    strongest = np.maximum(shown.max(axis=1, keepdims=True), 1) if screen.scale == "row" else full  # [n, 1]
    return np.asarray((shown / strongest).clip(0, 1))


def _fit(matrix: Matrix, screen: Screen, most_lines: int) -> tuple[Grid, Layout]:
    """The best layout, with the columns pooled as far as the lines demand it."""
    grid = pooled_grid(matrix, screen, most_rows(most_lines))
    layout = with_words(grid, screen) or with_numbers(grid, screen)
    blocks = max((most_lines - 1) // (grid.rows.groups + OVERHEAD), 1)
    if len(slices(layout, screen)) > blocks:
        widest = _narrowest(grid) + matrix.signed  # pooling may make a difference as long as `+100`
        most_columns = blocks * max((screen.columns - layout.label - 1) // widest, 1)
        grid = pooled_grid(matrix, screen, most_rows(most_lines), most_columns)
        layout = with_numbers(grid, screen)
    return grid, layout


def with_words(grid: Grid, screen: Screen) -> Layout | None:
    """Columns headed by words, alike in width if that fits, else each as wide as its word."""
    number = max(len(as_weight(grid.largest)) + 1, 5)
    words = [max(cells(word), number + (not screen.coloured)) + 2 for word in grid.columns.headings]
    for widths in ([max(words)] * len(words), words):
        if not grid.columns.pooled and grid.longest_label + 1 + sum(widths) <= screen.columns:
            return Layout(grid.longest_label, tuple(widths), numbered=False)
    return None


def with_numbers(grid: Grid, screen: Screen) -> Layout:
    """Columns as narrow as their numbers, headed by places."""
    label = min(grid.longest_label, max(shortest_label(grid), screen.columns // 4))
    return Layout(label, cell_widths(grid), numbered=True)


def shortest_label(grid: Grid) -> int:
    """The least width of row labels: the place and a few letters."""
    return min(grid.longest_label, grid.rows.number_width + 5)


def cell_widths(grid: Grid) -> tuple[int, ...]:
    """The narrowest columns that keep the numbers, with their sign, and the places above them apart."""
    longest_difference = len(f"{np.abs(grid.shown).max(initial=0):+}") + 1 if grid.signed else 4
    return (max(_narrowest(grid), longest_difference),) * grid.columns.groups


def _narrowest(grid: Grid) -> int:
    return max(4, len(as_short(grid.largest)) + 1, len(str(len(grid.columns.words))) + 1)


def title_lines(matrix: Matrix, screen: Screen) -> list[Text]:
    """The matrix's name, if it has one."""
    return wrap([(screen.word(matrix.title), BOLD)], screen.columns) if matrix.title else []


def notes_on(grid: Grid, layout: Layout, screen: Screen) -> tuple[str, ...]:
    """The notes on this layout."""
    return tuple(map(screen.own, _notes(grid, layout)))


def _notes(grid: Grid, layout: Layout) -> Iterator[str]:
    if grid.rows.pooled or grid.columns.pooled:
        pooled = f"one cell = {grid.rows.sizes} × {grid.columns.sizes} words"
        how = "summed" if grid.summed else "summed over columns and averaged over rows"
        has_close_up = grid.marked is None and not grid.summed
        closer = "; one word's: attn explain --word N" if has_close_up else ""
        yield f"folded: {pooled}, {how}; every single {'one' if grid.summed else 'weight'}: --json{closer}"
    if 0 < layout.label < grid.longest_label:
        yield "words that end in … are cut in the matrix; a wider terminal or --json shows them whole"
    if grid.hidden.any():
        yield "a · stands where the mask lets nothing be seen"


def stacked(blocks: Iterable[Block]) -> Block:
    """Blocks one under another, with an empty line between them."""
    drawn = list(blocks)
    lines = [text for block in drawn for text in (*block.lines, Text())][:-1]
    return Block(lines, tuple(note for block in drawn for note in block.notes))
