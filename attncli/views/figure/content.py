"""The content of a figure, before anything is drawn: its titles, its panels and its notes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from attncli.arrays import Array
from attncli.views.scale import FIXED, ColorScale, color_scale
from attncli.views.screen import Screen, cut

Kind = Literal["heat", "arcs"]
LONGEST_LABEL = 24  # cells of a word along a side
PAPER = Screen()  # the screen for which the user's text is escaped


@dataclass(frozen=True)
class Look:
    """The form of a figure: its width in inches, None for the one it needs; whether its cells have numbers.

    `bare` it has no title and no notes; above `most_cells` in all maps they are the pixels of an image.
    """

    width: float | None = None
    bare: bool = False
    numbers: bool = True
    most_cells: int = 12_000

    @property
    def margin(self) -> float:
        """Inches around the figure: on a page of a given width next to none."""
        return 0.2 if self.width is None else 0.04


AS_NEEDED = Look()


class Figure(ABC):
    """A figure: a title, a line under it, and something drawn."""

    title: str
    what: str
    look: Look

    @abstractmethod
    def texts(self) -> Iterator[str]:
        """Every text that may hold other people's words."""

    @abstractmethod
    def rewritten(self, change: Callable[[str], str]) -> Self:
        """With each of these texts changed."""

    def looking(self, look: Look) -> Self:
        """In this form."""
        return replace(self, look=look)  # type: ignore[type-var]  # every figure is a dataclass

    @abstractmethod
    def draw(self, kind: Kind) -> Any:
        """It as matplotlib's figure."""

    @property
    def largest_share(self) -> float | None:
        """How much of its scale it uses; None without a scale that could be another."""
        return None


@dataclass(frozen=True, eq=False)
class Panel:
    """One matrix of weights, or of other numbers, [n_row, n_column], and the labels of its sides.

    `hidden` cells, those that a mask takes away, are not weights of 0; numbers have so many `decimals`. scale: its own;
    None: that of the whole figure. texts
    [n_row][n_column]: those of the cells in the place of numbers. links: pairs of a row and a column that are marked,
    and the only ones with an arc; None where every weight may have one.
    """

    title: str
    weights: Array
    hidden: NDArray[np.bool_]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    caption: str = ""  # a second line under the title
    decimals: int = 2
    texts: tuple[tuple[str, ...], ...] = ()
    links: tuple[tuple[int, int], ...] | None = None
    scale: "Scale | None" = None


@dataclass(frozen=True)
class Scale:
    """The scale of colours, widths and opacities, with its label.

    unit: of signed numbers, which are written whole; note: for readers.
    """

    label: str
    colours: ColorScale = FIXED
    unit: float = 0.01
    note: str = ""

    @property
    def by_row(self) -> bool:
        """Whether each row has a scale of its own."""
        return self.colours.name == "row"

    @property
    def signed(self) -> bool:
        """Whether it runs both ways from 0."""
        return self.colours.signed

    def shares(self, weights: Array) -> Array:
        """How much of the scale each weight [n_row, n_column] takes, 0 to 1, or −1 to 1."""
        return self.colours.shares(weights)


@dataclass(frozen=True)
class Grid:
    """Panels in rows and columns with names of their own: layers and heads."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    axes: tuple[str, str] = ("layer", "head")


@dataclass(frozen=True)
class Content(Figure):
    """A figure: the sentence and the settings, columns of panels one under another, the axes' names, notes.

    `only` is the one query whose arcs are drawn; `right_to_left`: how the words of queries, and of keys, run in arcs.
    """

    title: str
    what: str
    columns: tuple[tuple[Panel, ...], ...]
    scale: Scale
    notes: tuple[str, ...] = ()
    axes: tuple[str, str] = ("query", "key")
    sides: tuple[str, str] = ("queries", "keys")
    only: int | None = None
    crossed: bool = False  # the columns come from another sentence than the rows
    across: int = 0  # how many panels belong on a line, if it matters
    right_to_left: tuple[bool, bool] = (False, False)
    hatched: str = "hidden by the mask"  # the meaning of hidden cells
    grid: "Grid | None" = None  # the rows and columns that the panels themselves stand in
    look: Look = AS_NEEDED

    @property
    def panels(self) -> list[Panel]:
        """Every panel, column by column."""
        return [panel for column in self.columns for panel in column]

    @property
    def largest_share(self) -> float | None:
        """How much of the scale the largest weight takes; None where rows have scales of their own."""
        if self.scale.by_row:
            return None
        drawn = [panel.weights for panel in self.panels if panel.scale is None]
        return max(float(np.abs(self.scale.shares(weights)).max()) for weights in drawn)

    @property
    def other_scale(self) -> Scale | None:
        """The scale of panels that have one of their own."""
        return next((panel.scale for panel in self.panels if panel.scale is not None), None)

    def scale_of(self, panel: Panel) -> Scale:
        """The scale of a panel: its own, or that of the figure."""
        return panel.scale or self.scale

    def texts(self) -> Iterator[str]:
        """Every text that may hold other people's words."""
        yield from (self.title, self.what, *self.notes)
        for panel in self.panels:
            yield from (panel.title, panel.caption, *panel.rows, *panel.columns, *chain(*panel.texts))

    def rewritten(self, change: Callable[[str], str]) -> "Content":
        """With each of these texts changed; words along the sides stay short enough for their place."""

        def side(words: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cut(change(word), 2 * LONGEST_LABEL) for word in words)

        def panel_of(panel: Panel) -> Panel:
            title, caption = change(panel.title), change(panel.caption)
            rows, columns, cells = side(panel.rows), side(panel.columns), tuple(map(side, panel.texts))
            return replace(panel, title=title, caption=caption, rows=rows, columns=columns, texts=cells)

        return replace(
            self,
            title=change(self.title),
            what=change(self.what),
            notes=tuple(map(change, self.notes)),
            columns=tuple(tuple(map(panel_of, column)) for column in self.columns),
        )

    def draw(self, kind: Kind) -> Any:
        """Its panels as heat maps or arcs, on matplotlib's figure."""
        from attncli.views.figure.drawing import draw  # which draws contents

        return draw(self, kind)


def weights_scale(label: str, name: str, panels: Sequence[Panel], *, crossed: bool = False) -> Scale:
    """The scale of this name over the numbers of all panels, one of which is called as the label."""
    hidden, what = [panel.hidden for panel in panels], label.removeprefix("attention ")
    colours = color_scale(name, [panel.weights for panel in panels], crossed=crossed, hidden=hidden, what=what)
    return Scale(f"share of the row's largest {what}" if name == "row" else label, colours)


def labels(texts: Sequence[str]) -> tuple[str, ...]:
    """Words along a side: visible, and cut where they are very long."""
    return tuple(cut(PAPER.word(text), LONGEST_LABEL) for text in texts)


def cut_note(texts: Sequence[str]) -> tuple[str, ...]:
    """The note that belongs to labels that were cut."""
    cut_down = any(PAPER.word(text) != label for text, label in zip(texts, labels(texts), strict=True))
    return ("words that end in … are cut",) if cut_down else ()
