"""The scale beside the panels: a colour bar, or the widths of arcs."""

import numpy as np

from attncli.extras import package
from attncli.views.figure.arcs import stroke
from attncli.views.figure.content import Scale
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.heat import SEAM, colours
from attncli.views.figure.measure import NEEDED_FOR, wrapped
from attncli.views.figure.page import Page

WIDTH, BAR, KEY = 1.0, 0.95, 1.5  # inches that a legend takes; the heights of a colour bar, at least, and of a key
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
        width, colour, dashes = stroke(share, signed=scale.signed)
        at = _STEP * (place + 0.5)
        line = package("matplotlib.lines", NEEDED_FOR).Line2D
        how = {"linewidth": width, "color": colour, "linestyle": dashes, "solid_capstyle": "round"}
        axes.add_line(line([0.05, 0.4], [at, at], **how))
        axes.text(0.48, at, tick(share, scale), fontsize=_LABEL, va="center_baseline", ha="left")


def _write_label(page: Page, label: str, left: float, top: float) -> float:
    """The title of the scale; returns the top of the scale itself."""
    for line in wrapped(label, _LABEL, WIDTH * POINTS, 3):
        page.write(left, top, line, _LABEL)
        top += PITCH * _LABEL / POINTS
    return top + 0.06
