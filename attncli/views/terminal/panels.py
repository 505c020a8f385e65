"""Several matrices side by side, with the row labels of the first for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.grid import Grid, Layout, body, column_words
from attncli.views.terminal.matrix import (
    Matrix,
    cell_widths,
    matrix_lines,
    most_rows,
    noted,
    pooled_grid,
    shortest_label,
    stacked,
)
from attncli.views.terminal.typeset import BOLD, GAP, Block, beside, line


@dataclass(frozen=True)
class Panel:
    """One matrix of several on a line, with numbers over its columns."""

    title: str
    grid: Grid

    @classmethod
    def of(cls, matrix: Matrix, screen: Screen, most_lines: int) -> "Panel":
        """The matrix in at most `most_lines` lines."""
        return cls(screen.word(matrix.title), pooled_grid(matrix, screen, most_rows(most_lines)))

    @property
    def width(self) -> int:
        """The cells it takes without row labels."""
        return max(sum(cell_widths(self.grid)), cells(self.title))

    def block(self, label: int, width: int, screen: Screen) -> Block:
        """The panel in `width` cells, and row labels before it unless `label` is 0."""
        layout = Layout(label, cell_widths(self.grid), numbered=True)
        title = line((" " * (label + (label > 0)), ""), (pad(self.title, width), BOLD))
        return noted([title, *body(self.grid, layout, screen)], self.grid, layout, screen)


def panels_in_rows(matrices: Sequence[Matrix], screen: Screen, most_lines: int) -> Block:
    """The matrices in rows, as many side by side as the screen holds; each takes at most `most_lines`."""
    panels = [Panel.of(matrix, screen, most_lines) for matrix in matrices]
    for across in range(len(panels), 1, -1):
        rows = [panels[start : start + across] for start in range(0, len(panels), across)]
        if drawn := _draw(rows, screen, may_cut=across == 2):  # two beside another are worth cutting their labels
            return drawn
    return stacked(matrix_lines(matrix, screen, most_lines) for matrix in matrices)


def side_by_side(rows: Sequence[Sequence[Matrix]], screen: Screen, most_lines: int) -> Block | None:
    """Each row of matrices on a line of its own, its columns level; None if the screen is too narrow for that."""
    return _draw([[Panel.of(matrix, screen, most_lines) for matrix in row] for row in rows], screen, may_cut=True)


def _draw(rows: Sequence[Sequence[Panel]], screen: Screen, may_cut: bool) -> Block | None:
    first, across = rows[0][0].grid, len(rows[0])
    width = max(panel.width for row in rows for panel in row)
    label = min(first.longest_label, screen.columns - across * (width + 1))
    if label < (shortest_label(first) if may_cut else first.longest_label):
        return None
    gap = min(GAP, 1 + (screen.columns - label - across * (width + 1)) // max(across - 1, 1))
    words = column_words(first, screen)
    lines = [_line(row, label, width, gap, screen) for row in rows]
    return stacked([*([Block(words)] if words else []), *lines])


def _line(row: Sequence[Panel], label: int, width: int, gap: int, screen: Screen) -> Block:
    return beside([panel.block(0 if place else label, width, screen) for place, panel in enumerate(row)], gap)
