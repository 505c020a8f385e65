"""Kinds of a model's heads on the terminal: each has a letter, a short name, a hue and a definition."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.style import Style

from attncli.analysis.kinds import ANCHOR, BROADLY, CONTENT, NEXT, PREVIOUS, SAME
from attncli.views.palette import RGB, interpolate
from attncli.views.screen import Colours

MOST, BEFORE, FIRST = "more than half", "the token before", "the first and the special tokens"
PICKS = "it picks tokens by what they are"


class Look(NamedTuple):
    """The letter and the short name of a kind, its hue on dark ground, among 256 colours and 16, and its definition.

    of_256: from the ground to the hue, each lighter than the one before.
    """

    letter: str
    short: str
    hue: RGB
    of_256: tuple[int, ...]
    of_16: str
    definition: str


#: The hues are those of the page's dark scheme. A head on the first and special tokens hardly says anything of the
#: others (a sink of attention, Xiao et al. 2024): it is grey, and darker.
LOOKS: Mapping[str, Look] = {
    CONTENT: Look("C", "cont", (86, 180, 233), (234, 24, 31, 74, 117), "cyan", f"none of these: {PICKS}"),
    PREVIOUS: Look("P", "prev", (240, 154, 74), (234, 94, 130, 172, 215), "red", f"{MOST} of the weight on {BEFORE}"),
    NEXT: Look("N", "next", (47, 198, 155), (234, 22, 29, 36, 43), "green", f"{MOST} on the token after"),
    SAME: Look("S", "same", (231, 154, 198), (234, 53, 96, 139, 182), "magenta", f"{MOST} on the token itself"),
    BROADLY: Look("B", "broad", (227, 203, 79), (234, 58, 100, 142, 185), "yellow", "nearly even over all it may see"),
    ANCHOR: Look("F", "first", (124, 124, 130), (234, 236, 239, 242, 244), "default", f"{MOST} on {FIRST}"),
}
GROUND: RGB = (30, 30, 34)  # of a weight of 0
LEVELS = 31  # steps of a hue


def letter_style(kind: str, colours: Colours) -> Style:
    """The style of a kind's letter, on the ground of its picture where there are colours for one."""
    dimmed = kind == ANCHOR
    if colours in ("truecolor", "256"):
        hue = shade_of(kind, 1.0, colours)
        return Style(color=hue, bgcolor=shade_of(kind, 0.0, colours), bold=not dimmed)
    if colours == "16":
        return Style(color=LOOKS[kind].of_16, bold=not dimmed, dim=dimmed)
    return Style(bold=not dimmed, dim=dimmed)


def shade_of(kind: str, share: float, colours: Colours) -> Color:
    """The hue of a kind at a share of the full colour, 0 to 1, in true colours or among 256."""
    return _shade(kind, round(min(max(share, 0.0), 1.0) * LEVELS), colours)


@lru_cache(maxsize=512)
def _shade(kind: str, level: int, colours: Colours) -> Color:
    look, share = LOOKS[kind], level / LEVELS
    if colours == "256":
        return Color.from_ansi(look.of_256[round(share * (len(look.of_256) - 1))])
    return Color.from_rgb(*interpolate(((0.0, GROUND), (1.0, look.hue)), share))
