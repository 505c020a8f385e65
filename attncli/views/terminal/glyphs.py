"""Lengths and shades without colour: bars, and a ramp of glyphs beside the numbers."""

from attncli.views.screen import Screen, encodes

_SHADES, _PLAIN_SHADES = " ░▒▓█", " .:=#"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def shade(value: float, screen: Screen) -> str:
    """One glyph for a value in 0 … 1, empty to full."""
    ramp = _SHADES if encodes(_SHADES, screen.encoding) else _PLAIN_SHADES
    return ramp[round(min(max(value, 0.0), 1.0) * (len(ramp) - 1))]


def bar(share: float, width: int, screen: Screen) -> str:
    """A bar of `share` of `width` cells, in eighths of a cell where the encoding has them; above 0 never nothing."""
    share = min(max(share, 0.0), 1.0)
    if not encodes(_EIGHTHS, screen.encoding):
        return "#" * round(share * width) or ("." if share else "")
    eighths = max(round(share * width * 8), 1 if share else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
