"""The first screen of `attn explain`: the sentence, what its weights say, the matrix, and how to go on.

It fits the terminal: the matrix and its finding come first, and what is left out is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.rounding import as_short, as_weight
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.finding import coloured_sentences, finding_lines
from attncli.views.terminal.going_on import next_lines
from attncli.views.terminal.grid import Grid, Layout, column_words, header_line, row_line
from attncli.views.terminal.heading import closing_notes, names, title
from attncli.views.terminal.matrices import matrices_block, matrix_of, notes_on_matrices, sums
from attncli.views.terminal.matrix import (
    OVERHEAD,
    legend,
    matrix_lines,
    notes_on,
    shortest_label,
    whole_grid,
    with_numbers,
    with_words,
)
from attncli.views.terminal.roles import role_lines
from attncli.views.terminal.typeset import DIM, Block, heading, notes, wrap

PROMPT = 2  # lines of the terminal for the command and the next prompt
OTHERS = 3  # lines: the heading of the matrix in two, and what is left out
TRIED = ((2, 3), (1, 3), (1, 1))  # the lines that commands and a sentence may take
LEAST = 5  # lines of the matrix, however low the terminal is
GAP = 2  # cells between the matrix and the context words, and between two of these
LONGEST_NAME = 10  # of a context word
LEFT_OUT = "left out: {}; see --long"


@dataclass(frozen=True)
class Drawn:
    """The matrix of the page: its lines, its legend, its notes, and how many context words each row has beside it."""

    lines: list[Text]
    legend: str
    notes: tuple[str, ...] = ()
    beside: int = 0
    rest: str = ""  # of the heads
    pooled: bool = False


def first_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The page, as long as the terminal is high where the matrix can be drawn in so few lines."""
    warnings, high = _always(explanation, screen), screen.height - PROMPT
    page: list[Text] = []
    for commands, sentence in TRIED:
        top = [*title("attn explain", explanation, screen), Text()]
        top += [*coloured_sentences(explanation, screen, sentence), *finding_lines(explanation, screen), Text()]
        end = [*warnings, *next_lines(explanation, screen, commands)]
        page, whole = _fitted(explanation, top, end, high, screen)
        if len(page) <= high and (whole or commands == 1):
            break
    return page


def _always(explanation: Explanation, screen: Screen) -> list[Text]:
    """The notes that have their place: on another language, and warnings."""
    languages = explanation.notes if any(each.foreign for each in explanation.sentence.unknown) else ()
    return [*notes(languages, screen), *notes(explanation.warnings, screen, "warning")]


def _fitted(
    explanation: Explanation, top: list[Text], end: list[Text], high: int, screen: Screen
) -> tuple[list[Text], bool]:
    """The page with its middle in as many lines as are left, and whether the matrix has every word."""
    room = high - len(top) - len(end) - OTHERS
    while True:
        drawn = _drawn(explanation, max(room, LEAST), screen)
        how = "; ".join(filter(None, [_reading(explanation, drawn), drawn.legend]))
        matrix = [*heading("weights", how, screen), *drawn.lines]
        more = _more(explanation, drawn, room - len(drawn.lines), screen)
        over = len(top) + len(matrix) + len(more) + len(end) - high
        if over <= 0 or room <= LEAST:
            return [*top, *matrix, *([Text()] if over < 0 else []), *more, *end], not drawn.pooled
        room -= over


def _reading(explanation: Explanation, drawn: Drawn) -> str:
    """The way to read the matrix."""
    if drawn.pooled:
        return "each row is a group of neighbours, its strongest other bold"
    summed = " and sums to 1" if "a row sums to 1" in sums(explanation) else ""
    strongest = "other" if explanation.memory is None else "key"
    return f"each row is a {explanation.source.unit}{summed}, its strongest {strongest} bold"


def _drawn(explanation: Explanation, room: int, screen: Screen) -> Drawn:
    """The matrices of all heads if they fit, else the matrix of their mean: with the context beside it, or pooled."""
    n_head = explanation.weights.shape[1]
    if n_head > 1:
        block = matrices_block(explanation, screen)
        if len(block.lines) <= room:
            return _of_block(block)
    matrix = matrix_of(explanation, None if n_head > 1 else 0, "", screen)
    grid = whole_grid(matrix, screen)
    rest = "single heads" if n_head > 1 else ""
    layout, beside = _layout(explanation, grid, screen)
    words = column_words(grid, screen) if layout.numbered else []
    if layout.width > screen.columns or len(words) + 1 + grid.rows.groups > room:
        drawn = _of_block(
            matrix_lines(matrix, screen, room + OVERHEAD - 1)  # which has no title, and no empty line
        )
        pooled = any(note.startswith("folded") for note in drawn.notes)
        return Drawn(drawn.lines, drawn.legend, drawn.notes, 0, rest, pooled)
    columns = range(grid.columns.groups)
    header = header_line(grid, columns, layout)
    rows = [row_line(grid, row, columns, layout, screen) for row in range(grid.rows.groups)]
    if beside:
        header.append(_over_contexts(explanation, screen.columns - layout.width - GAP), DIM)
        for text, context in zip(rows, _contexts(explanation, grid, layout, beside, screen), strict=True):
            text.append_text(context)
    said = tuple(note for note in notes_on(grid, layout, screen) if note not in {*legend(grid, screen)})
    return Drawn([*words, header, *rows], next(legend(grid, screen), ""), said, beside, rest)


def _over_contexts(explanation: Explanation, room: int) -> str:
    """The heading of the context words, the longest that fits."""
    headings = ("strongest others", "others") if explanation.memory is None else ("strongest keys", "keys")
    return " " * GAP + next((each for each in headings if len(each) <= room), "")


def _of_block(block: Block) -> Drawn:
    """A block whose first note is the legend of its colours."""
    scale = [note for note in block.notes if note.startswith(("colours ", "shades "))]
    return Drawn(block.lines, scale[0] if scale else "", tuple(note for note in block.notes if note not in scale))


def _layout(explanation: Explanation, grid: Grid, screen: Screen) -> tuple[Layout, int]:
    """The layout of the matrix, and how many context words fit beside each row: the widest with two, or with one."""
    layouts = [each for each in (with_words(grid, screen), _tight(grid, screen), with_numbers(grid, screen)) if each]
    fitting = [(each, _beside(explanation, each, screen)) for each in layouts]
    for least in (2, 1):
        for layout, count in fitting:
            if count >= min(least, explanation.top):
                return layout, count
    return next(((each, 0) for each in layouts if each.width <= screen.columns), (layouts[-1], 0))


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


def _more(explanation: Explanation, drawn: Drawn, room: int, screen: Screen) -> list[Text]:
    """The kinds of the heads and the notes as far as there is room, and the line that names the rest."""
    kinds = role_lines(explanation, screen)
    shown = kinds if len(kinds) <= room else []
    left_out = [*([drawn.rest] if drawn.rest else []), *(["their kinds"] if kinds and not shown else [])]
    listed = min(explanation.top, len(explanation.key_sentence.tokens) - (explanation.memory is None))
    if drawn.beside < listed:
        left_out.append(f"{listed - drawn.beside} of {listed} context words" if drawn.beside else "the context words")
    hidden = 0
    shown_already = {line.plain for line in _always(explanation, screen)}
    for note in closing_notes(explanation, (*drawn.notes, *notes_on_matrices(explanation)), screen):
        lines = [each for each in notes([note], screen) if each.plain not in shown_already]
        fits = len(shown) + len(lines) <= room
        shown, hidden = [*shown, *(lines if fits else [])], hidden + (not fits)
    if hidden:
        left_out.append(f"{hidden} note{'s' * (hidden > 1)}")
    said = screen.own(LEFT_OUT.format(", ".join(left_out)))
    return [*shown, *(wrap([(said, DIM)], screen.columns) if left_out else [])]
