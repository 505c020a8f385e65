"""A scatter of two measures of many things, the most of them by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.extras import package
from attncli.views.figure.content import AS_NEEDED, Figure, Kind, Look
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.measure import NEEDED_FOR, width
from attncli.views.figure.page import Page, lines_of

WIDE, HIGH = 5.6, 3.8  # inches of the axes
LEFT, BELOW, RIGHT, GAP = 0.75, 0.5, 1.0, 0.15
WHAT, LABEL = 8.0, 7.0  # points
INK, DOT, LINE = "#444444", "#00336f", "#9a9a9a"
MARKERS = "os^D"


@dataclass(frozen=True, eq=False)
class Scatter(Figure):
    """A point for each of `names`: x and y, each `[points]`; the group of each, whose names are in a key.

    axes: the names of x and y; most: how many points have their names beside them, those furthest from y = 0.
    """

    title: str
    what: str
    x: Array
    y: Array
    names: tuple[str, ...]
    groups: tuple[str, ...]
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()
    most: int = 10
    look: Look = AS_NEEDED

    def texts(self) -> Iterator[str]:
        """Every text that may hold other people's words."""
        yield from (self.title, self.what, *self.notes)

    def rewritten(self, change: Callable[[str], str]) -> "Scatter":
        """With each of these texts changed."""
        notes = tuple(map(change, self.notes))
        return replace(self, title=change(self.title), what=change(self.what), notes=notes)

    def draw(self, kind: Kind) -> Any:
        """The points, on matplotlib's figure; it has no kinds."""
        around = 2 * self.look.margin + LEFT + RIGHT * (len({*self.groups}) > 1)
        across = self.look.width or around + WIDE
        wide = across - around
        over, under = lines_of(self, self.notes, across)
        texts = sum(each.height for each in (*over, *under))
        page = Page(across, 2 * self.look.margin + texts + 2 * GAP + HIGH + BELOW, self.look.margin)
        top = self.look.margin
        for text in over:
            top = page.write_lines(top, text)
        _draw_points(self, page, top + GAP, wide)
        top += 2 * GAP + HIGH + BELOW
        for text in under:
            top = page.write_lines(top, text)
        return page.figure


def _draw_points(scatter: Scatter, page: Page, top: float, wide: float) -> None:
    """The axes with their names, the points by group, the names of some."""
    axes = page.axes(page.margin + LEFT, top, wide, HIGH)
    groups = [*dict.fromkeys(scatter.groups)]
    for group, marker in zip(groups, MARKERS, strict=False):
        chosen = [at for at, each in enumerate(scatter.groups) if each == group]
        look = {"s": 14, "c": DOT, "alpha": 0.55, "linewidths": 0, "label": group}
        axes.scatter(scatter.x[chosen], scatter.y[chosen], marker=marker, **look)
    axes.axhline(0, color=LINE, linewidth=0.6, zorder=0)
    ticks = package("matplotlib.ticker", NEEDED_FOR)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(ticks.MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(ticks.ScalarFormatter())
    axes.tick_params(length=2, width=0.5, pad=2, labelsize=LABEL)
    _name_points(scatter, axes, wide)
    if len(groups) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=LABEL, handletextpad=0.1)
    centred: dict[str, Any] = {"ha": "center", "color": INK}
    page.write(page.margin + LEFT + wide / 2, top + HIGH + 0.3, scatter.axes[0], WHAT, **centred)
    turned = centred | {"rotation": 90, "rotation_mode": "anchor"}
    page.write(page.margin + 0.02, top + HIGH / 2, scatter.axes[1], WHAT, **turned)


def _name_points(scatter: Scatter, axes: Any, wide: float) -> None:
    """The names of some points, right of them or left; one that would lie on another is left out."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float, float]] = []  # from and to, and the height, in inches
    for at in np.argsort(-np.abs(scatter.y), kind="stable")[: scatter.most].tolist():
        x = float((scatter.x[at] - left) / (right - left)) * wide
        y = float((scatter.y[at] - low) / (high - low)) * HIGH
        room = width(scatter.names[at], LABEL) / POINTS
        for start, side in ((x + 0.06, "left"), (x - 0.06 - room, "right")):
            if 0 <= start <= wide - room and not _lies_on(taken, start, start + room, y):
                taken.append((start, start + room, y))
                place = {"xytext": (4 if side == "left" else -4, 0), "textcoords": "offset points"}
                point = (scatter.x[at], scatter.y[at])
                axes.annotate(scatter.names[at], point, fontsize=LABEL, ha=side, va="center_baseline", **place)
                break


def _lies_on(taken: list[tuple[float, float, float]], start: float, end: float, y: float) -> bool:
    height = PITCH * LABEL / POINTS
    return any(start < other_end and other < end and abs(y - at) < height for other, other_end, at in taken)
