"""A list longer than its pane."""

from rich.text import Text

from attncli.views.terminal.typeset import DIM


def cut_to(lines: list[Text], start: int, height: int) -> list[Text]:
    """The lines from `start` on that a pane has room for; the last of them says how many follow."""
    start = min(max(start, 0), max(len(lines) - height, 0))
    shown = lines[start : start + height]
    rest = len(lines) - start - height
    return shown if rest <= 0 else [*shown[:-1], Text(f"{rest + 1} more lines: turn the wheel, or press PgDn", DIM)]
