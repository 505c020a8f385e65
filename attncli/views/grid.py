"""Drawing a matrix once its layout is chosen: headings, row labels and cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

from attncli.views.fold import Axis
from attncli.views.glyphs import shade
from attncli.views.palette import cell_style
from attncli.views.rounding import as_difference, as_short, as_weight
from attncli.views.screen import Screen, cut, pad
from attncli.views.typeset import DIM, GLUE, line, wrap


@dataclass(frozen=True)
class Grid:
    """What is drawn, in any layout: `shown` hundredths, `strength` of the colour and `hidden` cells, all [n, m]."""

    shown: NDArray[np.int64]
    strength: NDArray[np.floating]
    hidden: NDArray[np.bool_]
    rows: Axis
    columns: Axis
    signed: bool


@dataclass(frozen=True)
class Layout:
    """The width of the row labels, and of each column; `numbered` columns are headed by their places alone."""

    label: int
    widths: tuple[int, ...]
    numbered: bool


def slices(layout: Layout, screen: Screen) -> list[range]:
    """The columns of each block, as many as fit beside the labels."""
    room = max((screen.columns - layout.label - 1) // max(layout.widths), 1) if layout.numbered else len(layout.widths)
    n = len(layout.widths)
    room = -(-n // -(-n // room))  # blocks of one width, as far as possible
    return [range(start, min(start + room, n)) for start in range(0, n, room)]


def body(grid: Grid, layout: Layout, screen: Screen) -> list[Text]:
    """The matrix without its title: headings and rows, block under block."""
    parts = slices(layout, screen)
    lines: list[Text] = []
    for columns in parts:
        if len(parts) > 1:
            lines += [Text()] if columns.start else []
            lines += [line((_which(columns, len(layout.widths)), DIM))]
        lines += _column_words(grid, columns, layout, screen)
        lines += [_header(grid, columns, layout, screen)]
        lines += [_row(grid, row, columns, layout, screen) for row in range(len(grid.rows.words))]
    return lines


def _which(columns: range, total: int) -> str:
    last = columns.stop - 1
    return f"column {last} of {total}" if len(columns) == 1 else f"columns {columns.start}-{last} of {total}"


def _column_words(grid: Grid, columns: range, layout: Layout, screen: Screen) -> list[Text]:
    """What the numbers over the columns stand for, where the row labels do not say it already."""
    if not layout.numbered or grid.columns == grid.rows:
        return []
    words = [(f"  {grid.columns.number(column)}{GLUE}{grid.columns.words[column]}", DIM) for column in columns]
    return wrap([("columns:", DIM), *words], screen.columns, hanging=10)


def _header(grid: Grid, columns: range, layout: Layout, screen: Screen) -> Text:
    header = Text(" " * (layout.label + 1), no_wrap=True)
    for column in columns:
        if layout.numbered:
            header.append(pad(str(grid.columns.firsts[column]), layout.widths[column], "right"), DIM)
        else:
            header.append(pad(grid.columns.headings[column] + " ", layout.widths[column], "right"))
    return header


def row_label(grid: Grid, row: int) -> str:
    """The place and the word of a row: `8 dog`."""
    return f"{grid.rows.number(row):>{grid.rows.number_width}} {grid.rows.words[row]}"


def _row(grid: Grid, row: int, columns: range, layout: Layout, screen: Screen) -> Text:
    label, place = cut(row_label(grid, row), layout.label, screen.own("…")), grid.rows.number_width
    drawn = Text(no_wrap=True)
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
