"""The close-up of the query: similarity, softmax and weighted sum as three steps, with every key's numbers."""

from rich.text import Text

from attncli.explore.scrolling import cut_to
from attncli.explore.view import View
from attncli.views.terminal.close_up import head_block
from attncli.views.terminal.typeset import wrap


def steps_lines(view: View, width: int, height: int) -> list[Text]:
    """The lines of `attn explain --word` for one head, as far as there is room; the rest is reached by scrolling."""
    screen = view.sized(width)
    if not view.part.has_scores:
        return wrap([("these weights were combined or merged: there are no scores behind them", "")], width)
    lines = head_block(view.part, view.part.steps(view.state.query), 0, screen).lines
    return cut_to(lines, view.state.rows, height)
