"""The first screen of `attn explain`: the sentence, what its weights say, the matrix, and how to go on.

It fits the terminal: the matrix and its finding come first, and what is left out is said.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.finding import coloured_sentences, finding_lines
from attncli.views.terminal.going_on import next_lines
from attncli.views.terminal.heading import closing_notes, title
from attncli.views.terminal.matrices import notes_on_matrices, sums
from attncli.views.terminal.matrix_with_context import Drawn, drawn_in
from attncli.views.terminal.roles import role_lines
from attncli.views.terminal.typeset import BOLD, DIM, heading, notes, wrap

OTHERS = 3  # lines: the heading of the matrix in two, and what is left out
LEAST = 5  # lines of the matrix, however low the terminal is
LEFT_OUT = "left out: {}; see --long"


class Room(NamedTuple):
    """The lines that commands and a sentence may take; `bare`: a title in one line, no empty lines, a short legend."""

    commands: int
    sentence: int
    bare: bool = False


TRIED = (Room(2, 3), Room(1, 3), Room(1, 1), Room(1, 1, bare=True))


def first_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The page, as long as the terminal is high where the matrix can be drawn in so few lines."""
    high = screen.room
    low = len(explanation.sentence.tokens) + OTHERS + 4 > high  # for every word: title, sentence, finding, headings
    page: list[Text] = []
    for room in TRIED:
        page, whole = _page(explanation, room, high, screen)
        if len(page) <= high and (whole or (low and room.commands == 1)):
            break
    return page


def _page(explanation: Explanation, room: Room, high: int, screen: Screen) -> tuple[list[Text], bool]:
    """The page, and whether its matrix has every word."""
    first, empty = title(f"attn {explanation.source.command}", explanation, screen), [] if room.bare else [Text()]
    said = [*coloured_sentences(explanation, screen, room.sentence), *finding_lines(explanation, screen)]
    top = [*(first[:1] if room.bare else first), *empty, *said, *empty]
    end = [*_always(explanation, screen), *next_lines(explanation, screen, room.commands)]
    rest = ["settings"] if room.bare and len(first) > 1 else []
    lines = high - len(top) - len(end) - OTHERS + room.bare
    while True:
        drawn = drawn_in(explanation, max(lines, LEAST), screen)
        matrix = [*_heading(explanation, drawn, room.bare, screen), *drawn.lines]
        more = _more(explanation, drawn, rest, lines - len(drawn.lines), screen)
        over = len(top) + len(matrix) + len(more) + len(end) - high
        if over <= 0 or lines <= LEAST:
            return [*top, *matrix, *([Text()] if over < 0 else []), *more, *end], not drawn.pooled
        lines -= over


def _always(explanation: Explanation, screen: Screen) -> list[Text]:
    """The notes that have their place: on another language, and warnings."""
    languages = explanation.notes if any(each.foreign for each in explanation.sentence.unknown) else ()
    return [*notes(languages, screen), *notes(explanation.warnings, screen, "warning")]


def _heading(explanation: Explanation, drawn: Drawn, bare: bool, screen: Screen) -> list[Text]:
    """The way to read the matrix, and its scale."""
    if bare:
        scale = drawn.legend.partition(",")[0]
        return wrap([("weights", BOLD), (screen.own(f"  {scale}"), DIM)], screen.columns)
    return heading("weights", "; ".join(filter(None, [_reading(explanation, drawn, screen), drawn.legend])), screen)


def _reading(explanation: Explanation, drawn: Drawn, screen: Screen) -> str:
    """The way to read the matrix."""
    bold = screen.colours != "none" and any(context.ranked for context in explanation.context)
    strongest = f", its strongest {'other' if explanation.memory is None else 'key'} bold" * bold
    if drawn.pooled:
        return f"each row is a group of neighbours{strongest}"
    summed = " and sums to 1" if "a row sums to 1" in sums(explanation) else ""
    return f"each row is a {explanation.source.unit}{summed}{strongest}"


def _more(explanation: Explanation, drawn: Drawn, rest: Sequence[str], room: int, screen: Screen) -> list[Text]:
    """The kinds of the heads and the notes as far as there is room, and the line that names the rest."""
    kinds = role_lines(explanation, screen)
    shown = kinds if len(kinds) <= room else []
    left_out = [*rest, *([drawn.rest] if drawn.rest else []), *(["their kinds"] if kinds and not shown else [])]
    listed = min(explanation.top, len(explanation.key_sentence.tokens) - (explanation.memory is None))
    if drawn.beside < listed:
        left_out.append(f"{listed - drawn.beside} of {listed} context words" if drawn.beside else "the context words")
    hidden = 0
    shown_already = {line.plain for line in _always(explanation, screen)}
    for note in dict.fromkeys(closing_notes(explanation, (*drawn.notes, *notes_on_matrices(explanation)), screen)):
        lines = [each for each in notes([note], screen) if each.plain not in shown_already]
        fits = len(shown) + len(lines) <= room
        shown, hidden = [*shown, *(lines if fits else [])], hidden + (not fits)
    if hidden:
        left_out.append(f"{hidden} note{'s' * (hidden > 1)}")
    said = screen.own(LEFT_OUT.format(", ".join(left_out)))
    return [*shown, *(wrap([(said, DIM)], screen.columns) if left_out else [])]
