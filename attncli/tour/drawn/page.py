"""A screen of the tour: its title, its sentence, its parts, and the command to go on with."""

import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

from rich.text import Text

from attncli.tour.drawn.distance import distance_command, distance_parts
from attncli.tour.drawn.embedding import embedding_command, embedding_parts
from attncli.tour.drawn.lookup import lookup_command, lookup_parts
from attncli.tour.drawn.order import order_command, order_parts
from attncli.tour.drawn.parts import Part
from attncli.tour.drawn.projecting import projecting_command, projecting_parts
from attncli.tour.drawn.several import several_command, several_parts
from attncli.tour.drawn.stacking import stacking_command, stacking_parts
from attncli.tour.drawn.weighing import weighing_command, weighing_parts
from attncli.tour.walk import Tour
from attncli.views.screen import Screen, cells
from attncli.views.terminal.heading import closing, sentences
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap

TRY = "try: "


class Stop(NamedTuple):
    """One screen: its title, what it shows, and the words of its command."""

    title: str
    parts: Callable[[Tour, Screen], list[Part]]
    command: Callable[[Tour], tuple[str, ...]]


STOPS = (
    Stop("Tokens and vectors", embedding_parts, embedding_command),
    Stop("Self-attention", weighing_parts, weighing_command),
    Stop("Order does not matter", order_parts, order_command),
    Stop("Queries, keys and values", projecting_parts, projecting_command),
    Stop("One value, or a mixture of all", lookup_parts, lookup_command),
    Stop("Several heads", several_parts, several_command),
    Stop("Masks and stacked blocks", stacking_parts, stacking_command),
    Stop("Distance", distance_parts, distance_command),
)


def tour_lines(tour: Tour, number: int, screen: Screen, vectors: str | None = None) -> list[Text]:
    """The screen `number`, from 1; `vectors` is the set as the user named it, for the command at its end."""
    stop, sentence = STOPS[number - 1], tour.explanation.sentence
    title = wrap([(f"attn tour {number} of {len(STOPS)}  ", DIM), (stop.title, BOLD)], screen.columns)
    parts = [[*title, *sentences(sentence, None, screen)], *stop.parts(tour, screen)]
    lines = [text for part in parts if part for text in (*part, Text())][:-1]
    lines += wrap([(TRY, DIM), (_shown_command(tour, number, vectors, screen), "")], screen.columns, hanging=2)
    return [*lines, *(closing(tour.explanation, [], screen) if number == 1 else [])]


def try_command(tour: Tour, number: int, vectors: str | None = None) -> str:
    """The command of a screen, for a shell."""
    return "".join(_command(tour, number, vectors))


def _command(tour: Tour, number: int, vectors: str | None) -> tuple[str, str, str]:
    """The same in three pieces: what stands before its sentence, the sentence in quotes, and the rest."""
    name, *options = STOPS[number - 1].command(tour)
    given = ["--vectors", shlex.quote(vectors)] if vectors is not None else []
    words = "".join(f" {word}" for word in (*map(shlex.quote, options), *given))
    if name == "vectors":
        return f"attn {name}", "", words
    text = tour.distance.text if number == len(STOPS) else tour.explanation.sentence.text
    return f"attn {name} ", quoted(text), words


def quoted(text: str) -> str:
    """A sentence in quotes for a shell, in one line; a space keeps a dash at its beginning from being an option's."""
    line = " ".join(text.split())
    line = f" {line}" if line.startswith("-") else line
    return shlex.quote(line) if re.search(r'["$`\\!]', line) else f'"{line}"'


def _shown_command(tour: Tour, number: int, vectors: str | None, screen: Screen) -> str:
    """The command as it may be broken: if it must be, only in its sentence, where a line's end is a space too."""
    before, sentence, after = map(screen.word, _command(tour, number, vectors))
    if cells(before + sentence + after) <= screen.columns - len(TRY):
        return (before + sentence + after).replace(" ", GLUE)
    return before.replace(" ", GLUE) + sentence + after.replace(" ", GLUE)
