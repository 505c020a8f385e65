"""The context words of every word, ranked, with bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.rounding import as_weight, hundredths
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import DIM, Block, bar, heading

MOST_WORDS = 60
LONGEST_NAME, CUT_NAME = 16, 12
LONGEST_BAR, SHORTEST_BAR = 12, 3
NARROW = 36  # cells; below, the entries are under their word
GAP = 2  # cells between two entries


@dataclass(frozen=True)
class Columns:
    """The layout: the widths of labels, names, numbers and bars, the entries a line and their start.

    `stacked`: the entries start on the line after the label, as on very narrow screens.
    """

    label: int
    indent: int
    name: int
    number: int
    entries: int
    bar: int
    stacked: bool


def _columns(
    labels: Sequence[str], key_names: Sequence[str], number: int, top: int, itself: bool, screen: Screen
) -> Columns:
    stacked = screen.columns < NARROW
    own = (number + 2 + GAP) * itself
    label = min(max(map(cells, labels)), screen.columns - GAP - own if stacked else screen.columns // 5)
    indent = 2 if stacked else label + GAP + own
    room = screen.columns - indent
    longest = min(max(map(cells, key_names), default=1), LONGEST_NAME, room - number - 1)
    shorter = min(longest, CUT_NAME)  # long names are cut where more entries fit for it
    name = shorter if _entries(shorter + number, room, top) > _entries(longest + number, room, top) else longest
    entries = _entries(name + number, room, top)
    bar_room = (room + GAP) // entries - (name + number + 2 + GAP)
    return Columns(label, indent, name, number, entries, max(min(bar_room, LONGEST_BAR), 0), stacked)


def _entries(text: int, room: int, top: int) -> int:
    """The number of entries of name and number in `text` cells side by side, spread evenly over their lines."""
    most = max(min((room + GAP) // (text + 2 + SHORTEST_BAR + GAP), top), 1)
    return -(-top // -(-top // most))


def context_lines(explanation: Explanation, screen: Screen) -> Block:
    """Every word with its own weight and its `--top` context words; the rounding is the matrix's."""
    contexts = explanation.context[:MOST_WORDS]
    shown = _numbers(explanation, screen)
    key_names = names(explanation.key_sentence, screen)
    labels = _labels(explanation, screen)
    listed = [key_names[each.key] for context in contexts for each in context.ranked]
    number = max(map(len, shown.values()), default=0)
    columns = _columns(labels, listed, number, explanation.top, explanation.memory is None, screen)
    full = _full_bar(explanation)
    lines = _heading(explanation, full, screen)
    for label, context in zip(labels, contexts, strict=False):
        entries = [
            _entry(key_names[each.key], shown[context.query, each.key], each.weight / full, columns, screen)
            for each in context.ranked
        ]
        own = None if context.itself is None else shown[context.query, context.query]
        lines += _word(label, own, entries, columns, screen)
    was_cut = max(map(cells, labels)) > columns.label or max(map(cells, listed), default=0) > columns.name
    return Block(lines, _notes(explanation, was_cut, screen))


def _numbers(explanation: Explanation, screen: Screen) -> dict[tuple[int, int], str]:
    """Each weight that is listed, by query and key, as the matrix shows it; without one, with more decimals."""
    listed: dict[tuple[int, int], float] = {}
    for context in explanation.context[:MOST_WORDS]:
        listed |= {(context.query, each.key): each.weight for each in context.ranked}
        if context.itself is not None:
            listed[context.query, context.query] = context.itself
    if not explanation.has_matrix:
        return {place: f"{weight:.5f}" for place, weight in listed.items()}
    shown = hundredths(explanation.mean_weights[:MOST_WORDS])  # [n, n_key]
    visible = explanation.layers[-1].visible  # [n_query, n_key]
    return {place: as_weight(int(shown[place])) if visible[place] else screen.own("·") for place in listed}


def _labels(explanation: Explanation, screen: Screen) -> list[str]:
    tokens = explanation.sentence.tokens[:MOST_WORDS]
    width = len(str(tokens[-1].index))
    return [f"{token.index:>{width}} {screen.word(token.label)}" for token in tokens]


def _full_bar(explanation: Explanation) -> float:
    """The weight of a full bar: twice an even share, or the largest weight if that is more.

    A fixed reference: weights that are all alike have bars half as long, not full ones.
    """
    weights = [each.weight for context in explanation.context[:MOST_WORDS] for each in context.ranked]
    return max([*weights, _twice_even(explanation)])


def _twice_even(explanation: Explanation) -> float:
    return min(2 / max(len(explanation.key_sentence.tokens), 1), 1.0)


def _heading(explanation: Explanation, full: float, screen: Screen) -> list[Text]:
    what = "(=) itself, then the strongest others" if explanation.memory is None else "the strongest of the keys"
    why = "" if full == 1 else ": twice an even share" if full == _twice_even(explanation) else ": the largest"
    return heading("context", f"{what}; full bar {full:.2f}{why}", screen)


def _entry(name: str, shown: str, share: float, columns: Columns, screen: Screen) -> Text:
    """One context word, as wide as its column."""
    text = Text(pad(cut(name, columns.name, screen.own("…")), columns.name), no_wrap=True)
    text.append(f" {shown:>{columns.number}}")
    if columns.bar >= 1:
        text.append(" " + pad(bar(share, columns.bar, screen), columns.bar), DIM)
    return text


def _word(label: str, own: str | None, entries: Sequence[Text], columns: Columns, screen: Screen) -> list[Text]:
    """A word's lines: label and own weight, then its entries, broken between entries only."""
    first = Text(pad(cut(label, columns.label, screen.own("…")), columns.label + GAP), no_wrap=True)
    if own is not None:
        first.append(f"= {own:>{columns.number}}" + " " * GAP, DIM)
    rows = [entries[start : start + columns.entries] for start in range(0, len(entries), columns.entries)]
    rows = rows or [[Text("sees nothing else", style=DIM)]]
    lines = [first] if columns.stacked else []
    for row in rows:
        lines.append(Text(" " * columns.indent, no_wrap=True) if lines else first)
        lines[-1].append_text(Text(" " * GAP).join(row))
    for text in lines:
        text.rstrip()
    return lines


def _notes(explanation: Explanation, was_cut: bool, screen: Screen) -> tuple[str, ...]:
    remarks = []
    left_out = len(explanation.sentence.tokens) - MOST_WORDS
    if left_out > 0:
        remarks.append(f"the context of the last {left_out} words is left out; --word N shows one word, --json all")
    if was_cut:
        remarks.append("words that end in … are cut in the context; a wider terminal or --json shows them whole")
    return tuple(map(screen.own, remarks))
