"""The matrix of the first screen: with each word's strongest others beside it, or in groups where it must be low."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.rounding import as_short, as_weight
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.grid import Grid, Layout, column_words, header_line, row_line
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrices import matrices_block, matrix_of
from attncli.views.terminal.matrix import (
    OVERHEAD,
    Matrix,
    matrix_lines,
    noted,
    shortest_label,
    whole_grid,
    with_numbers,
    with_words,
)
from attncli.views.terminal.typeset import DIM, Block

GAP = 2  # cells between the matrix and the context words, and between two of these
LONGEST_NAME = 10  # of a context word
NARROW_LABEL, NARROW_CELL = 14, 4  # cells of a row's label and of a cell, where neighbours are pooled


@dataclass(frozen=True)
class Drawn:
    """The matrix of the page: its lines, its legend, its notes, and how many context words each row has beside it."""

    lines: list[Text]
    legend: str
    notes: tuple[str, ...] = ()
    beside: int = 0
    rest: str = ""  # of the heads
    pooled: bool = False


def drawn_in(explanation: Explanation, room: int, screen: Screen) -> Drawn:
    """The matrices of all heads if they fit, else the matrix of their mean: with the context beside it, or pooled."""
    n_head = explanation.weights.shape[1]
    if n_head > 1:
        block = matrices_block(explanation, screen)
        if len(block.lines) <= room:
            return _of_block(block)
    matrix = matrix_of(explanation, None if n_head > 1 else 0, "", screen)
    rest = "single heads" if n_head > 1 else ""
    if len(matrix.rows) >= room:
        return _pooled(matrix, rest, room, screen)
    grid = whole_grid(matrix, screen)
    layout, beside = _layout(explanation, grid, screen)
    words = column_words(grid, screen) if layout.numbered else []
    if layout.width > screen.columns or len(words) + 1 + grid.rows.groups > room:
        return _pooled(matrix, rest, room, screen)
    columns = range(grid.columns.groups)
    header = header_line(grid, columns, layout)
    rows = [row_line(grid, row, columns, layout, screen) for row in range(grid.rows.groups)]
    if beside:
        header.append(_over_contexts(explanation, screen.columns - layout.width - GAP), DIM)
        for text, context in zip(rows, _contexts(explanation, grid, layout, beside, screen), strict=True):
            text.append_text(context)
    return replace(_of_block(noted([*words, header, *rows], grid, layout, screen)), beside=beside, rest=rest)


def _pooled(matrix: Matrix, rest: str, room: int, screen: Screen) -> Drawn:
    """The matrix in as few groups of neighbouring words, alike on both sides, as there is room for."""
    wide = (screen.columns - NARROW_LABEL) // NARROW_CELL
    most = max(min(room - 1, wide, max(len(matrix.rows), len(matrix.columns)) - 1), 2)
    return replace(_of_block(matrix_lines(matrix, screen, most + OVERHEAD)), rest=rest)


def _over_contexts(explanation: Explanation, room: int) -> str:
    """The heading of the context words, the longest that fits."""
    headings = ("strongest others", "others") if explanation.memory is None else ("strongest keys", "keys")
    return " " * GAP + next((each for each in headings if len(each) <= room), "")


def _of_block(block: Block) -> Drawn:
    """A block, the legend of its colours apart from its other notes."""
    others = tuple(note for note in block.notes if note != block.legend)
    return Drawn(block.lines, block.legend, others, pooled=block.pooled)


def _layout(explanation: Explanation, grid: Grid, screen: Screen) -> tuple[Layout, int]:
    """The layout of the matrix, and how many context words fit beside each row: the widest with two, or with one."""
    layouts = [each for each in (with_words(grid, screen), _tight(grid, screen), with_numbers(grid, screen)) if each]
    fitting = [(each, _beside(explanation, each, screen)) for each in layouts]
    for least in (2, 1):
        for layout, count in fitting:
            if count >= min(least, explanation.top):
                return layout, count
    cut_labels = replace(layouts[-1], label=max(shortest_label(grid), screen.columns - 1 - sum(layouts[-1].widths)))
    return next(((each, 0) for each in (*layouts, cut_labels) if each.width <= screen.columns), (cut_labels, 0))


def _tight(grid: Grid, screen: Screen) -> Layout:
    """Columns headed by words, as narrow as the words and the short numbers are."""
    label = min(grid.longest_label, max(shortest_label(grid), screen.columns // 4))
    number = max(4, len(as_short(grid.largest)) + 1)
    return Layout(label, tuple(max(cells(word) + 1, number) for word in grid.columns.headings), False, short=True)


def _beside(explanation: Explanation, layout: Layout, screen: Screen) -> int:
    room = screen.columns - layout.width
    return max(min(room // (GAP + _name_width(explanation, screen) + _number(layout)), explanation.top), 0)


def _number(layout: Layout) -> int:
    return 5 if layout.end else 4


def _name_width(explanation: Explanation, screen: Screen) -> int:
    shown = names(explanation.key_sentence, screen)
    listed = [shown[each.key] for context in explanation.context for each in context.ranked]
    return min(max(map(cells, listed), default=1), LONGEST_NAME)


def _contexts(explanation: Explanation, grid: Grid, layout: Layout, most: int, screen: Screen) -> Iterator[Text]:
    """The strongest context words of each row, with their weights as the matrix writes them."""
    shown, width = names(explanation.key_sentence, screen), _name_width(explanation, screen)
    spell = as_weight if layout.end else as_short
    for context in explanation.context:
        text = Text()
        if not context.ranked:
            room = screen.columns - layout.width - GAP
            text.append(" " * GAP + ("sees nothing else" if room >= 17 else "nothing")[:room], DIM)
        for each in context.ranked[:most]:
            value = int(grid.shown[context.query, each.key])
            if not value:
                break
            number = spell(value)
            name = pad(cut(shown[each.key], width, screen.own("…")), width)
            text.append(" " * GAP + name)
            text.append(f"{number:>{_number(layout)}}", DIM)
        yield text
