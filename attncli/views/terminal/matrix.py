"""A matrix of weights, or of signed differences, as a heat map with numbers, in the best layout that fits.

Tried in order: columns headed by their words; narrow columns headed by the words' places; the same in blocks one under
another; and for what would be too long to read, groups of neighbouring words in place of words. How many lines there
may be does not depend on the width, so that a wider screen never makes a page longer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from attncli.views.rounding import as_short, as_weight, hundredths
from attncli.views.scale import ColorScale, color_scale, signed_scale
from attncli.views.screen import Screen, cells
from attncli.views.terminal.grid import Axis, Grid, Layout, body, column_words, fold, slices
from attncli.views.terminal.typeset import BOLD, Block, wrap

MOST_LINES = 180  # of all the matrices of a page
OVERHEAD = 3  # lines of a matrix that are not rows: its title, its columns' headings, and an empty one
MOST_GROUPS = 60  # a side, before neighbouring words are pooled


@dataclass(frozen=True)
class Matrix:
    """[n_query, n_key] weights, or differences of weights if `signed`, and the words along its sides, as typed.

    `hidden` cells, those that a mask takes away, are drawn as a dot, which is not a weight of 0.00; `marked` ones have
    a star. unit: of signed numbers that are shares of a sum, which they are drawn in; None: others. crossed: the
    columns are of another sentence. pointing: whether each row's strongest cell stands out, the diagonal aside, which
    stands back. panels: those of the same picture, this one among them, which share its scale.
    """

    weights: NDArray[np.floating]
    hidden: NDArray[np.bool_]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    title: str = ""
    signed: bool = False
    marked: NDArray[np.bool_] | None = None
    unit: float | None = None
    crossed: bool = False
    pointing: bool = False
    panels: tuple["Matrix", ...] = ()


def together(matrices: Sequence[Matrix]) -> list[Matrix]:
    """The matrices of one picture, whose scale of colours is one."""
    return [replace(each, panels=tuple(matrices)) for each in matrices]


def matrix_lines(matrix: Matrix, screen: Screen, most_lines: int = MOST_LINES) -> Block:
    """One matrix over the width of the screen; the block's notes say what was cut, pooled or abbreviated."""
    grid, layout = _fit(matrix, screen, most_lines)
    words = column_words(grid, screen) if layout.numbered else []
    return noted([*title_lines(matrix, screen), *words, *body(grid, layout, screen)], grid, layout, screen)


def noted(lines: list[Text], grid: Grid, layout: Layout, screen: Screen) -> Block:
    """The lines of a matrix with the notes on them, that on its scale first."""
    said = "".join(map(screen.own, legend(grid, screen)))
    return Block(lines, notes_on(grid, layout, screen), said, grid.rows.pooled or grid.columns.pooled)


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
    folded = _folded(matrix, rows, columns)  # [rows.groups, columns.groups]
    unseen = _unseen(matrix, rows, columns)  # [rows.groups, columns.groups]
    marked = None if matrix.marked is None else fold(matrix.marked.astype(float), rows, columns) > 0
    scale, summed = _scale(matrix, screen, rows, columns), matrix.unit is not None
    shown = hundredths(folded / 100 if summed else folded)  # [rows.groups, columns.groups]
    itself = _itself(matrix, rows, columns) if matrix.pointing else None
    strongest = None if itself is None else _strongest(folded, unseen | itself) & (shown > 0)
    return Grid(
        shown, scale.shares(folded), unseen, rows, columns, matrix.signed, marked, summed, scale, strongest, itself
    )


def _itself(matrix: Matrix, rows: Axis, columns: Axis) -> NDArray[np.bool_]:
    """The cells of a word on itself: [rows.groups, columns.groups]."""
    if matrix.crossed or matrix.weights.shape[0] != matrix.weights.shape[1]:
        return np.zeros((rows.groups, columns.groups), dtype=bool)
    return np.asarray(fold(np.eye(len(rows.words)), rows, columns) > 0)


def _strongest(weights: NDArray[np.floating], aside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest cell of each row, those aside; of a row without weight on others none: [n, m]."""
    others = np.where(aside, 0, weights)  # [n, m]
    return np.asarray((np.arange(weights.shape[1]) == others.argmax(axis=1)[:, None]) & (others > 0))


def _folded(matrix: Matrix, rows: Axis, columns: Axis) -> NDArray[np.floating]:
    """The numbers of the groups, of shares of a sum in their unit: [rows.groups, columns.groups]."""
    folded = fold(np.nan_to_num(matrix.weights), rows, columns)  # [rows.groups, columns.groups]
    return folded if matrix.unit is None else folded * rows.lengths[:, None] / matrix.unit


def _unseen(matrix: Matrix, rows: Axis, columns: Axis) -> NDArray[np.bool_]:
    """The groups of which a mask hides every cell: [rows.groups, columns.groups]."""
    return np.asarray(fold((~matrix.hidden).astype(float), rows, columns) == 0)


def _scale(matrix: Matrix, screen: Screen, rows: Axis, columns: Axis) -> ColorScale:
    """The scale of all panels with numbers of this kind, in groups of the same sizes."""
    panels = [each for each in matrix.panels if each.signed == matrix.signed] or [matrix]
    numbers = [_folded(each, rows, columns) for each in panels]  # each [rows.groups, columns.groups]
    hidden = [_unseen(each, rows, columns) for each in panels]
    if matrix.signed:
        scale = signed_scale(screen.scale, numbers, hidden=hidden, weights=matrix.unit is None)
        return _naming_largest(scale, panels, rows, columns)
    crossed = matrix.crossed or len(rows.words) != len(columns.words)
    own = [] if crossed else [fold(np.eye(len(rows.words)), rows, columns) > 0] * len(panels)
    return color_scale(screen.scale, numbers, crossed=crossed, hidden=hidden, own=own)


def _naming_largest(scale: ColorScale, panels: Sequence[Matrix], rows: Axis, columns: Axis) -> ColorScale:
    """The scale with the words of its largest cell, and its panel if there are several."""
    if scale.cell is None:
        return scale
    panel = f"{panels[scale.cell.panel].title}, " * (len(panels) > 1)
    cell = f"{panel}{rows.headings[scale.cell.row]} → {columns.headings[scale.cell.column]}"
    return scale.naming(cell)


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
    return tuple(map(screen.own, (*legend(grid, screen), *_notes(grid, layout))))


def legend(grid: Grid, screen: Screen) -> Iterator[str]:
    """The scale of its colours, or of its shades, in one line; nothing where numbers alone are drawn."""
    if screen.coloured or not grid.signed:
        yield grid.scale.legend if screen.coloured else grid.scale.legend.replace("colours", "shades", 1)


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
    return Block.joined(lines, drawn)
