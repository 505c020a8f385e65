"""An empty figure that takes text and panels; lengths are inches from the left and from the top."""

from typing import Any, NamedTuple

from attncli.extras import package
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.measure import NEEDED_FOR

MARGIN = 0.2
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

    def __init__(self, width: float, height: float) -> None:
        self.figure = package("matplotlib.figure", NEEDED_FOR).Figure((width, height), facecolor="white")
        self._width, self._height = width, height

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
            self.write(MARGIN, top + number * PITCH * text.size / POINTS, line, text.size, **text.style)
        return top + text.height
