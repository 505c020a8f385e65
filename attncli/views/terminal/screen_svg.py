"""The lines of the terminal as an SVG of text, with no font, picture or address from elsewhere."""

import io
import re
from collections.abc import Iterable, Iterator
from html import escape, unescape

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from attncli.views.screen import Screen, cells
from attncli.views.terminal.bidi import phrases

# Rich's own frame links fonts from the network; this one takes the reader's monospace font.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def screen_svg(lines: Iterable[Text], screen: Screen, title: str = "") -> str:
    """The lines, set for `screen`, as an SVG; `title` is in the frame of the window."""
    console = recorded(lines, screen)
    drawn = console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="attn")
    return _TEXT.sub(_in_its_cells, drawn)


def recorded(lines: Iterable[Text], screen: Screen) -> Console:
    """A console that has printed the lines, for a picture of them."""
    console = Console(
        record=True,
        width=screen.columns,
        file=io.StringIO(),
        color_system="truecolor",
        force_terminal=True,
        force_jupyter=False,  # else a notebook would show every line as an output of its own
        _environ={},  # no variable of the terminal at hand changes the picture
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    return console


# The letters of other people are escaped there, so that no word of theirs looks like this.
_TEXT = re.compile(r'<text class="([^"<>]*)" x="([^"<>]*)" y="([^"<>]*)" textLength="[^"<>]*"([^<>]*)>([^<>]*)</text>')
#: Characters that fonts for terminals give one cell each.
ALIKE = "\\x20-\u02ff\u0370-\u052f\u1d40\u2010-\u25ff"
_ALIKE = re.compile(f"[{ALIKE}]*")
CELL = 12.2  # wide, as Rich has it


def _in_its_cells(match: re.Match[str]) -> str:
    """Text in the cells that it would take on a terminal: words in other fonts or directions are set alone.

    Rich gives every character one cell of room, and text that a viewer turns around would take its numbers with it.
    """
    text = unescape(match[5]).replace("\xa0", " ")
    if _ALIKE.fullmatch(text):
        return match[0]
    return "".join(_word(match, text, start, end) for start, end in _words(text))


def _word(match: re.Match[str], text: str, start: int, end: int) -> str:
    kind, x, y, attributes, _ = match.groups()
    place, room = float(x) + CELL * cells(text[:start]), CELL * cells(text[start:end])
    joined = ' lengthAdjust="spacingAndGlyphs"' if phrases(text[start:end]) else ""  # letters that join stay joined
    word = escape(text[start:end]).replace(" ", "&#160;")
    return f'<text class="{kind}" x="{place:g}" y="{y}" textLength="{room:g}"{joined}{attributes}>{word}</text>'


def _words(text: str) -> Iterator[tuple[int, int]]:
    """The spans of words, right-to-left ones that make a phrase as one."""
    phrase = {place for start, end in phrases(text) for place in range(start, end)}
    whole = "".join("x" if place in phrase else char for place, char in enumerate(text))
    return (match.span() for match in re.finditer("[^ ]+", whole))
