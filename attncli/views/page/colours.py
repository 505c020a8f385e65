"""The scales of the palette in the page's languages: gradients of its style and anchors of its script."""

import json
from collections.abc import Iterator

from attncli.views.palette import BLACK, CIVIDIS, DIVERGING, DIVERGING_ON_DARK, RGB, WHITE, Anchors

SCALES = {"weights": CIVIDIS, "differences": DIVERGING, "differences_on_dark": DIVERGING_ON_DARK}
INKS = [BLACK, WHITE]
# Of pictures that are taken along, in any scheme.
PRINTED = {"paper": WHITE, "ink": (29, 32, 37), "dim": (90, 96, 106), "edge": (181, 185, 192)}


def style_of_scales() -> str:
    """Custom properties: the stops of a gradient for each scale, `--weights`, and the inks `--black` and `--white`."""
    values = {
        name: ", ".join(f"{_hex(rgb)} {at:.6g}%" for at, rgb in _up_to(100, each)) for name, each in SCALES.items()
    }
    values |= {"black": _hex(BLACK), "white": _hex(WHITE)}
    return ":root {" + " ".join(f"--{name}: {value};" for name, value in values.items()) + "}\n"


def script_of_scales() -> str:
    """A constant: the anchors of each scale, `[level, red, green, blue]` with levels from 0 to 255, and inks."""
    scales = {name: [[level, *rgb] for level, rgb in _up_to(255, scale)] for name, scale in SCALES.items()}
    inks = {"inks": [_hex(each) for each in INKS], "printed": {name: _hex(each) for name, each in PRINTED.items()}}
    return f"const PALETTE = {json.dumps({**scales, **inks})};\n"


def _up_to(most: float, anchors: Anchors) -> Iterator[tuple[float, RGB]]:
    """The anchors with their places from 0 to `most`."""
    low, high = anchors[0][0], anchors[-1][0]
    return (((place - low) / (high - low) * most, rgb) for place, rgb in anchors)


def _hex(rgb: RGB) -> str:
    return "#" + bytes(rgb).hex()
