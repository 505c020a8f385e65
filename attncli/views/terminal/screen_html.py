"""The lines of the terminal as a part of an HTML page: text in its colours, on the ground of a dark terminal."""

from collections.abc import Iterable

from rich.terminal_theme import TerminalTheme
from rich.text import Text

from attncli.views.screen import Screen
from attncli.views.terminal.bidi import isolated_line
from attncli.views.terminal.screen_svg import recorded

# On this ground dim text, half way to it, still has a contrast of 4.5.
THEME = TerminalTheme(
    (18, 19, 22),
    (240, 240, 236),
    [
        *((18, 19, 22), (235, 110, 110), (150, 200, 100), (225, 185, 95)),
        *((110, 165, 235), (200, 145, 215), (95, 195, 195), (240, 240, 236)),
    ],
)
FRAME = (
    '<pre dir="ltr" tabindex="0" style="margin: 0; padding: 0.75rem 1rem; overflow-x: auto; border-radius: 0.5rem; '
    "color: {foreground}; background: {background}; line-height: 1.35; "
    "font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">{code}</pre>"
)


def screen_html(lines: Iterable[Text], screen: Screen) -> str:
    """The lines, set for `screen`, as an element of a page; right-to-left words stay in their places."""
    console = recorded(map(isolated_line, lines), screen)
    return console.export_html(theme=THEME, code_format=FRAME, inline_styles=True)
