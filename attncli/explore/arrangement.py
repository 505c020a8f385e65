"""The arrangement of the panes in the body of the screen: what there is room for, and where."""

from typing import NamedTuple

from attncli.explore import head_map, matrix
from attncli.explore.head_map import shows_map
from attncli.explore.view import View

GAP = 3  # cells between panes side by side
STACKED = 76  # cells; narrower bodies have the ranking below the matrix
LEAST_RANKING, LONGEST_RANKING = 22, 46  # cells
LEAST_BELOW = 9  # lines of a close-up below the matrix
TALL = 40  # lines of a body of which a long matrix gives some to the close-up
LEAST_STEPS, STEPS = 58, 92  # cells of a close-up: at least, and with all of its columns


class Place(NamedTuple):
    """A pane's place in the body, in cells from its left and its top."""

    x: int
    y: int
    width: int
    height: int


Places = dict[str, Place]


def arranged(view: View, width: int, height: int) -> Places:
    """The panes that are shown, by name: the panel alone, or the matrix with whatever there is room for around it.

    `matrix` is the large pane of any panel; `ranked`, `steps` and `heads` are beside and below it.
    """
    whole = Place(0, 0, width, height)
    if view.state.panel in ("steps", "keys"):
        return {"matrix": whole}
    places = _stacked(width, height) if width < STACKED else _beside(view, width, height)
    if view.state.panel == "heads" and "heads" not in places and shows_map(view):
        return {"heads": whole}
    return places


def _stacked(width: int, height: int) -> Places:
    """The ranking below the matrix."""
    ranking = 3 if height < 11 else 5 if height < 17 else 6
    return {"matrix": Place(0, 0, width, height - ranking), "ranked": Place(0, height - ranking, width, ranking)}


def _beside(view: View, width: int, height: int) -> Places:
    """The ranking next to the matrix; the map of heads at the right or below, and the close-up below."""
    at = _matrix_width(view, width, height) + GAP
    ranking = min(width - at, LONGEST_RANKING)
    used = at + ranking
    below = _below(view, height)
    top = height - below - (below > 0)
    places = {"matrix": Place(0, 0, at - GAP, top), "ranked": Place(at, 0, ranking, top)}
    roomy = below > 0 and _holds_map(view, width - STEPS - GAP, below)
    if not roomy and _holds_map(view, width - used - GAP, height):
        places["heads"] = Place(used + GAP, 0, width - used - GAP, height)
        width = used
    return places | (_under(view, width, top + 1, below, "heads" in places) if below else {})


def _matrix_width(view: View, width: int, height: int) -> int:
    """The width of the whole matrix, even if the ranking is short then; of a matrix that is too wide a fair share."""
    needed = matrix.least_width(view)
    most = width - LEAST_RANKING if needed <= width - LEAST_RANKING - GAP else width - width * 36 // 100
    return matrix.natural_width(view, most - GAP, height)


def _holds_map(view: View, width: int, height: int) -> bool:
    """Whether there is a map, and room for it."""
    if not shows_map(view):
        return False
    least_width, least_height = head_map.least_size(view)
    return width >= least_width and height >= least_height


def _below(view: View, height: int) -> int:
    """The lines below the matrix: those that it leaves, or a share of a tall body."""
    if not (view.selection.has_scores or shows_map(view)):
        return 0
    left = height - matrix.natural_height(view) - 1
    return left if left >= LEAST_BELOW else height * 2 // 5 if height >= TALL else 0


def _under(view: View, width: int, y: int, height: int, mapped: bool) -> Places:
    """The map of heads, unless it is at the right, and next to it the close-up."""
    places: Places = {}
    rest = width
    if not mapped and _holds_map(view, width, height):
        own = head_map.natural_width(view, height)
        if _holds_map(view, width - STEPS - GAP, height):
            own = min(own, width - STEPS - GAP)
        rest = width - own - GAP
        own = own if rest >= LEAST_STEPS else width
        places["heads"] = Place(width - own, y, own, height)
    if view.selection.has_scores and rest >= LEAST_STEPS:
        places["steps"] = Place(0, y, rest, height)
    return places
