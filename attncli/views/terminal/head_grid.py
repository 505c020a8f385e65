"""A grid of numbers or words: a row a layer, a column a head."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from attncli.views.screen import Screen, pad
from attncli.views.terminal.typeset import BOLD, DIM

CELL = 6  # cells of a head, the space before it among them
NAME = 5  # cells for the name of a line


class Line(NamedTuple):
    """One of the lines of a layer: its name, and its text for (row, column) of the chosen layers and heads."""

    name: str
    cell: Callable[[int, int], tuple[str, str | Style]]


def head_grid(
    layers: Sequence[int], heads: Sequence[int], lines: Sequence[Line], screen: Screen, width: int = CELL
) -> Iterator[Text]:
    """The lines of every layer, its heads side by side, in blocks one under another where they do not fit."""
    label = len(str(layers[-1])) + 1
    for columns in blocks(layers, heads, screen, width):
        if columns.start:
            yield Text()
        numbers = "".join(pad(str(heads[column]), width, "right") for column in columns)
        yield Text(pad("head", label + NAME) + numbers, style=DIM, no_wrap=True)
        for row, layer in enumerate(layers):
            for at, line in enumerate(lines):
                number = pad("" if at else str(layer), label)
                drawn = Text.assemble((number, BOLD), (pad(line.name, NAME), DIM), no_wrap=True)
                for column in columns:
                    text, style = line.cell(row, column)
                    drawn.append(" ")
                    drawn.append(pad(text, width - 1, "right"), style)
                yield drawn


def blocks(layers: Sequence[int], heads: Sequence[int], screen: Screen, width: int = CELL) -> list[range]:
    """The columns of each block."""
    across = max(1, (screen.columns - len(str(layers[-1])) - 1 - NAME) // width)
    return [range(at, min(at + across, len(heads))) for at in range(0, len(heads), across)]
