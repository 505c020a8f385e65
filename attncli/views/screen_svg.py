"""The lines of the terminal as an SVG of text, with no font, picture or address from elsewhere."""

import io
import re
from collections.abc import Iterable
from html import unescape

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from attncli.views.screen import Screen, cells

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
    """The lines, set for `screen`, as an SVG; `title` stands in the frame of the window."""
    console = Console(
        record=True,
        width=screen.columns,
        file=io.StringIO(),
        color_system="truecolor",
        force_terminal=True,
        _environ={},  # no variable of the terminal at hand changes the picture
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    drawn = console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="attn")
    return _TEXT.sub(_as_wide_as_its_cells, drawn)


# The letters of other people are escaped there, so that no word of theirs looks like this.
_TEXT = re.compile(r'textLength="([\d.]+)"([^<>]*)>([^<>]*)</text>')


def _as_wide_as_its_cells(match: re.Match[str]) -> str:
    """Rich gives every character one cell of room: give Chinese signs and emoji their two, and marks none."""
    length, attributes, content = match.groups()
    text = unescape(content)
    if len(text) == cells(text):
        return match[0]
    return f'textLength="{float(length) / len(text) * cells(text):g}"{attributes}>{content}</text>'
