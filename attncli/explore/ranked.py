"""The keys of the query, strongest first, with numbers and bars."""

from collections.abc import Iterator

from rich.text import Text

from attncli.explore.view import View, clickable
from attncli.views.rounding import as_weight
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.typeset import BOLD, DIM, bar

LONGEST_NAME = 16
SHORTEST_BAR, LONGEST_BAR = 3, 24


def ranked_lines(view: View, width: int, height: int) -> list[Text]:
    """The query's weight on itself, then its context words; the last line counts those that do not fit."""
    screen, context = view.sized(width), view.selection.context_of(view.state.query)
    lines = [_title(view, screen)]
    keys = [*([] if context.itself is None else [view.state.query]), *(each.key for each in context.ranked)]
    if not context.ranked:
        return [*lines, *_entries(view, keys, screen), Text("sees nothing else", DIM)][:height]
    room = height - 1
    if len(keys) > room:
        shown = keys[: max(room - 1, 1)]
        rest = sum(int(view.grid.shown[view.state.query, key]) for key in keys[len(shown) :])
        more = f"{len(keys) - len(shown)} more, together {as_weight(rest)}"
        return [*lines, *_entries(view, shown, screen), Text(cut(more, width), DIM, no_wrap=True)][:height]
    return [*lines, *_entries(view, keys, screen)]


def _title(view: View, screen: Screen) -> Text:
    room = screen.columns - cells(" looks at")
    title = Text(no_wrap=True).append(cut(view.word, room, screen.own("…")), BOLD)
    return title.append(" looks at", DIM)


def _entries(view: View, keys: list[int], screen: Screen) -> Iterator[Text]:
    names, row = view.key_names, view.grid.shown[view.state.query]  # [n_key]
    number = len(as_weight(int(row.max(initial=0))))
    longest = max((cells(names[key]) for key in keys), default=0)
    name = max(min(longest, LONGEST_NAME, screen.columns - number - 4), 1)
    room = min(screen.columns - 2 - name - number - 3, LONGEST_BAR)
    full = max(float(view.selection.mean_weights[view.state.query].max()), 1e-12)
    for key in keys:
        itself = view.selection.memory is None and key == view.state.query
        text = Text("= " if itself else "  ", no_wrap=True)
        text.append(pad(cut(names[key], name, screen.own("…")), name) + " ", BOLD if itself else "")
        hidden = view.grid.hidden[view.state.query, key]
        shown = screen.own("·") if hidden else as_weight(int(row[key]))
        text.append(f" {shown:>{number}} ", view.paper(key))
        if room >= SHORTEST_BAR:
            share = float(view.selection.mean_weights[view.state.query, key]) / full
            text.append(" " + bar(share, room, screen), DIM)
        if view.selection.memory is None:
            text.stylize(clickable(query=key))
        yield text
