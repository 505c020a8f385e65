"""The large pane: the matrix, the close-up of the query, or the list of keys."""

from rich.text import Text

from attncli.explore.key_lines import keys_lines
from attncli.explore.matrix import matrix_lines
from attncli.explore.steps import steps_lines
from attncli.explore.view import View

PANELS = {"matrix": matrix_lines, "steps": steps_lines, "keys": keys_lines}


def panel_lines(view: View, width: int, height: int) -> list[Text]:
    """What the state asks for."""
    return PANELS[view.state.panel](view, width, height)
