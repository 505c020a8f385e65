"""The number of columns of panels and the share to which panels shrink, so that a figure fits on paper; in inches."""

from math import ceil
from typing import NamedTuple

from attncli.views.figure.content import Content

WIDEST, HIGHEST = 15.0, 20.0  # a whole figure
GAP, AXIS = 0.28, 0.17  # between panels; for the name of an axis
SHORT_TITLE = 1.1  # inches of a title on a page of a given width; what is cut of longer ones is in the notes
_BESIDE, _TEXTS = 1.9, 2.6  # margins, axis and scale; margins, titles and notes
PAGE_HIGH, MOST_GROWN = 11.0, 1.8  # on a page of a given width: the height, and the growth of panels that fill it


class Wish(NamedTuple):
    """A panel at its preferred size, and the room around it, which does not shrink.

    `above` is the room over each panel, `below` that under each column, `left` that before each line; `titles` are
    at least so wide.
    """

    width: float
    height: float
    titles: float
    above: float
    below: float = 0.0
    left: float = 0.0
    gap: float = GAP  # from a panel to the next one on the line


class Fit(NamedTuple):
    """So many columns on a line, their panels shrunk to this share of the preferred size."""

    across: int
    shrink: float


def fit(content: Content, wish: Wish, fewest: int, most: int) -> Fit:
    """The number of columns on a line that leaves panels largest: lines alike in length, and few of them."""
    n = len(content.columns)
    tried = {ceil(n / ceil(n / limit)) for limit in range(min(fewest, n), min(most, n) + 1)}
    fits = [Fit(across, _shrink(content, wish, across)) for across in tried]
    titles = wish.titles if content.look.width is None else min(wish.titles, SHORT_TITLE)
    narrow = [each for each in fits if _room(content, wish, each.across) >= titles]
    return max(narrow or [min(fits)], key=lambda each: (each.shrink, each.across))


def space(content: Content) -> tuple[float, float]:
    """The width and the height that there are for all panels with the words around them."""
    if content.look.width is None:
        return WIDEST - _BESIDE, HIGHEST - _TEXTS
    return content.look.width - 2 * content.look.margin, PAGE_HIGH - _TEXTS


def _room(content: Content, wish: Wish, across: int) -> float:
    """How wide each of so many panels on a line may be."""
    line = space(content)[0] - AXIS * (wish.left > 0) * (content.look.width is not None)
    return (line - wish.left + wish.gap) / across - wish.gap


def _shrink(content: Content, wish: Wish, across: int) -> float:
    """The share of its preferred size that a panel has where so many are on a line, at most 1 without a given width."""
    depth = max(map(len, content.columns))
    given = content.look.width is not None
    line = space(content)[1] / ceil(len(content.columns) / across)
    high = (line - wish.below - AXIS) / depth - wish.above - GAP
    wide = max(_room(content, wish, across), 0.05 if given else 0.2)
    return min(MOST_GROWN if given else 1.0, wide / wish.width, max(high, 0.2) / wish.height)
