"""A screen of the tour: its title, its sentence, its parts, and the next command."""

import re
import shlex
from importlib import import_module
from typing import Any

from rich.text import Text

from attncli.tour import SCREENS
from attncli.tour.tour import Command, Tour
from attncli.views.screen import Screen, cells
from attncli.views.terminal.heading import closing, sentences
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap

TRY = "try: "


def _module(number: int) -> Any:
    return import_module(f"attncli.tour.{list(SCREENS)[number - 1]}")


def tour_lines(tour: Tour, number: int, screen: Screen, vectors: str | None = None) -> list[Text]:
    """The screen `number`, from 1; `vectors` is the set as the user named it, for the command at its end."""
    title = [(f"attn tour {number} of {len(SCREENS)}  ", DIM), (screen.own(list(SCREENS.values())[number - 1]), BOLD)]
    head = [*wrap(title, screen.columns), *sentences(tour.explanation.sentence, None, screen)]
    parts = [head, *_module(number).parts(tour, screen)]
    lines = [text for part in parts if part for text in (*part, Text())][:-1]
    lines += wrap([(TRY, DIM), (_shown_command(tour, number, vectors, screen), "")], screen.columns, hanging=2)
    return [*lines, *(closing(tour.explanation, [], screen) if number == 1 else [])]


def try_command(tour: Tour, number: int, vectors: str | None = None) -> str:
    """The command of a screen, for a shell."""
    return "".join(_command(tour, number, vectors))


def _command(tour: Tour, number: int, vectors: str | None) -> tuple[str, str, str]:
    """The command in three pieces: the part before its sentence, the sentence in quotes, and the rest."""
    command: Command = _module(number).command(tour)
    given = ["--vectors", shlex.quote(vectors)] if vectors is not None else []
    options = "".join(f" {word}" for word in (*map(shlex.quote, command.options), *given))
    if command.sentence is None:
        return f"attn {command.name}", "", options
    return f"attn {command.name} ", quoted(command.sentence), options


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
