"""The size of a figure's panels, words and numbers; lengths in inches, letters in points."""

from itertools import chain
from math import ceil
from typing import NamedTuple

from attncli.views.figure.arc_choice import reach
from attncli.views.figure.content import Content, Grid, Panel, Scale
from attncli.views.figure.fitting import AXIS, GAP, Fit, Wish, fit, space
from attncli.views.figure.measure import width, wrapped
from attncli.views.rounding import as_difference

POINTS = 72
MOST_LABELLED = 12  # panels with words along their sides
MOST_NUMBERS = 2500  # in all panels
LABEL, SMALLEST_LABEL, SMALLEST_NUMBER, TITLE, CAPTION = 8.0, 6.0, 6.0, 9.0, 7.0
PITCH = 1.25  # lines of text, in letters
_CELLS = ((10, 0.42), (16, 0.34), (24, 0.28), (40, 0.18), (100, 0.13))  # up to so many words, cells of that side
_WIDEST_CELL, _WIDEST_CELLS = 0.9, 3.2  # inches, of a cell with a word in it, and of all of a row where they are few
_LONGEST_SIDE, _SMALL_SIDE, _SMALL_GAP = 13.0, 1.15, 0.14
_GRID_GAP = 0.1  # of the way from one map of a grid to the next
_LEAST_SHRUNK = 0.5  # of that small side, for the sake of a layer a line
_MOST_SKIPPED = 6  # words for one that is written, where there are several panels


class Frame(NamedTuple):
    """The place of one panel: its own size, and the room for its words and titles; the number on a line.

    `upright` words are set vertically, one in `every` of them is written; size 0 leaves them out.
    """

    width: float
    height: float
    left: float
    below: float
    above: float
    label_size: float
    across: int
    gap: float = GAP  # to the next panel on the line
    number_size: float = 0.0
    upright: bool = False
    every: int = 1
    under: float = 0.0  # the room of the arcs under the words
    rise: float = 0.0  # of an arc from the first word to the last
    titles: float = 0.0  # the room for titles, if they are wider than the panel

    @property
    def labelled(self) -> bool:
        """Whether there are words along the sides."""
        return self.label_size > 0

    def fitting(self, title: str, size: float) -> str:
        """A title or caption as it fits over the panel, ending in … where it is longer."""
        return wrapped(title, size, POINTS * max(self.width, self.titles) + 0.01, 1)[0] if title else ""


def heat_frame(content: Content) -> Frame:
    """The place of a heat map: cells as large as their number, and that of the panels, allows."""
    if content.grid is not None:
        return _gridded(content, content.grid)
    if len(content.panels) > MOST_LABELLED:
        return _titled(content, _small(content), CAPTION)
    frame = _large(content)
    return _titled(content, frame, TITLE if frame.labelled else CAPTION)


def _titled(content: Content, frame: Frame, size: float) -> Frame:
    """With room for the titles; on a page of a given width for as much of them as is there."""
    titles, given = titles_width(content, size), content.look.width
    if given is not None:
        room = given - 2 * content.look.margin - frame.left - AXIS * frame.labelled + frame.gap
        titles = min(titles, room / frame.across - frame.gap)
    return frame._replace(titles=titles)


def _large(content: Content) -> Frame:
    """One of a few heat maps, with words along its sides if they can be read."""
    first = content.panels[0]
    n_row, n_column = first.weights.shape
    across, down = _cell(n_column), _cell(n_row)
    if first.texts:
        across = max(
            across, min(max(_WIDEST_CELL, _WIDEST_CELLS / n_column), _longest_of(content) * LABEL / (0.8 * POINTS))
        )
    wish = Wish(
        across * n_column,
        down * n_row,
        titles_width(content, TITLE),
        _above(content, TITLE),
        below=_longest(first.columns, LABEL),
        left=_longest(first.rows, LABEL),
    )
    fitting = fit(content, wish, fewest=1 if content.look.width else 2, most=MOST_LABELLED)
    return _labelled(content, fitting, across * fitting.shrink, down * fitting.shrink)


def _small(content: Content) -> Frame:
    """One of many maps: a layer a line where they do not become too small by that."""
    shape = content.panels[0].weights.shape
    cell = _SMALL_SIDE / max(shape)
    titles, above = titles_width(content, CAPTION), _above(content, CAPTION)
    wish = Wish(cell * shape[1], cell * shape[0], titles, above, gap=_SMALL_GAP)
    fitting = fit(content, wish, fewest=1 if content.look.width else 2, most=MOST_LABELLED)
    if 1 < content.across <= MOST_LABELLED:
        a_layer = fit(content, wish, content.across, content.across)
        fitting = a_layer if a_layer.shrink > _LEAST_SHRUNK else fitting
    return _bare(content, fitting, cell * fitting.shrink, cell * fitting.shrink)


def _gridded(content: Content, grid: Grid) -> Frame:
    """One of many maps that stand in rows and columns with names."""
    n_row, n_column = content.panels[0].weights.shape
    left, below = _longest(grid.rows, CAPTION), PITCH * CAPTION / POINTS
    wide, high = space(content)
    pitch = min((wide - left - AXIS) / len(grid.columns), (high - below - AXIS) / len(grid.rows))
    pitch = pitch if content.look.width else min(pitch, _SMALL_SIDE + _SMALL_GAP)
    cell = (1 - _GRID_GAP) * pitch / max(n_row, n_column)
    every = ceil(_longest(grid.columns, CAPTION) / pitch)
    gap = _GRID_GAP * pitch
    return Frame(cell * n_column, cell * n_row, left, below, 0.0, 0.0, len(grid.columns), gap=gap, every=every)


def _bare(content: Content, fitting: Fit, across: float, down: float) -> Frame:
    """A map without words and numbers, of cells of this size."""
    n_row, n_column = content.panels[0].weights.shape
    above = _above(content, CAPTION)
    return Frame(across * n_column, down * n_row, 0.0, 0.0, above, 0.0, fitting.across, gap=_SMALL_GAP)


def _labelled(content: Content, fitting: Fit, across: float, down: float) -> Frame:
    """A map with words along its sides, unless hardly one of them would be written."""
    first = content.panels[0]
    n_row, n_column = first.weights.shape
    size = min(LABEL, max(SMALLEST_LABEL, 0.72 * POINTS * min(across, down)))
    every = max(1, ceil(1.15 * size / (POINTS * min(across, down))))
    if every > _MOST_SKIPPED and len(content.panels) > 1:
        return _bare(content, fitting, across, down)
    upright = max(width(word, size) for word in first.columns) > 0.92 * POINTS * across
    below = _longest(first.columns, size) if upright else PITCH * size / POINTS
    return Frame(
        across * n_column,
        down * n_row,
        _longest(first.rows, size),
        below,
        _above(content, TITLE),
        size,
        fitting.across,
        number_size=number_size(content, across, down),
        upright=upright,
        every=every,
    )


def _cell(n: int) -> float:
    return next((cell for most, cell in _CELLS if n <= most), _LONGEST_SIDE / n)


def _longest(words: tuple[str, ...], size: float) -> float:
    return max(width(word, size) for word in words) / POINTS + 0.06


def _above(content: Content, size: float) -> float:
    """The room for titles and captions, if there are any."""
    lines = any(panel.title for panel in content.panels) * size
    lines += any(panel.caption for panel in content.panels) * min(size, CAPTION)
    return PITCH * lines / POINTS + 0.05


def cell_text(panel: Panel, scale: Scale, value: float) -> str:
    """The text of a cell: a weight, or a signed number in units of the scale."""
    return as_difference(round(value / scale.unit)) if scale.signed else f"{value:.{panel.decimals}f}"


def _longest_text(panel: Panel, scale: Scale) -> float:
    """The width of the widest text of a cell, in letters; of numbers of the largest one."""
    extremes = panel.weights.min(initial=0), panel.weights.max(initial=0)
    texts = chain(*panel.texts) if panel.texts else [cell_text(panel, scale, float(each)) for each in extremes]
    return max(width(text, 1) for text in texts)


def _longest_of(content: Content) -> float:
    return max(_longest_text(panel, content.scale_of(panel)) for panel in content.panels)


def number_size(content: Content, across: float, down: float) -> float:
    """How large the numbers can be in such cells; 0 if they would be too small or too many to read."""
    if not content.look.numbers or sum(panel.weights.size for panel in content.panels) > MOST_NUMBERS:
        return 0.0
    size = min(LABEL, 0.8 * POINTS * across / _longest_of(content), 0.7 * POINTS * down)
    return size if size >= SMALLEST_NUMBER else 0.0


_WIDEST_LINE, _HIGHEST_ARC, _LOOP, _CROSSING, _UPRIGHT_PITCH = 11.0, 2.2, 0.28, 1.5, 0.16


def arcs_frame(content: Content) -> Frame:
    """The place of words on a line, or of two sentences on two, and of the arcs between them."""
    first = content.panels[0]
    words = first.rows + first.columns if content.crossed else first.columns
    n = max(len(first.rows), len(first.columns))
    length, band = n * (max(width(word, LABEL) for word in words) + LABEL) / POINTS, 2 * LABEL / POINTS
    upright = length > _WIDEST_LINE or _fit_arcs(content, length, band).shrink < 1
    if upright:
        length, band = min(n * _UPRIGHT_PITCH, _LONGEST_SIDE), _longest(words, LABEL)
    fitting = _fit_arcs(content, length, band)
    every = max(1, ceil(1.15 * LABEL * n / (POINTS * length * fitting.shrink))) if upright else 1
    frame = _arcs_frame(content, fitting, length, band)._replace(upright=upright, every=every)
    return _titled(content, frame, TITLE)


def _fit_arcs(content: Content, length: float, band: float) -> Fit:
    """How lines of words of this length, and the arcs over and under them, fit."""
    over, under = _rises(content, length)
    above = _above(content, TITLE) + _bands(content) * band
    wish = Wish(length, over + under, titles_width(content, TITLE), above)
    return fit(content, wish, fewest=1, most=MOST_LABELLED)


def _arcs_frame(content: Content, fitting: Fit, length: float, band: float) -> Frame:
    over, under = (each * fitting.shrink for each in _rises(content, length))
    height = over + under + _bands(content) * band
    rise = fitting.shrink * _rise(length)
    above = _above(content, TITLE)
    return Frame(length * fitting.shrink, height, 0.0, band, above, LABEL, fitting.across, under=under, rise=rise)


def _bands(content: Content) -> int:
    return 2 if content.crossed else 1


def _rises(content: Content, length: float) -> tuple[float, float]:
    """The room over and under a line of words of this length."""
    if content.crossed:
        return _CROSSING, 0.0
    n = len(content.panels[0].columns)
    over, under = (arc_rise(steps / max(n - 1, 1), _rise(length)) for steps in reach(content))
    return max(over, _LOOP), under


def _rise(length: float) -> float:
    return min(0.42 * length, _HIGHEST_ARC)


def arc_rise(share: float, rise: float) -> float:
    """How high an arc rises over a line of words that spans so much of it, where one over all of it has this rise."""
    return float(rise * share**0.7)


def titles_width(content: Content, size: float) -> float:
    """The width of the widest title or caption."""
    titles = [width(panel.title, size) for panel in content.panels]
    captions = [width(panel.caption, min(size, CAPTION)) for panel in content.panels]
    return max(titles + captions) / POINTS
