"""The scale beside the panels: a colour bar, or the widths of arcs."""

from typing import Any

import numpy as np

from attncli.extras import package
from attncli.views.figure.arcs import stroke
from attncli.views.figure.content import Scale
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.heat import SEAM, colours
from attncli.views.figure.measure import NEEDED_FOR, wrapped
from attncli.views.figure.page import Page

WIDTH, BAR, KEY = 1.0, 0.95, 1.5  # inches that a legend takes; the heights of a colour bar, at least, and of a key
UNDER, LONGEST = 0.5, 3.0  # inches: the height of a scale under the panels, and its length at most
_LABEL = 7.0  # points
_BAR, _STEP = 0.13, 0.2  # inches: of a colour bar, and from one line of the key to the next
_SEAMLESS = {"edgecolors": "face", "linewidth": SEAM}
_SHARES = (1.0, 0.5, 0.25, 0.1, 0.03)
_SIGNED = (1.0, 0.5, 0.1, -0.1, -0.5, -1.0)


def draw_bar(page: Page, scale: Scale, left: float, top: float, height: float) -> None:
    """A colour bar from the first colour up, or of differences either way, in equal steps of colour."""
    top = _write_label(page, scale.label, left, top)
    low = -1.0 if scale.signed else 0.0
    height = min(height - 0.3, 3.0)
    axes = page.axes(left, top, _BAR, height)
    edges = np.linspace(low, 1, 65)
    axes.pcolormesh([0, 1], edges, (edges[1:, None] + edges[:-1, None]) / 2, cmap=colours(scale.signed), **_SEAMLESS)
    axes.yaxis.tick_right()
    axes.tick_params(length=2, width=0.5, pad=2)
    ticks = np.linspace(low, 1, 5 if height > 0.8 else 3)
    how = {"fontsize": _LABEL, "va": "center_baseline", "rotation_mode": "anchor"}
    axes.set_yticks(ticks, [tick(float(share), scale) for share in ticks], **how)


def draw_bar_across(page: Page, scale: Scale, left: float, top: float, width: float) -> None:
    """A colour bar from left to right, its label over it."""
    page.write(left, top, wrapped(scale.label, _LABEL, width * POINTS, 1)[0], _LABEL)
    low, inset = (-1.0, 0.26) if scale.signed else (0.0, 0.14)  # half of a number beside each end
    axes = page.axes(left + inset, top + 0.15, width - 2 * inset, 0.09)
    edges = np.linspace(low, 1, 65)
    axes.pcolormesh(edges, [0, 1], (edges[None, 1:] + edges[None, :-1]) / 2, cmap=colours(scale.signed), **_SEAMLESS)
    axes.tick_params(length=2, width=0.5, pad=2)
    ticks = np.linspace(low, 1, 5 if width > 2 else 3)
    axes.set_xticks(ticks, [tick(float(share), scale) for share in ticks], fontsize=_LABEL)


def tick(share: float, scale: Scale) -> str:
    """The number with this share of the full colour, with ≥ where larger ones have it too."""
    value, beyond = scale.colours.at(share), ("≥ " if share > 0 else "≤ ")
    decimals = 2 if scale.colours.at(1) >= 0.2 and scale.colours.name != "log" else 4
    shown = f"{value:+.{decimals}f}" if scale.signed and value else f"{value:.{decimals}f}"
    return beyond * (scale.colours.beyond and abs(share) == 1) + shown


def draw_key(page: Page, scale: Scale, left: float, top: float) -> None:
    """Lines of the widths and opacities of some numbers."""
    top, shares = _write_label(page, scale.label, left, top), _SIGNED if scale.signed else _SHARES
    height = _STEP * len(shares)
    axes = page.axes(left, top, WIDTH, height)
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    for place, share in enumerate(shares):
        _draw_stroke(axes, scale, share, (0.05, 0.4, _STEP * (place + 0.5)))


def draw_key_across(page: Page, scale: Scale, top: float, width: float) -> None:
    """The widths and opacities of some numbers in a line, their label over it."""
    page.write(page.margin, top, wrapped(scale.label, _LABEL, width * POINTS, 1)[0], _LABEL)
    shares = _SIGNED if scale.signed else _SHARES
    axes = page.axes(page.margin, top + 0.15, width, _STEP)
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(_STEP, 0))
    step = min(width / len(shares), 0.9)
    for place, share in enumerate(shares):
        _draw_stroke(axes, scale, share, (place * step, place * step + 0.18, _STEP / 2))


def _draw_stroke(axes: Any, scale: Scale, share: float, place: tuple[float, float, float]) -> None:
    """A line from a place to another, at a height, with its number behind it."""
    start, end, at = place
    width, colour, dashes = stroke(share, signed=scale.signed)
    line = package("matplotlib.lines", NEEDED_FOR).Line2D
    how = {"linewidth": width, "color": colour, "linestyle": dashes, "solid_capstyle": "round"}
    axes.add_line(line([start, end], [at, at], **how))
    axes.text(end + 0.06, at, tick(share, scale), fontsize=_LABEL, va="center_baseline", ha="left")


def _write_label(page: Page, label: str, left: float, top: float) -> float:
    """The title of the scale; returns the top of the scale itself."""
    for line in wrapped(label, _LABEL, WIDTH * POINTS, 3):
        page.write(left, top, line, _LABEL)
        top += PITCH * _LABEL / POINTS
    return top + 0.06
