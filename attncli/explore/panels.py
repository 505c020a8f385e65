"""The large pane: the matrix, the close-up of the query as three steps, or the list of keys."""

from rich.text import Text

from attncli.explore.keys import keys_lines
from attncli.explore.matrix import matrix_lines
from attncli.explore.view import View, cut_to
from attncli.views.terminal.close_up import head_block
from attncli.views.terminal.typeset import wrap


def steps_lines(view: View, width: int, height: int) -> list[Text]:
    """The lines of `attn explain --word` for one head, as far as there is room; the rest is reached by scrolling."""
    if not view.selection.has_scores:
        return wrap([("these weights were combined or merged: there are no scores behind them", "")], width)
    return cut_to(_steps(view, width), view.state.rows, height)


def close_up_lines(view: View, width: int, height: int) -> list[Text]:
    """The first of these lines, below the matrix."""
    return cut_to(_steps(view, width), 0, height, "c")


def _steps(view: View, width: int) -> list[Text]:
    return head_block(view.selection, view.selection.steps(view.state.query), 0, view.sized(width)).lines


PANELS = {"matrix": matrix_lines, "heads": matrix_lines, "steps": steps_lines, "keys": keys_lines}


def panel_lines(view: View, width: int, height: int) -> list[Text]:
    """The lines of the panel that the state names."""
    return PANELS[view.state.panel](view, width, height)
