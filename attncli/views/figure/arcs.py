"""Arcs between words: over the line to words before, under it to words after; straight to those of another sentence.

The width and the opacity of an arc say how large its weight is; of signed numbers hue and dashes say the sign.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.extras import package
from attncli.views.figure.arc_choice import chosen_arcs, reach, threshold
from attncli.views.figure.content import Content, Panel
from attncli.views.figure.frame import Frame, arc_rise
from attncli.views.figure.measure import NEEDED_FOR
from attncli.views.palette import HUES

INK = (0, 34 / 255, 78 / 255)  # the dark end of cividis
UNLINKED = "#5a606a"
_THINNEST, _THICKEST, _FAINTEST = 0.25, 3.5, 0.12
_THINNEST_LINK, _FAINTEST_LINK = 1.0, 0.6
MORE, LESS = 1, 0  # the hues of positive and of negative numbers
_DASHES = (0, (2, 1))
Point = tuple[float, float]
Colour = tuple[float, float, float]


class Line(NamedTuple):
    """The line of words: the middle of each [n], and the heights where arcs over and under it begin."""

    places: Array
    over: float
    under: float


class Stroke(NamedTuple):
    """The look of an arc: its width in points, its colour with its opacity, and its dashes."""

    width: float
    colour: tuple[float, float, float, float]
    dashes: Any = "solid"


def stroke(share: float, group: int | None = None, signed: bool = False) -> Stroke:
    """The stroke of an arc with this share of the scale; of a link in a hue, of a signed number in that of its sign."""
    opacity = _FAINTEST + (1 - _FAINTEST) * abs(share)
    width = _THINNEST + (_THICKEST - _THINNEST) * abs(share)
    if group is not None:
        return Stroke(max(width, _THINNEST_LINK), (*_hue(group), max(opacity, _FAINTEST_LINK)))
    if not signed:
        return Stroke(width, (*INK, opacity))
    return Stroke(width, (*_hue(MORE if share > 0 else LESS), opacity), "solid" if share > 0 else _DASHES)


def _hue(group: int) -> Colour:
    red, green, blue = HUES[group % len(HUES)]
    return red / 255, green / 255, blue / 255


def draw_arcs(axes: Any, panel: Panel, content: Content, frame: Frame) -> None:
    """The words of a panel and their arcs; the units of the axes are inches."""
    axes.set(xlim=(0, frame.width), ylim=(0, frame.height))
    queries, keys = _lines(panel, content, frame)
    arcs = chosen_arcs(panel, content)
    of_keys, of_queries = {arc.key: arc.group for arc in arcs}, {arc.query: arc.group for arc in arcs}
    _words(axes, panel.columns, keys, frame, _looks(panel, of_keys, None if content.crossed else content.only))
    if content.crossed:
        _words(axes, panel.rows, queries, frame, _looks(panel, of_queries, content.only))
    curves = [_curve(queries, keys, arc.query, arc.key, content.crossed, frame) for arc in arcs]
    signed = content.scale_of(panel).signed
    _add(axes, curves, [stroke(arc.share, arc.group, signed) for arc in arcs])


def _looks(panel: Panel, groups: Mapping[int, int | None], asked: int | None) -> Callable[[int], dict[str, Any]]:
    """The look of each word: the asked one bold, linked ones in the hue of their group, others dim."""

    def look(index: int) -> dict[str, Any]:
        if panel.links is not None:
            group = groups.get(index)
            return {"color": UNLINKED if group is None else _hue(group)}
        return {"fontweight": "bold"} if index == asked else {}

    return look


def _lines(panel: Panel, content: Content, frame: Frame) -> tuple[Line, Line]:
    """The lines of the queries and of the keys: one, or two with the queries over the keys."""
    n_query, n_key = len(panel.rows), len(panel.columns)
    queries, keys = content.right_to_left
    if content.crossed:
        over = Line(_places(n_query, frame, queries), frame.height, frame.height - frame.below)
        return over, Line(_places(n_key, frame, keys), frame.below, 0)
    line = Line(_places(n_key, frame, queries), frame.under + frame.below, frame.under)
    return line, line


def _places(n: int, frame: Frame, right_to_left: bool) -> Array:
    """The middle of each word [n]; from the right on where a sentence is written so."""
    places = (np.arange(n) + 0.5) * frame.width / n
    return places[::-1] if right_to_left else places


def _words(axes: Any, words: tuple[str, ...], line: Line, frame: Frame, look: Callable[[int], dict[str, Any]]) -> None:
    """The words on their line."""
    how = {"rotation": 90, "rotation_mode": "anchor"} if frame.upright else {}
    for index in range(0, len(words), frame.every):
        place = line.places[index], (line.over + line.under) / 2
        centred = {"ha": "center", "va": "center_baseline", "fontsize": frame.label_size}
        axes.text(*place, words[index], **centred, **how, **look(index))


def _curve(queries: Line, keys: Line, i: int, j: int, crossed: bool, frame: Frame) -> list[Point]:
    """The four points of a Bézier curve from query i to key j."""
    start, end = float(queries.places[i]), float(keys.places[j])
    if crossed:
        half = (queries.under + keys.over) / 2
        return [(start, queries.under), (start, half), (end, half), (end, keys.over)]
    base = keys.over if j <= i else keys.under
    if i == j:
        return _loop(start, base, frame.width / len(keys.places))
    n = len(keys.places)
    high = arc_rise(abs(i - j) / (n - 1), frame.rise) * (1 if j < i else -1)
    return [(start, base), (start, base + 4 / 3 * high), (end, base + 4 / 3 * high), (end, base)]


def _loop(place: float, base: float, pitch: float) -> list[Point]:
    """A small loop over a word, for its weight on itself; no wider than from one word to the next."""
    wide = min(0.26, 1.7 * pitch)
    return [(place, base), (place - wide, base + 0.32), (place + wide, base + 0.32), (place, base)]


def _add(axes: Any, curves: list[list[Point]], strokes: list[Stroke]) -> None:
    path = package("matplotlib.path", NEEDED_FOR).Path
    codes = [path.MOVETO, path.CURVE4, path.CURVE4, path.CURVE4]
    collection = package("matplotlib.collections", NEEDED_FOR).PathCollection(
        [path(curve, codes) for curve in curves],
        facecolors="none",
        linewidths=[each.width for each in strokes],
        edgecolors=[each.colour for each in strokes],
        linestyles=[each.dashes for each in strokes],
        capstyle="round",
        clip_on=False,
    )
    axes.add_collection(collection)


def arc_notes(content: Content) -> Iterator[str]:
    """The notes on the arcs."""
    if content.crossed:
        ways = (" from right to left" * each for each in content.right_to_left)
        above, below = (f"the {name}{way}" for name, way in zip(content.sides, ways, strict=True))
        yield f"above {above}, below {below}"
    else:
        ahead = "; under them: to words after" * (reach(content)[1] > 0)
        yield f"over the words: arcs to words before{ahead}; a loop: a word's weight on itself"
    if any(panel.links is not None for panel in content.panels):
        yield "an arc is a link, the wider the larger its weight; words that share links share a colour"
        return
    left_out = content.scale.colours.at(threshold(content))
    share = " of the row's largest" * content.scale.by_row
    if content.scale.signed:
        yield f"dashed: below 0; shares within ±{left_out:.2g}{share} are not drawn"
    else:
        yield f"weights below {left_out:.2g}{share} are not drawn"
    if any(panel.hidden.any() for panel in content.panels):
        yield "what the mask hides has no arc"
