"""The width of text in points, the same on any machine: the advances of DejaVu Sans, which matplotlib brings along.

It is one of the wider sans-serif fonts, so that what fits with it fits with the font of any viewer.
"""

import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rich.cells import cell_len

from attncli.extras import package
from attncli.views.screen import signs

NEEDED_FOR = "a figure"
_UNITS = 2048  # to the em of DejaVu Sans


@lru_cache(maxsize=1)
def dejavu() -> Any:
    """The font that every matplotlib has."""
    path = package("matplotlib", NEEDED_FOR).get_data_path() + "/fonts/ttf/DejaVuSans.ttf"
    return package("matplotlib.ft2font", NEEDED_FOR).FT2Font(path)


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    """The width of a character in ems; one that the font lacks counts as a letter, or as a square sign."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if not dejavu().get_char_index(ord(char)):
        return max(0.65, 0.5 * cell_len(char))
    unscaled = package("matplotlib.ft2font", NEEDED_FOR).LoadFlags.NO_SCALE
    return float(dejavu().load_char(ord(char), flags=unscaled).horiAdvance) / _UNITS


def width(text: str, size: float) -> float:
    """The width of a line of text in points, at `size` points to the em."""
    return size * sum(map(_advance, text))


def wrapped(text: str, size: float, room: float, most: int) -> list[str]:
    """`text` in at most `most` lines of `room` points, ending in … where it is longer than that."""
    lines = [""]
    for piece in _pieces(text):
        if width(lines[-1] + piece, size) > room and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    if len(lines) <= most:
        return [line.rstrip() for line in lines]
    kept, last = lines[: most - 1], lines[most - 1]
    ends = [end for end in signs(last) if width(last[:end] + "…", size) <= room]
    return [*(line.rstrip() for line in kept), last[: ends[-1] if ends else 0].rstrip() + "…"]


def _pieces(text: str) -> list[str]:
    """Where a line may break: behind spaces, and between signs of words too long for that or written without any."""
    pieces: list[str] = []
    for word in text.split(" "):
        ends = [0, *signs(word)]
        whole = word.isascii() and len(word) < 40
        pieces += [word + " "] if whole or len(ends) < 3 else _by_sign(word, ends)
    return pieces


def _by_sign(word: str, ends: list[int]) -> list[str]:
    """Wide signs by themselves; runs of letters that belong together as one."""
    pieces = [""]
    for start, end in pairwise(ends):
        sign = word[start:end]
        if pieces[-1] and (cell_len(sign) > 1 or cell_len(pieces[-1][-1]) > 1 or len(pieces[-1]) >= 40):
            pieces.append("")
        pieces[-1] += sign
    pieces[-1] += " "
    return pieces
