"""A matrix drawn as a grid: neighbouring words pooled into groups, headings, row labels and cells."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

from attncli.views.palette import cell_style
from attncli.views.rounding import as_difference, as_short, as_weight
from attncli.views.scale import FIXED, ColorScale
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.typeset import DIM, GLUE, shade, wrap

STRONG = Style(bold=True)
MARK = "*"  # before the number of a marked cell


@dataclass(frozen=True)
class Axis:
    """The words along one side of a matrix, in `groups` groups of neighbours whose sizes differ by one at most."""

    words: tuple[str, ...]
    groups: int

    @classmethod
    def of(cls, words: tuple[str, ...], most: int) -> "Axis":
        """As few words a group as give at most `most` groups, the same number in each as far as possible."""
        size = -(-len(words) // most)
        return cls(words, -(-len(words) // size))

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """Where each group starts."""
        return tuple(group * len(self.words) // self.groups for group in range(self.groups))

    @property
    def pooled(self) -> bool:
        """Whether a group has more than one word."""
        return self.groups < len(self.words)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """How many words each group has: `[groups]`."""
        return np.diff([*self.firsts, len(self.words)])

    @property
    def sizes(self) -> str:
        """How many words a group has: `4`, or `3-4`."""
        sizes = self.lengths
        return "-".join(map(str, sorted({int(sizes.min()), int(sizes.max())})))

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """Each group's first word, with its place behind it where the word occurs twice: `is[1]`, `is[6]`."""
        seen = Counter(word.casefold() for word in self.words)
        firsts = ((i, self.words[i]) for i in self.firsts)
        return tuple(f"{word}[{i}]" if seen[word.casefold()] > 1 else word for i, word in firsts)

    @cached_property
    def number_width(self) -> int:
        """The widest of the numbers, in cells."""
        return max(len(self.number(group)) for group in range(self.groups))

    def number(self, group: int) -> str:
        """The place of a word, or the places of a group: `3`, `17-33`."""
        first, last = self.firsts[group], (group + 1) * len(self.words) // self.groups - 1
        return f"{first}" if first == last else f"{first}-{last}"

    def label(self, group: int) -> str:
        """The place and the word, the places in a column of their own: ` 8 dog`."""
        return f"{self.number(group):>{self.number_width}} {self.words[self.firsts[group]]}"


def fold(values: NDArray[np.floating], rows: Axis, columns: Axis) -> NDArray[np.floating]:
    """Sum [n_query, n_key] over each group of columns, then average over each group of rows.

    The rows of the result [rows.groups, columns.groups] sum to what the pooled rows sum to on average.
    """
    summed = np.add.reduceat(values, columns.firsts, axis=1)  # [n_query, columns.groups]
    pooled = np.add.reduceat(summed, rows.firsts, axis=0)  # [rows.groups, columns.groups]
    return np.asarray(pooled / rows.lengths[:, None])


@dataclass(frozen=True)
class Grid:
    """A matrix in any layout: `shown` hundredths, `strength` of the colour, `hidden` and `marked` cells, all [n, m].

    summed: a cell of a group is the sum of its cells, shown in a unit of their own. scale: that of `strength`.
    strongest, itself: cells that stand out, and that stand back, boolean [n, m]; None: all are alike.
    """

    shown: NDArray[np.int64]
    strength: NDArray[np.floating]
    hidden: NDArray[np.bool_]
    rows: Axis
    columns: Axis
    signed: bool
    marked: NDArray[np.bool_] | None = None
    summed: bool = False
    scale: ColorScale = FIXED
    strongest: NDArray[np.bool_] | None = None
    itself: NDArray[np.bool_] | None = None

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
    """The width of the row labels (0: none), and of each column; `numbered` columns are headed by places alone.

    short: whether numbers are written short; always where columns are numbered.
    """

    label: int
    widths: tuple[int, ...]
    numbered: bool
    short: bool = False

    @property
    def width(self) -> int:
        """The cells of a line."""
        return self.label + (self.label > 0) + sum(self.widths)

    @property
    def end(self) -> str:
        """The end of a cell: a space where there is room for it."""
        return "" if self.numbered or self.short else " "


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
    """The words of the numbers over the columns, where the row labels do not give them already."""
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
            header.append(pad(grid.columns.headings[column] + layout.end, layout.widths[column], "right"))
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
    width, end = layout.widths[column], layout.end
    if grid.hidden[row, column]:
        return pad(screen.own("·") + end, width, "right"), DIM
    value, strength = int(grid.shown[row, column]), float(grid.strength[row, column])
    spell = as_difference if grid.signed else as_weight if end else as_short
    number = spell(value)
    if grid.marked is not None and grid.marked[row, column]:
        number = MARK + number
    if grid.itself is not None and grid.itself[row, column]:
        return pad(number + end, width, "right"), DIM
    bold = STRONG if grid.strongest is not None and grid.strongest[row, column] else Style.null()
    if screen.coloured:
        style = cell_style(round(strength, 2), screen.colours, grid.signed, screen.light)
        return pad(number + end, width, "right"), style + bold
    glyph = shade(strength, screen) if len(number) < width and not grid.signed else ""
    return pad(glyph + number + end, width, "right"), (Style(dim=True) if value == 0 else Style.null()) + bold
