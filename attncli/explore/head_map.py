"""The map of a model's heads: miniatures to choose from with arrows or a click, and the key of their colours."""

from functools import lru_cache

from rich.text import Text

from attncli.analysis.kinds import HeadKinds
from attncli.explore.view import View, clickable
from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen, cells, cut
from attncli.views.terminal.head_map import key_lines, miniatures_of
from attncli.views.terminal.miniatures import Miniatures
from attncli.views.terminal.typeset import BOLD, DIM

LEAST_MINIATURE = (3, 2)  # cells and lines of one that says more than its letter
AROUND = 3  # lines: the title, the numbers of the heads, an empty one over the key
TITLE = 40  # cells of a title with two numbers and a kind
WIDE = 10_000  # cells
HINT = "   arrows choose, Esc goes back"


def shows_map(view: View) -> bool:
    """Whether there are heads to choose from, with pictures of their weights."""
    source = view.whole.source
    return source.kinds is not None and source.pictures is not None and not view.whole.single


def least_size(view: View) -> tuple[int, int]:
    """The cells and the lines that a map needs beside other panes."""
    made = _miniatures(view.whole)
    width, height = LEAST_MINIATURE
    return max(made.label + len(made.heads) * (width + 1), TITLE), AROUND + 1 + len(made.layers) * height


def natural_width(view: View, height: int) -> int:
    """The cells that it takes in so many lines."""
    made = _miniatures(view.whole)
    size = made.size(WIDE, height - AROUND - 1)
    return max(made.label + len(made.heads) * (size.width + 1), TITLE)


def heads_lines(view: View, width: int, height: int) -> list[Text]:
    """The title, which names the chosen head, as many miniatures as there is room for, and their key."""
    if not shows_map(view):
        return []
    screen, made = view.sized(width), _miniatures(view.whole)
    key = key_lines(view.whole, _kinds(view.whole), screen)
    room = max(height - 1 - 1 - len(key), 3)
    chosen = None if view.state.head is None else (_row(view), view.state.head)
    drawn = list(made.lines(screen, room, chosen, lambda row, column: clickable(layer=row, head=column)))
    title, hint = _title(view), HINT if view.state.panel == "heads" else ""
    title.append(hint if cells(title.plain + hint) <= width else "", DIM)
    title.truncate(width)
    return [title, *_around(drawn, _row(view), made, room, screen), Text(), *key][:height]


def _row(view: View) -> int:
    """The place of the shown layer."""
    return view.n_layer - 1 if view.state.layer is None else view.state.layer


def _around(lines: list[Text], row: int, made: Miniatures, room: int, screen: Screen) -> list[Text]:
    """The numbers of the heads and as many lines as there is room for, those of the row among them."""
    if len(lines) <= room:
        return lines
    size = made.size(screen.columns, room)
    before = max(room - 2 - size.height, 0) // 2
    start = max(min(1 + row * size.height - before, len(lines) - room + 2), 1)
    end = cut(f"{len(lines) - room + 1} more lines: ↑ ↓", screen.columns)
    return [lines[0], *lines[start : start + room - 2], Text(screen.own(end), DIM, no_wrap=True)]


def _title(view: View) -> Text:
    title = Text(no_wrap=True).append("heads", BOLD)
    if view.state.head is None:
        return title.append(f"  layer {view.layer}, {view.head_in_words}", DIM)
    kind = _kinds(view.whole).kind[_row(view), view.state.head]
    return title.append(f"  layer {view.layer}, head {view.head_in_words}: {kind}", DIM)


def _kinds(whole: Explanation) -> HeadKinds:
    assert whole.source.kinds is not None
    return whole.source.kinds


@lru_cache(maxsize=4)
def _miniatures(whole: Explanation) -> Miniatures:
    return miniatures_of(whole, _kinds(whole))
