"""Maps of numbers from 0 to 1 under one another: columns in groups, another column beside them, and cells marked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attncli.arrays import Array
from attncli.views.figure import legend
from attncli.views.figure.content import AS_NEEDED, Figure, Kind, Look, Scale
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.heat import SEAM, colours
from attncli.views.figure.measure import width
from attncli.views.figure.page import Page, lines_of
from attncli.views.palette import BLACK, CIVIDIS, ink, interpolate

WHAT, LABEL, SMALLEST = 8.0, 7.0, 6.0  # points
NARROWEST = 6.5  # inches of the whole
WIDEST, HIGHEST, ACROSS, DOWN = 9.0, 15.0, 0.42, 0.16  # inches of all columns, of all rows, and of a cell at most
APART = 0.6  # columns between two groups
GAP, BESIDE, OVER, UNDER = 0.15, 0.62, 0.36, 0.42  # inches: between parts, the column beside, over and under a map
NUMBERED = 0.36  # inches of a cell with a number in it
INK = "#444444"


class Map(NamedTuple):
    """A map: its title, its numbers and its marked cells, both [n_row, n_column], and the text after each row."""

    title: str
    values: Array
    marked: NDArray[np.bool_]
    after: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Grouped(Figure):
    """Maps with the same rows, `beside` [n_row] and columns: the names of the groups, and of the columns in each.

    heads: what stands over the column beside, and over the texts after the rows; axis: the name of the columns.
    """

    title: str
    what: str
    maps: tuple[Map, ...]
    rows: tuple[str, ...]
    beside: Array
    beside_texts: tuple[str, ...]
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    heads: tuple[str, str]
    axis: str
    scale: Scale
    notes: tuple[str, ...] = ()
    look: Look = AS_NEEDED

    def texts(self) -> Iterator[str]:
        """Every text that may hold other people's words."""
        yield from (self.title, self.what, *self.rows, *self.notes)

    def rewritten(self, change: Callable[[str], str]) -> "Grouped":
        """With each of these texts changed."""
        title, what, rows = change(self.title), change(self.what), tuple(map(change, self.rows))
        return replace(self, title=title, what=what, rows=rows, notes=tuple(map(change, self.notes)))

    def draw(self, kind: Kind) -> Any:
        """The maps, on matplotlib's figure."""
        plan = Plan.of(self)
        over, under = lines_of(self, self.notes, plan.whole)
        texts = sum(each.height for each in (*over, *under))
        maps = max(len(self.maps) * plan.pitch, OVER + legend.BAR + GAP)
        page = Page(plan.whole, 2 * self.look.margin + texts + GAP + maps, self.look.margin)
        top = self.look.margin
        for text in over:
            top = page.write_lines(top, text)
        top += GAP
        legend.draw_bar(page, self.scale, plan.scale, top + OVER, max(plan.height, legend.BAR))
        for number, each in enumerate(self.maps):
            _Drawing(self, plan, page, each, top + OVER + number * plan.pitch).draw()
        top += maps
        for text in under:
            top = page.write_lines(top, text)
        return page.figure


class Plan(NamedTuple):
    """The places of the parts, in inches from the left, and the sides of a cell."""

    beside: float
    left: float
    after: float
    scale: float
    across: float
    down: float
    height: float  # of the rows of a map
    whole: float  # the width of the figure

    @classmethod
    def of(cls, figure: Grouped) -> "Plan":
        """Cells as large as there is room for them."""
        n_row, n_column = len(figure.rows), span(len(figure.groups), len(figure.columns))
        down = min(DOWN, HIGHEST / (n_row * len(figure.maps)))
        beside = figure.look.margin + longest(figure.rows) + 0.08
        left = beside + BESIDE + GAP
        said = longest([figure.heads[1], *(text for each in figure.maps for text in each.after)]) + GAP + 0.08
        across, whole = min(ACROSS, WIDEST / n_column), figure.look.width
        if whole is not None:
            across = max(0.02, (whole - left - said - legend.WIDTH - figure.look.margin) / n_column)
        after = left + n_column * across + 0.08
        scale = after - 0.08 + said
        needed = max(scale + legend.WIDTH + figure.look.margin, NARROWEST)
        return cls(beside, left, after, scale, across, down, n_row * down, whole or needed)

    @property
    def pitch(self) -> float:
        """From the top of a map to that of the next one."""
        return OVER + self.height + UNDER


def span(n_group: int, n: int) -> float:
    """The columns of n_group groups of n, with what lies between groups."""
    return n_group * n + (n_group - 1) * APART


def longest(texts: Any) -> float:
    """The width of the widest text in inches."""
    return max((width(text, LABEL) for text in texts), default=0.0) / POINTS


class _Drawing(NamedTuple):
    """A map on its way to the page; `top` is that of its first row."""

    figure: Grouped
    plan: Plan
    page: Page
    map: Map
    top: float

    def draw(self) -> None:
        """The column beside, the groups, the marks, and what is written around them."""
        figure, plan = self.figure, self.plan
        shares = self._shares()  # [n_row, 1 + n_column]
        beside = self._axes(plan.beside, BESIDE, 1.0)
        self._cells(beside, shares[:, :1], 1)
        self._number(beside, shares[:, :1], [[text] for text in figure.beside_texts])
        across = span(len(figure.groups), len(figure.columns))
        axes = self._axes(plan.left, across * plan.across, across)
        self._cells(axes, shares[:, 1:], len(figure.columns))
        if plan.across >= NUMBERED and figure.look.numbers:
            self._number(axes, shares[:, 1:], [[f"{value:.2f}" for value in row] for row in self.map.values])
        self._mark(axes, shares[:, 1:])
        self._write()

    def _shares(self) -> Array:
        """How much of the scale each number takes, the column beside first; by row: of the largest in any map."""
        beside = self.figure.beside[:, None]  # [n_row, 1]
        values: Array = np.concatenate([beside, self.map.values], axis=1)
        if not self.figure.scale.by_row:
            return values
        every = np.concatenate([beside, *(each.values for each in self.figure.maps)], axis=1)
        shares: Array = values / np.maximum(every.max(axis=1, keepdims=True), 1e-12)
        return shares

    def _axes(self, left: float, wide: float, across: float) -> Any:
        axes = self.page.axes(left, self.top, wide, self.plan.height)
        axes.spines[:].set_visible(False)
        axes.set(xlim=(0, across), ylim=(len(self.figure.rows), 0))
        return axes

    def _cells(self, axes: Any, shares: Array, n: int) -> None:
        """The cells, a group of n columns at a time; very many as the pixels of pictures."""
        drawn = {"cmap": colours(False), "vmin": 0.0, "vmax": 1.0}
        n_row, limits = len(shares), axes.get_xlim()
        for group in range(shares.shape[1] // n):
            block, start = shares[:, group * n : (group + 1) * n], group * (n + APART)
            if self.map.values.size * len(self.figure.maps) > self.figure.look.most_cells:
                place = (start, start + n, n_row, 0)
                axes.imshow(block, extent=place, interpolation="none", aspect="auto", **drawn)
            else:
                edges = start + np.arange(n + 1.0)
                axes.pcolormesh(edges, np.arange(n_row + 1.0), block, edgecolors="face", linewidth=SEAM, **drawn)
        axes.set(xlim=limits, ylim=(n_row, 0))

    def _number(self, axes: Any, shares: Array, texts: list[list[str]]) -> None:
        size = min(LABEL, 0.78 * POINTS * self.plan.down)
        if size < SMALLEST:
            return
        for (row, column), share in np.ndenumerate(shares):
            style = {"ha": "center", "va": "center_baseline", "fontsize": size, "color": _inked(float(share))}
            axes.text(self._middle(column), row + 0.5, texts[row][column], **style)

    def _middle(self, column: int) -> float:
        return column + 0.5 + column // len(self.figure.columns) * APART

    def _mark(self, axes: Any, shares: Array) -> None:
        """A dot in each marked cell, in its corner where a number is in it."""
        rows, columns = np.nonzero(self.map.marked)
        side = POINTS * min(self.plan.across, self.plan.down)  # points
        inks = [_inked(float(shares[place])) for place in zip(rows, columns, strict=True)]
        places = [self._middle(int(column)) for column in columns]
        wide = self.plan.across >= NUMBERED
        axes.scatter(
            [place + 0.42 * wide for place in places],
            rows + (0.2 if wide else 0.5),
            s=max(1.0, (0.2 if wide else 0.36) * side) ** 2,
            c=inks,
            linewidths=0,
        )

    def _write(self) -> None:
        """Titles, the names of rows, groups and columns, and the texts after the rows."""
        figure, plan, page = self.figure, self.plan, self.page
        page.write(plan.left, self.top - OVER, self.map.title, WHAT)
        small = {"color": INK}
        named = self.top - PITCH * LABEL / POINTS - 0.02
        page.write(plan.beside + BESIDE / 2, named, figure.heads[0], LABEL, ha="center", **small)
        page.write(plan.after, named, figure.heads[1] * any(self.map.after), LABEL, **small)
        for row, (name, text) in enumerate(zip(figure.rows, self.map.after, strict=True)):
            top = self.top + (row + 0.5) * plan.down - 0.5 * LABEL / POINTS
            page.write(plan.beside - 0.06, top, name, LABEL, ha="right")
            page.write(plan.after, top, text, LABEL)
        self._name_columns()

    def _name_columns(self) -> None:
        figure, plan, page = self.figure, self.plan, self.page
        n, below = len(figure.columns), self.top + plan.height + 0.04
        style: dict[str, Any] = {"ha": "center", "color": INK}
        size = min(LABEL, POINTS * plan.across / max(width(f"{name} ", 1) for name in figure.columns))
        for group, name in enumerate(figure.groups):
            start = plan.left + group * (n + APART) * plan.across
            page.write(start + n * plan.across / 2, below, name, LABEL, **style)
            for at, column in enumerate(figure.columns if size >= SMALLEST else ()):
                page.write(
                    start + (at + 0.5) * plan.across, self.top - PITCH * size / POINTS - 0.02, column, size, **style
                )
        middle = plan.left + span(len(figure.groups), n) * plan.across / 2
        page.write(middle, below + PITCH * LABEL / POINTS, figure.axis, LABEL, **style)


def _inked(share: float) -> str:
    """Black or white, whichever can be read on the colour of a share."""
    return "black" if ink(interpolate(CIVIDIS, share)) == BLACK else "white"
