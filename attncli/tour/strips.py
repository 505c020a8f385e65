"""Vectors as strips, a cell a number: bars from the lowest to the highest, heat between −1 and 1, and arrows."""

import math
from collections.abc import Iterable, Sequence

from rich.style import Style
from rich.text import Text

from attncli.arrays import Array
from attncli.views.palette import cell_style
from attncli.views.screen import Screen, encodes
from attncli.views.terminal.typeset import DIM, shade

_BARS = "▁▂▃▄▅▆▇█"
_ARROWS = "→↗↑↖←↙↓↘"  # from the right against the clock, an eighth of a turn each


def bars(numbers: Sequence[float] | Array, screen: Screen) -> Text:
    """A bar a number, half as high for 0 and to an end for the largest; where there are colours they tell the sign."""
    drawn, largest = Text(no_wrap=True), max(map(abs, numbers), default=0.0)
    for each in numbers:
        share = float(each / largest) if largest else 0.0  # −1 … 1
        drawn.append(_bar((share + 1) / 2, screen), _sign(share, screen))
    return drawn


def _bar(share: float, screen: Screen) -> str:
    if not encodes(_BARS, screen.encoding):
        return shade(share, screen)
    return _BARS[round(min(max(share, 0.0), 1.0) * (len(_BARS) - 1))]


def _sign(share: float, screen: Screen) -> Style:
    """The ink of a bar: the colour of the scale of differences at the end of its side."""
    if not screen.coloured:
        return Style.null()
    return Style(color=cell_style(1.0 if share > 0 else -1.0, screen.colours, signed=True, light=screen.light).bgcolor)


def heat(shares: Iterable[float], screen: Screen, signed: bool = True) -> Text:
    """A cell a number, from −1 (0 if not signed) to 1: its colour, or a shade where colours are too few; · for NaN."""
    drawn = Text(no_wrap=True)
    for each in shares:
        if math.isnan(each):
            drawn.append("·" if encodes("·", screen.encoding) else "-", DIM)
        elif screen.coloured:
            drawn.append(" ", cell_style(round(each, 2), screen.colours, signed, screen.light))
        else:
            drawn.append(shade((each + 1) / 2 if signed else each, screen))
    return drawn


def draws_arrows(screen: Screen) -> bool:
    """Whether a screen has signs for `arrows`."""
    return not screen.accessible and encodes(_ARROWS, screen.encoding)


def arrows(angles: Sequence[float]) -> Text:
    """The direction of each angle in radians, from the right against the clock."""
    return Text(" ".join(_ARROWS[round(angle / math.tau * len(_ARROWS)) % len(_ARROWS)] for angle in angles))
