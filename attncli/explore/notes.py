"""The line above the keys: a result, an error, or the progress of long work; else the notes on these weights."""

from rich.text import Text

from attncli.explore.keys import remarked
from attncli.explore.removal import difference_shown
from attncli.explore.view import View
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.heading import closing
from attncli.views.terminal.typeset import BOLD, DIM, bar, wrap

MOST_LINES = 2
BAR = 20  # cells


def note_lines(view: View, width: int, _height: int) -> list[Text]:
    """One or two lines; where there are more notes, they end in the key that shows them."""
    notice, screen = view.notice, view.sized(width)
    if notice.done is not None:
        return [_progress(view, width)]
    if notice.text:
        mark = f"{notice.mark}: " if notice.mark else ""
        lines = wrap([(mark, BOLD), (screen.word(notice.text), "")], width, len(mark))
        return lines if len(lines) <= MOST_LINES else [lines[0], _cut(lines[1], width, view, "…")]
    lines = [*_without(view, screen), *closing(remarked(view.selection), (), screen)[1:]]
    if len(lines) <= MOST_LINES:
        return lines or [Text()]
    return [lines[0], _cut(lines[1], width, view, "… more: ?")]


def _without(view: View, screen: Screen) -> list[Text]:
    """The difference that heads that are taken away make."""
    difference = difference_shown(view)
    return wrap([(screen.word(difference), BOLD)], screen.columns, 2) if difference else []


def _cut(line: Text, width: int, view: View, end: str) -> Text:
    end = " " + view.screen.own(end)
    line = line.copy()
    if cells(line.plain) > width - cells(end):
        line.truncate(width - cells(end))
    return line.append(end, DIM)


def _progress(view: View, width: int) -> Text:
    """The name and the progress of the work."""
    share = min(max(view.notice.done or 0.0, 0.0), 1.0)
    percent, leave = f" {share:4.0%}", "  Esc cancels"
    room = min(max((width - len(percent) - len(leave)) // 2, 3), BAR)
    what = cut(view.screen.word(view.notice.text), max(width - room - len(percent) - len(leave) - 1, 1))
    text = Text(f"{what} ", no_wrap=True).append(pad(bar(share, room, view.screen), room), BOLD)
    return text.append(percent).append(leave, DIM)
