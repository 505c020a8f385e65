"""Colours that say the same to every reader: cividis for weights, blue and orange for differences.

The two ends of differences differ in lightness, so that they are told apart in grey too; their middle is the paper.

Cividis: Nuñez, Anderson and Renslow 2018, "Optimizing colormaps with consideration for color vision deficiency",
PLoS ONE 13(7), e0199239; even in lightness, and alike with and without red-green blindness.
Contrast is WCAG 2.1's ratio of relative luminances.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rich.color import Color
from rich.style import Style

from attncli.views.screen import Colours

RGB = tuple[int, int, int]
Anchors = Sequence[tuple[float, RGB]]

# Straight lines between these stay within 4 of 255 of the published table.
CIVIDIS: Anchors = (
    (0 / 255, (0, 34, 78)),
    (21 / 255, (0, 49, 112)),
    (34 / 255, (30, 58, 111)),
    (52 / 255, (54, 70, 108)),
    (147 / 255, (143, 138, 120)),
    (205 / 255, (201, 185, 101)),
    (232 / 255, (231, 209, 80)),
    (251 / 255, (253, 227, 52)),
    (255 / 255, (254, 232, 56)),
)
# Blue and orange, apart with and without red-green blindness: on paper from white, on a dark ground from dark.
DIVERGING: Anchors = ((-1.0, (10, 66, 132)), (0.0, (255, 255, 255)), (1.0, (230, 126, 16)))
DIVERGING_ON_DARK: Anchors = ((-1.0, (58, 133, 214)), (0.0, (48, 48, 52)), (1.0, (255, 206, 112)))

# Six hues for things that are told apart, each with a contrast of 4.5 or more on white.
HUES: Sequence[RGB] = ((0, 105, 168), (184, 74, 0), (0, 120, 90), (163, 52, 127), (122, 98, 0), (91, 75, 196))

# Of the 256 colours those near the scales whose lightness (CIELAB) goes up, or down, in steps that can be seen.
CIVIDIS_256 = (233, 236, 239, 241, 243, 101, 143, 185, 227)
DIVERGING_256 = (18, 25, 68, 153, 231, 223, 215, 208, 166)
DIVERGING_ON_DARK_256 = (75, 32, 26, 24, 236, 94, 136, 178, 222)

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def interpolate(anchors: Anchors, value: float) -> RGB:
    """The colour at `value` on straight lines between the anchors; the ends reach on."""
    value = min(max(value, anchors[0][0]), anchors[-1][0])
    for (low, start), (high, end) in pairwise(anchors):
        if value <= high:
            share = (value - low) / (high - low)
            red, green, blue = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
            return red, green, blue
    return anchors[-1][1]


def luminance(colour: RGB) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.1)."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (each / 255 for each in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def lightness(colour: RGB) -> float:
    """L* of CIELAB (CIE 15), 0 for black to 100 for white."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink(paper: RGB) -> RGB:
    """Black or white, whichever is easier to read on `paper`; one of them always has a contrast of 4.5 or more."""
    return max((BLACK, WHITE), key=lambda each: contrast(each, paper))


def rgb_of_256(index: int) -> RGB:
    """The colour of an index from 16 on in the 256-colour set: a 6 × 6 × 6 cube, then 24 greys."""
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    steps = (0, 95, 135, 175, 215, 255)
    return steps[(index - 16) // 36], steps[(index - 16) // 6 % 6], steps[(index - 16) % 6]


@lru_cache(maxsize=512)
def cell_style(value: float, colours: Colours, signed: bool = False, light: bool = False) -> Style:
    """Paper and ink for a share of a scale, 0 … 1, or −1 … 1 if signed; no style where colours are too few.

    light: differences are drawn from white, as on paper.
    """
    if colours == "truecolor":
        paper = interpolate((DIVERGING if light else DIVERGING_ON_DARK) if signed else CIVIDIS, value)
        return Style(color=Color.from_rgb(*ink(paper)), bgcolor=Color.from_rgb(*paper))
    if colours == "256":
        both_ways = DIVERGING_256 if light else DIVERGING_ON_DARK_256
        index = _level((value + 1) / 2, both_ways) if signed else _level(value, CIVIDIS_256)
        dark_ink = ink(rgb_of_256(index)) == BLACK
        return Style(color=Color.from_ansi(16 if dark_ink else 231), bgcolor=Color.from_ansi(index))
    return Style.null()


def _level(share: float, levels: Sequence[int]) -> int:
    return levels[round(min(max(share, 0.0), 1.0) * (len(levels) - 1))]
