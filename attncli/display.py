"""The ways in which a value shows itself: in one line, as a screen, in a notebook, as a figure, a table or a file."""

from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


class Displayed:
    """A value that shows itself: its `repr` is one line, its `str` the screen, and a notebook shows its page.

    The views are imported when one is asked for: a value knows nothing of them.
    """

    def __repr__(self) -> str:
        return str(_view("line").line_of(self))

    def __str__(self) -> str:
        return str(_view("forms").screen_of(self))

    def _repr_html_(self) -> str:
        """The page in a frame of its own, for a notebook."""
        return str(_view("notebook").html_of(self))

    def show(self, *, height: int = 640) -> None:
        """Show the page in a notebook, `height` pixels high; elsewhere print the screen.

        Raises:
            UsageError: a `height` that is no whole number from 120 to 4000.
        """
        _view("notebook").show(self, height)

    def plot(
        self, ax: "Axes | None" = None, *, layer: int | None = None, head: int | None = None, kind: str = "heat"
    ) -> Any:
        """Draw the weights with matplotlib; returns the axes, or an array of them where the figure has several.

        ax: the axes to draw one matrix into; None: those of a new figure. layer, head: of an explanation the numbers
        of one layer (None: the last) and one of its heads (None: the mean of all). kind: `heat`, a map, or `arcs`.

        Raises:
            UsageError: no such layer, head or kind; an `ax` that is none of matplotlib's; `ax`, `layer` or `head` for a
                figure of several parts.
            AttnError: the value has no figure.
            ResourceError: matplotlib is not installed.
        """
        return _view("plotting").plotted(self, ax, layer, head, kind)

    def to_frame(self) -> "pandas.DataFrame":
        """A table of pandas, with the columns of the CSV.

        Those of an explanation are layer, head, query, key, query_text, key_text, score and weight, a row a pair of
        words in every head.

        Raises:
            AttnError: so many rows that they would not fit into memory.
            ResourceError: pandas is not installed.
        """
        return _view("forms").frame_of(self)

    def to_dict(self) -> dict[str, Any]:
        """The record that `--json` writes, its numbers with 6 decimals.

        Raises:
            AttnError: the numbers are too many for JSON.
        """
        record: dict[str, Any] = _view("forms").dict_of(self)
        return record

    def save(self, path: "str | PathLike[str]") -> None:
        """Write a file, in the format that its ending names: `x.html`, and every other ending of `-o`.

        The file appears when it is whole; one that was there before stays if anything fails.

        Raises:
            UsageError: the ending names no format of this value, or `path` is a folder.
            AttnError: the file cannot be written, or would be too large.
            ResourceError: the package that writes the format is not installed.
        """
        _view("saving").save(self, path)


def _view(name: str) -> Any:
    return import_module(f"attncli.views.display.{name}")
