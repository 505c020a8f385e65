"""The terminal: its width, colours and encoding, as its environment variables and `--color` set them."""

import os
import sys
from typing import TextIO

from attncli.views.screen import Colours, Screen, encodes
from attncli.views.terminal.bidi import ISOLATE

_PIPED_WIDTH = 80
USUAL_HEIGHT = 24


def detect_screen(color: str = "auto", *, scale: str = "auto", to_file: bool = False, whole: bool = False) -> Screen:
    """The screen that standard output is; a file is a plain one in UTF-8. whole: whether a page may be longer."""
    if to_file:
        return Screen(width=_width(None), scale=scale, accessible=_is_set("ACCESSIBLE"), numbers=True)
    terminal = _is_terminal(sys.stdout)
    colours = _depth() if wants_colour(color, sys.stdout) else "none"
    return Screen(
        width=_width(sys.stdout.fileno() if terminal else None),
        colours=colours,
        encoding=encoding_of(sys.stdout),
        accessible=_is_set("ACCESSIBLE"),
        scale=scale,
        light=_has_light_background(),
        reorders=reorders(sys.stdout),
        numbers=colours == "none" and not terminal,
        height=_height(sys.stdout.fileno()) if terminal else 0,
        whole=whole,
    )


def reorders(stream: TextIO | None) -> bool:
    """Whether a stream may set words from right to left itself, and takes the isolates that keep them in place."""
    return _is_terminal(stream) and os.environ.get("TERM") != "linux" and encodes(ISOLATE, encoding_of(stream))


def encoding_of(stream: TextIO | None) -> str:
    """The encoding of a stream."""
    return getattr(stream, "encoding", None) or "utf-8"  # a replacement of a stream may have none


def wants_colour(color: str, stream: TextIO | None) -> bool:
    """Whether escape codes may go to a stream, as `--color` says.

    Where it says nothing: not with NO_COLOR or ACCESSIBLE, then with FORCE_COLOR, then to a terminal.
    """
    if color != "auto":
        return color == "always"
    if _is_set("NO_COLOR") or _is_set("ACCESSIBLE"):
        return False
    return _is_set("FORCE_COLOR") or (_is_terminal(stream) and os.environ.get("TERM") != "dumb")


def can_draw(color: str, stream: TextIO | None) -> bool:
    """Whether a moving bar may be drawn on a stream: on a terminal with escape codes, without ACCESSIBLE."""
    moves = os.environ.get("TERM") != "dumb" and not _is_set("ACCESSIBLE")
    return _is_terminal(stream) and moves and wants_colour(color, stream)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _depth() -> Colours:
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or os.environ.get("FORCE_COLOR") == "3":
        return "truecolor"
    term = os.environ.get("TERM", "")
    few = term and "256" not in term and term not in ("dumb", "unknown")
    return "16" if few and os.environ.get("FORCE_COLOR") != "2" else "256"


def _has_light_background() -> bool:
    """Whether COLORFGBG, which some terminals set, names white or light grey as the background."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "false")


def _height(descriptor: int) -> int:
    """Lines: $LINES first, as everywhere, then the terminal's own."""
    lines = os.environ.get("LINES", "")
    if lines.isascii() and lines.isdigit() and int(lines[:6]) > 0:
        return int(lines[:6])
    try:
        return os.get_terminal_size(descriptor).lines or USUAL_HEIGHT
    except OSError:
        return USUAL_HEIGHT


def _width(descriptor: int | None) -> int:
    """Columns: $COLUMNS first, as everywhere, then the terminal's own."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns[:6]) > 0:
        return int(columns[:6])
    try:
        return os.get_terminal_size(descriptor).columns or _PIPED_WIDTH if descriptor is not None else _PIPED_WIDTH
    except OSError:
        return _PIPED_WIDTH
