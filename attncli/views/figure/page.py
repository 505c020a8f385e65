"""An empty figure that takes text and panels; lengths are inches from the left and from the top."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from attncli.extras import package
from attncli.views.figure.content import Figure
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.measure import NEEDED_FOR, wrapped

SENTENCE, WHAT, NOTE = 10.0, 8.0, 7.0  # points
MOST_TITLE, MOST_NOTE = 4, 6  # lines
NOTE_INK = "#444444"
_FRAME_INK = "#777777"


class Lines(NamedTuple):
    """Lines of text of one size."""

    lines: list[str]
    size: float
    style: dict[str, str]

    @property
    def height(self) -> float:
        """In inches."""
        return len(self.lines) * PITCH * self.size / POINTS


class Page:
    """An empty figure that takes text and panels."""

    def __init__(self, width: float, height: float, margin: float) -> None:
        self.figure = package("matplotlib.figure", NEEDED_FOR).Figure((width, height), facecolor="white")
        self._width, self._height, self.margin = width, height, margin

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """A panel's place, without frame or ticks."""
        place = (left / self._width, 1 - (top + height) / self._height, width / self._width, height / self._height)
        axes = self.figure.add_axes(place, xticks=[], yticks=[])
        axes.spines[:].set(linewidth=0.5, color=_FRAME_INK)
        return axes

    def write(self, left: float, top: float, text: str, size: float, **style: Any) -> None:
        """A line of text whose letters begin at `top`."""
        place = left / self._width, 1 - (top + 0.92 * size / POINTS) / self._height
        self.figure.text(*place, text, fontsize=size, **{"ha": "left", "va": "baseline"} | style)

    def write_lines(self, top: float, text: Lines) -> float:
        """Lines from the margin on; returns the top of the next ones."""
        for number, line in enumerate(text.lines):
            self.write(self.margin, top + number * PITCH * text.size / POINTS, line, text.size, **text.style)
        return top + text.height


def lines_of(figure: Figure, notes: Iterable[str], across: float) -> tuple[list[Lines], list[Lines]]:
    """The title and the settings of a figure, and the notes under it; none of a bare one."""
    if figure.look.bare:
        return [], []
    room = (across - 2 * figure.look.margin) * POINTS

    def lines(text: str, size: float, most: int, ink: str = NOTE_INK) -> Lines:
        return Lines(wrapped(text, size, room, most), size, {"color": ink})

    over = [lines(figure.title, SENTENCE, MOST_TITLE, "black"), lines(figure.what, WHAT, MOST_TITLE)]
    return over, [lines(note, NOTE, MOST_NOTE) for note in notes]
