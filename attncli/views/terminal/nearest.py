"""The effect of attention on one vector: its nearest words before and after, and its cosines with context words."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from attncli.recipes.explanation import CloseUp, Explanation
from attncli.recipes.sources import Neighbour
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Block, blocks_in_rows, heading, line, wrap

INDENT = 9  # cells before a neighbour: its mark and its cosine


@dataclass(frozen=True)
class Move:
    """One context word: its place among the keys, and its vector's cosine with the query's before and after."""

    key: int
    before: float
    after: float


def moves(explanation: Explanation, query: int) -> list[Move]:
    """How near the query's vector is to its strongest context words; empty where the output is in another space."""
    keys = [each.key for each in explanation.context[query].ranked]
    cosines = explanation.source.cosines(query, keys, explanation.output)
    return [Move(*each) for each in zip(keys, *(each.tolist() for each in cosines), strict=True)] if cosines else []


def moves_lines(explanation: Explanation, close_up: CloseUp, screen: Screen) -> list[Text]:
    """The cosines of the context words as `river 0.41 → 0.52`."""
    keys = names(explanation.key_sentence, screen)
    found = moves(explanation, close_up.query)
    if not found:
        return []
    arrow = f"{GLUE}{screen.own('→')}{GLUE}"
    shown = "   ".join(f"{keys[each.key]}{GLUE}{each.before:.2f}{arrow}{each.after:.2f}" for each in found)
    word = names(explanation.sentence, screen)[close_up.query]
    how = f"cosine of {word} with its strongest context words, before → after attention"
    return [*heading("moved", how, screen), *wrap([("  ", ""), (shown, "")], screen.columns, hanging=2)]


def nearest_words(close_up: CloseUp, screen: Screen) -> list[Text]:
    """The nearest words of the vector before and after attention, side by side where they fit; none of a model's."""
    if not close_up.before:
        return []
    when = "before attention" if close_up.after is None else "before and after attention; + marks a new one"
    head = heading("nearest words", f"to the vector {when}", screen)
    known = {each.text for each in close_up.before}
    columns = [Block(_column("before", close_up.before, known, screen))]
    if close_up.after is not None:
        columns.append(Block(_column("after", close_up.after, known, screen)))
    return [*head, *blocks_in_rows(columns, screen).lines]


def _column(name: str, neighbours: Sequence[Neighbour], known: set[str], screen: Screen) -> list[Text]:
    """One list of neighbours: cosine and word, a + before those that are not `known`."""
    lines = [line((f"  {name}", DIM))]
    for each in neighbours:
        first, *rest = wrap([(screen.word(each.text), "")], screen.columns - INDENT)
        mark = "  " if each.text in known else "+ "
        lines.append(line((mark, BOLD), (f"{each.similarity:5.2f}  ", ""), (first.plain, "")))
        lines += [line((" " * INDENT + text.plain, "")) for text in rest]
    return lines
