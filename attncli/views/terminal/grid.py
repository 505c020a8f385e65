"""Drawing a matrix once its layout is chosen: headings, row labels and cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

from attncli.views.palette import cell_style
from attncli.views.rounding import as_difference, as_short, as_weight
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.fold import Axis
from attncli.views.terminal.glyphs import shade
from attncli.views.terminal.typeset import DIM, GLUE, wrap


@dataclass(frozen=True)
class Grid:
    """What is drawn, in any layout: `shown` hundredths, `strength` of the colour and `hidden` cells, all [n, m]."""

    shown: NDArray[np.int64]
    strength: NDArray[np.floating]
    hidden: NDArray[np.bool_]
    rows: Axis
    columns: Axis
    signed: bool

    @property
    def longest_label(self) -> int:
        """The cells of the widest row label."""
        return max(cells(self.rows.label(row)) for row in range(self.rows.groups))

    @property
    def largest(self) -> int:
        """The largest number, in hundredths."""
        return int(self.shown.max(initial=0))


@dataclass(frozen=True)
class Layout:
    """The width of the row labels (0: none), and of each column; `numbered` columns are headed by places alone."""

    label: int
    widths: tuple[int, ...]
    numbered: bool


def slices(layout: Layout, screen: Screen) -> list[range]:
    """The columns of each block, as many as fit beside the labels."""
    n, room = len(layout.widths), len(layout.widths)
    if layout.numbered:
        room = min(n, max((screen.columns - layout.label - 1) // max(layout.widths), 1))
    room = -(-n // -(-n // room))  # blocks of one width, as far as possible
    return [range(start, min(start + room, n)) for start in range(0, n, room)]


def body(grid: Grid, layout: Layout, screen: Screen) -> list[Text]:
    """The matrix without its title: headings and rows, block under block."""
    parts = slices(layout, screen)
    lines: list[Text] = []
    for columns in parts:
        if len(parts) > 1:
            lines += [Text()] if columns.start else []
            lines += wrap([(_which(grid.columns, columns), DIM)], screen.columns)
        lines += [header_line(grid, columns, layout)]
        lines += [row_line(grid, row, columns, layout, screen) for row in range(grid.rows.groups)]
    return lines


def _which(axis: Axis, columns: range) -> str:
    first = axis.firsts[columns.start]
    last = axis.firsts[columns.stop] - 1 if columns.stop < axis.groups else len(axis.words) - 1
    which = f"column {last}" if first == last else f"columns {first}-{last}"
    return f"{which} of {len(axis.words)}"


def column_words(grid: Grid, screen: Screen) -> list[Text]:
    """What the numbers over the columns stand for, where the row labels do not say it already."""
    axis = grid.columns
    if axis.words == grid.rows.words:
        return []
    words = [(f"  {axis.number(column)}{GLUE}{axis.words[axis.firsts[column]]}", DIM) for column in range(axis.groups)]
    return wrap([("columns:", DIM), *words], screen.columns, hanging=10)


def header_line(grid: Grid, columns: range, layout: Layout) -> Text:
    """The words or places over the given columns."""
    header = Text(" " * (layout.label + (layout.label > 0)), no_wrap=True)
    for column in columns:
        if layout.numbered:
            header.append(pad(str(grid.columns.firsts[column]), layout.widths[column], "right"), DIM)
        else:
            header.append(pad(grid.columns.headings[column] + " ", layout.widths[column], "right"))
    return header


def row_line(grid: Grid, row: int, columns: range, layout: Layout, screen: Screen) -> Text:
    """One row: its label, and its cells in the given columns."""
    drawn = Text(no_wrap=True)
    if layout.label:
        label, place = cut(grid.rows.label(row), layout.label, screen.own("…")), grid.rows.number_width
        drawn.append(label[:place], DIM)
        drawn.append(pad(label, layout.label + 1)[place:])
    for column in columns:
        text, style = _cell(grid, row, column, layout, screen)
        drawn.append(text, style)
    return drawn


def _cell(grid: Grid, row: int, column: int, layout: Layout, screen: Screen) -> tuple[str, str | Style]:
    """A cell's text, filled to its column's width, and its style; wide cells end in a space."""
    width, end = layout.widths[column], "" if layout.numbered else " "
    if grid.hidden[row, column]:
        return pad(screen.own("·") + end, width, "right"), DIM
    value, strength = int(grid.shown[row, column]), float(grid.strength[row, column])
    spell = as_difference if grid.signed else as_short if layout.numbered else as_weight
    number = spell(value)
    if screen.coloured:
        return pad(number + end, width, "right"), cell_style(round(strength, 2), screen.colours, grid.signed)
    glyph = shade(strength, screen) if len(number) < width and not grid.signed else ""
    return pad(glyph + number + end, width, "right"), DIM if value == 0 else ""
