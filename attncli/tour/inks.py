"""Styled lines of a terminal as markup: styles are classes of a style sheet, and wide letters keep to their cells."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from io import StringIO

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from attncli.views.screen import cells
from attncli.views.terminal.bidi import isolated_line
from attncli.views.terminal.screen_svg import ALIKE

_CONSOLE = Console(file=StringIO(), color_system="truecolor", force_terminal=True, _environ={})  # prints nothing
#: Letters that fonts give another width than a cell, or set from right to left, each with the marks on it.
_OTHER = re.compile(f"(?:[^{ALIKE}]|.(?=[\u0300-\u036f]))+")


@dataclass
class Inks:
    """The classes of a page's style sheet, which allows no other style: a style each, and a width in cells each."""

    _styles: dict[Style, str] = field(default_factory=dict)
    _widths: set[int] = field(default_factory=set)

    def text(self, line: Text) -> str:
        """A line of prose; right-to-left words stay in their places."""
        return "".join(self._styled(escape(each.text), each.style) for each in _segments(isolated_line(line)))

    def drawn(self, line: Text) -> str:
        """A line whose signs stand in cells, each right-to-left word in its own."""
        segments = _segments(isolated_line(line, together=False))
        return "".join(self._styled("".join(self._in_cells(each.text)), each.style) for each in segments)

    def _in_cells(self, text: str) -> Iterator[str]:
        done = 0
        for match in _OTHER.finditer(text):
            width = cells(match[0])
            self._widths.add(width)
            yield f'{escape(text[done : match.start()])}<span class="c{width}">{escape(match[0])}</span>'
            done = match.end()
        yield escape(text[done:])

    def _styled(self, markup: str, style: Style | None) -> str:
        if style is None or not (style.color or style.bgcolor or style.bold or style.dim):
            return markup
        return f'<span class="{self._styles.setdefault(style, f"i{len(self._styles)}")}">{markup}</span>'

    @property
    def rules(self) -> str:
        """The rules of the classes."""
        inks = (f".{name}{{{';'.join(_declarations(style))}}}\n" for style, name in self._styles.items())
        return "".join(
            (*inks, *(f".c{width}{{display:inline-block;width:{width}ch}}\n" for width in sorted(self._widths)))
        )


def _segments(line: Text) -> Iterable[Segment]:
    """The pieces of a line with their styles; one in a single style has none in Rich's."""
    whole = _CONSOLE.get_style(line.style)
    return (each if each.style else Segment(each.text, whole) for each in line.render(_CONSOLE))


def _declarations(style: Style) -> Iterator[str]:
    if style.bgcolor:
        yield f"background:{_hex(style.bgcolor)}"
    if style.color:
        yield f"color:{_hex(style.color)}"
    elif style.dim:
        yield "color:var(--dim)"
    if style.bold:
        yield "font-weight:700"


def _hex(color: Color) -> str:
    return color.downgrade(ColorSystem.TRUECOLOR).get_truecolor().hex
