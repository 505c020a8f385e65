"""A value drawn with matplotlib: one matrix into axes of the user's, or a whole figure as `-o` writes it."""

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from attncli.errors import AttnError, UsageError
from attncli.extras import package
from attncli.settings.figure import KINDS
from attncli.settings.option import check_choice
from attncli.views.figure.arcs import draw_arcs
from attncli.views.figure.content import Content, Figure, Kind, Panel, weights_scale
from attncli.views.figure.fonts import escaped, families
from attncli.views.figure.frame import LABEL, PITCH, POINTS, TITLE, Frame, arcs_frame, heat_frame, number_size
from attncli.views.figure.heat import colours, draw_heat, label_sides
from attncli.views.figure.legend import tick
from attncli.views.figure.measure import NEEDED_FOR
from attncli.views.figure.measure import width as text_width
from attncli.views.figure.saving import check_installed, drawn_figure
from attncli.views.formats import FORMATS, kind_of
from attncli.views.screen import cut

BESIDE, AROUND = 1.9, 1.0  # inches beside and around a map: words, the scale, the title
LONGEST_TITLE = 60  # cells
NO_AXES = "a figure of several parts has its own axes"


def plotted(record: Any, ax: Any, layer: int | None, head: int | None, kind: str) -> Any:
    """The axes of one matrix, or those of a whole figure."""
    chosen: Kind = check_choice("kind", kind, KINDS)  # type: ignore[assignment]  # it is one of them
    check_installed()
    _check_axes(ax)
    figure = _figure(record, layer, head, chosen)
    if isinstance(figure, Content) and len(figure.panels) == 1:
        return _single(figure, ax, chosen)
    if ax is not None:
        raise UsageError(f"expected no axes: {NO_AXES}", "leave ax out, or plot one of its explanations", setting="ax")
    return _whole(figure, chosen)


def _check_axes(ax: Any) -> None:
    """UsageError for anything but one plane of matplotlib, or None."""
    if ax is None or (isinstance(ax, package("matplotlib.axes", NEEDED_FOR).Axes) and ax.name != "3d"):
        return
    many = isinstance(ax, list | tuple | np.ndarray)
    hint = "take one of them: axes[0]" if many else "make some: figure, axes = pyplot.subplots()"
    got = "axes of three dimensions" if getattr(ax, "name", None) == "3d" else f"a value of type {type(ax).__name__}"
    raise UsageError(f"expected axes of matplotlib, got {got}", hint, setting="ax")


def _figure(record: Any, layer: int | None, head: int | None, kind: Kind) -> Figure:
    """The content of the figure; that of an explanation is one head, or the mean of all heads of one layer."""
    name = kind_of(type(record))
    if name not in FORMATS["svg"].views:
        raise AttnError(f"a {name} has no figure", "its numbers: .to_frame()")
    explained = name == "Explanation"
    if not explained and (layer, head) != (None, None):
        which, value = ("layer", layer) if layer is not None else ("head", head)
        raise UsageError(f"expected none: a {name} is drawn whole", setting=which, value=value)
    shown = record.only(layer=layer, head=head) if explained else record
    drawn: Figure = FORMATS["svg"].view(type(record))(shown, kind, "auto")
    if explained and isinstance(drawn, Content) and len(drawn.panels) > 1:
        return _mean(drawn, shown)
    return drawn


def _mean(content: Content, explanation: Any) -> Content:
    """One panel in the place of those of all heads."""
    panels = content.panels
    weights = np.mean([panel.weights for panel in panels], axis=0)  # [n_query, n_key]
    title = f"layer {explanation.layer_numbers[-1]}, mean of {len(panels)} heads"
    panel = replace(panels[0], title=title, caption="", weights=weights)
    scale = weights_scale(content.scale.label, "auto", [panel], crossed=content.crossed)
    return replace(content, columns=((panel,),), grid=None, scale=scale)


def _single(content: Content, ax: Any, kind: Kind) -> Any:
    """The axes with one panel, in fonts that draw its words; no word of others is a formula."""
    found, lacking = families("".join(content.texts()))
    content = content.rewritten(lambda text: escaped(text, lacking))
    panel, scale = content.panels[0], content.scale
    frame = heat_frame(content) if kind == "heat" else arcs_frame(content)
    with package("matplotlib", NEEDED_FOR).rc_context({"text.parse_math": False, "font.family": found}):
        own = ax is None
        ax = _axes(frame, kind) if own else ax
        ax.set_title(cut(_title(content, panel), LONGEST_TITLE), fontsize=TITLE, parse_math=False, fontfamily=found)
        if kind == "arcs":
            ax.set_axis_off()
            draw_arcs(ax, panel, content, frame)
            return ax
        _draw_map(ax, content, panel, frame if own else _fitted(ax, content))
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):  # of ticks that were there before
            label.set(parse_math=False, fontfamily=found)
        if own:
            _draw_scale(ax, scale)
    return ax


def _title(content: Content, panel: Panel) -> str:
    return f"{panel.title}: {content.title}" if panel.title else content.title


def _axes(frame: Frame, kind: Kind) -> Any:
    """New axes that have about the size of the frame."""
    pyplot = package("matplotlib.pyplot", NEEDED_FOR)
    size = (frame.width + frame.left + BESIDE * (kind == "heat"), frame.height + frame.below + AROUND)
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def _fitted(ax: Any, content: Content) -> Frame:
    """The frame of a map that fills axes as they are: numbers and words as they fit."""
    rows, columns = content.panels[0].weights.shape
    box = ax.get_window_extent()
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    across, down = width / columns, height / rows
    words = max(text_width(word, LABEL) for word in content.panels[0].columns) / POINTS  # inches
    every = max(1, ceil(PITCH * LABEL / POINTS / min(across, down)))
    number = number_size(content, across, down)
    return Frame(width, height, 0, 0, 0, LABEL, 1, number_size=number, upright=words > across, every=every)


def _draw_map(ax: Any, content: Content, panel: Panel, frame: Frame) -> None:
    draw_heat(ax, panel, content, frame)
    label_sides(ax, panel, frame, rows=True, columns=True)
    row, column = content.axes
    ax.set_xlabel(column, fontsize=LABEL)
    ax.set_ylabel(row, fontsize=LABEL)


def _draw_scale(ax: Any, scale: Any) -> None:
    """The colours beside a map, with their numbers."""
    low = -1 if scale.signed else 0
    normal = package("matplotlib.colors", NEEDED_FOR).Normalize(low, 1)
    mapped = package("matplotlib.cm", NEEDED_FOR).ScalarMappable(normal, colours(scale.signed))
    bar = ax.figure.colorbar(mapped, ax=ax, shrink=0.8)
    ticks = np.linspace(low, 1, 5)
    bar.set_ticks(ticks, labels=[tick(float(share), scale) for share in ticks], fontsize=LABEL)
    bar.set_label(scale.label, fontsize=LABEL)


def _whole(figure: Figure, kind: Kind) -> Any:
    """The axes of a figure as `-o` draws it, which pyplot knows, so that a notebook shows it."""
    drawn = drawn_figure(figure, kind)
    package("matplotlib.pyplot", NEEDED_FOR).figure(FigureClass=lambda **_: drawn)
    return drawn.axes[0] if len(drawn.axes) == 1 else np.array(drawn.axes)
