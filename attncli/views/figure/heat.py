"""A matrix as a heat map: a cell a pair of words, its number in an ink that can be read on it."""

from typing import Any

import numpy as np

from attncli.extras import package
from attncli.views.figure.content import Content, Panel, Scale
from attncli.views.figure.frame import LABEL, POINTS, Frame, cell_text
from attncli.views.figure.measure import NEEDED_FOR
from attncli.views.palette import CIVIDIS, DIVERGING, RGB, ink, interpolate

_HIDDEN = {"hatch": "//////", "facecolor": "white", "edgecolor": "#9a9a9a", "linewidth": 0}
_EDGE = {"fill": False, "linewidth": 0.4, "edgecolor": "#777777"}
_LEVELS, _INSET = 256, 0.07
SMALLEST_SIGN, SIGNED_FROM = 5.0, 0.1  # points; the share of the full colour from which on a cell has a sign
SEAM = 0.4  # points that cells reach over their edges, lest browsers show the paper between them


def colours(signed: bool) -> Any:
    """The colours of weights, or of differences, for matplotlib."""
    low, anchors = (-1, DIVERGING) if signed else (0, CIVIDIS)
    steps = [interpolate(anchors, value) for value in np.linspace(low, 1, _LEVELS)]
    return package("matplotlib.colors", NEEDED_FOR).ListedColormap(np.array(steps) / 255)


def draw_heat(axes: Any, panel: Panel, content: Content, frame: Frame) -> None:
    """The cells, hatched where a mask hides them, and their numbers where they fit."""
    n_row, n_column = panel.weights.shape
    scale = content.scale_of(panel)
    shares = scale.shares(panel.weights)  # [n_row, n_column]
    if panel.hidden.any():
        axes.patch.set(**_HIDDEN)
    shown = np.ma.masked_array(shares, panel.hidden)
    drawn = {"cmap": colours(scale.signed), "vmin": -1.0 if scale.signed else 0.0, "vmax": 1.0}
    if sum(each.weights.size for each in content.panels) <= content.look.most_cells:
        axes.pcolormesh(shown, edgecolors="face", linewidth=SEAM, **drawn)
    else:
        axes.imshow(shown, extent=(0, n_column, n_row, 0), interpolation="none", aspect="auto", **drawn)
    axes.set(xlim=(0, n_column), ylim=(n_row, 0))
    if frame.number_size:
        _number(axes, panel, scale, frame)
    elif scale.signed:
        _sign(axes, shown, frame)
    _mark_links(axes, panel, shares, frame)


def draw_grid(axes: Any, content: Content, frame: Frame, down: float) -> None:
    """All panels as small maps on one pair of axes in inches, each so far under the one above it."""
    across = frame.width + frame.gap
    rectangle = package("matplotlib.patches", NEEDED_FOR).Rectangle
    whole = sum(panel.weights.size for panel in content.panels) <= content.look.most_cells
    for number, panel in enumerate(content.panels):
        left, top = number % frame.across * across, number // frame.across * down
        shown = np.ma.masked_array(content.scale.shares(panel.weights), panel.hidden)  # [n_row, n_column]
        sides = (left, left + frame.width, top + frame.height, top)
        if panel.hidden.any():
            axes.add_patch(rectangle((left, top), frame.width, frame.height, **_HIDDEN))
        _draw_small(axes, shown, sides, whole)
        axes.add_patch(rectangle((left, top), frame.width, frame.height, **_EDGE))
    n_line = -(-len(content.panels) // frame.across)
    axes.set(xlim=(0, frame.across * across - frame.gap), ylim=(n_line * down - (down - frame.height), 0))


def _draw_small(axes: Any, shown: Any, sides: tuple[float, float, float, float], whole: bool) -> None:
    """One map between these sides, cell by cell or as an image."""
    drawn = {"cmap": colours(False), "vmin": 0.0, "vmax": 1.0}
    if not whole:
        axes.imshow(shown, extent=sides, interpolation="none", aspect="auto", **drawn)
        return
    left, right, foot, top = sides
    across, down = np.linspace(left, right, shown.shape[1] + 1), np.linspace(top, foot, shown.shape[0] + 1)
    axes.pcolormesh(across, down, shown, edgecolors="face", linewidth=SEAM / 2, **drawn)


def _number(axes: Any, panel: Panel, scale: Scale, frame: Frame) -> None:
    anchors, shares = DIVERGING if scale.signed else CIVIDIS, scale.shares(panel.weights)
    centred = {"ha": "center", "va": "center_baseline", "fontsize": frame.number_size}
    for row, column in zip(*np.nonzero(~panel.hidden), strict=True):
        paper = interpolate(anchors, float(shares[row, column]))
        colour = _hex(ink(paper))
        text = panel.texts[row][column] if panel.texts else cell_text(panel, scale, float(panel.weights[row, column]))
        axes.text(column + 0.5, row + 0.5, text, color=colour, **centred)


def _sign(axes: Any, shares: Any, frame: Frame) -> None:
    """A + or − in the cells of large differences, where there is no room for numbers but for a sign."""
    n_row, n_column = shares.shape
    size = min(LABEL, 0.9 * POINTS * min(frame.width / n_column, frame.height / n_row))
    if size < SMALLEST_SIGN:
        return
    for row, column in zip(*np.nonzero(np.abs(shares.filled(0)) >= SIGNED_FROM), strict=True):
        share = float(shares[row, column])
        how = {
            "ha": "center",
            "va": "center_baseline",
            "fontsize": size,
            "color": _hex(ink(interpolate(DIVERGING, share))),
        }
        axes.text(column + 0.5, row + 0.5, "+" if share > 0 else "−", **how)


def _mark_links(axes: Any, panel: Panel, shares: Any, frame: Frame) -> None:
    """A frame inside the cell of each link, in an ink that can be seen on it."""
    rectangle = package("matplotlib.patches", NEEDED_FOR).Rectangle
    width = min(1.2, 5 * frame.width / panel.weights.shape[1])  # points
    for row, column in panel.links or ():
        colour = ink(interpolate(CIVIDIS, float(shares[row, column])))
        place, side = (column + _INSET, row + _INSET), 1 - 2 * _INSET
        axes.add_patch(rectangle(place, side, side, fill=False, edgecolor=_hex(colour), linewidth=width))


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def label_sides(axes: Any, panel: Panel, frame: Frame, rows: bool, columns: bool) -> None:
    """The words along the sides, each at its row or column."""
    axes.tick_params(length=0, pad=2, labelsize=frame.label_size)
    turned = {"rotation": 90, "ha": "right", "va": "center"} if frame.upright else {}
    for axis, words, shown, how in (
        (axes.xaxis, panel.columns, columns, turned),
        (axes.yaxis, panel.rows, rows, {"ha": "right", "va": "center_baseline"}),
    ):
        chosen = range(0, len(words), frame.every) if shown else range(0)
        axis.set_ticks([each + 0.5 for each in chosen], [words[each] for each in chosen], rotation_mode="anchor", **how)
