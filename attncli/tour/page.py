"""A screen of the tour: its title, its sentence, its parts, and the next command."""

import re
import shlex
from collections.abc import Collection
from importlib import import_module
from typing import Any

from rich.text import Text

from attncli.tour import Lesson
from attncli.tour.parts import Part
from attncli.tour.tour import AnyTour, Command
from attncli.views.screen import Screen, cells
from attncli.views.terminal.heading import closing, sentences
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap

TRY = "try: "


def _module(tour: AnyTour, number: int) -> Any:
    return import_module(f"{tour.lesson.package}.{list(tour.lesson.screens)[number - 1]}")


def tour_lines(tour: AnyTour, number: int, screen: Screen, named: str | None = None) -> list[Text]:
    """The screen `number`, from 1; `named` is the vector set or the model, for the command at its end."""
    titles = list(tour.lesson.screens.values())
    title = [(f"attn tour {number} of {len(titles)}  ", DIM), (screen.own(titles[number - 1]), BOLD)]
    head = [*wrap(title, screen.columns), *sentences(tour.explanation.sentence, None, screen)]
    parts = [head, *screen_parts(tour, number, screen)]
    lines = [text for part in parts if part for text in (*part, Text())][:-1]
    lines += wrap([(TRY, DIM), (_shown_command(tour, number, named, screen), "")], screen.columns, hanging=2)
    return [*lines, *(closing(tour.explanation, [], screen) if number == 1 else [])]


def screen_parts(tour: AnyTour, number: int, screen: Screen) -> list[Part]:
    """The parts of a screen, without its title and its command."""
    parts: list[Part] = _module(tour, number).parts(tour, screen)
    return parts


def behind(lesson: Lesson, number: int, shown: Collection[int], screen: Screen) -> list[Text]:
    """The line between the basics and the screens that go deeper, where these follow."""
    if number != lesson.basics or number + 1 not in shown:
        return []
    said = f"The basics end here. Deeper, from {number + 1} on: {', '.join([*lesson.screens][number:])}."
    return [Text(), *wrap([(said, DIM)], screen.columns)]


def try_command(tour: AnyTour, number: int, named: str | None = None) -> str:
    """The command of a screen, for a shell."""
    return "".join(text for text, _ in _command(tour, number, named))


def _command(tour: AnyTour, number: int, named: str | None) -> list[tuple[str, bool]]:
    """The command in pieces, each with whether it is text in quotes, which may be broken at its spaces."""
    command: Command = _module(tour, number).command(tour)
    option = tour.lesson.option
    given = [option, named] if named is not None and command.of_tour and option not in command.options else []
    options = "".join(f" {shlex.quote(word)}" for word in (*command.options, *given))
    sentence = [] if command.sentence is None else [(" ", False), (quoted(command.sentence), True)]
    memory = [] if command.memory is None else [(" --memory ", False), (quoted(command.memory), True)]
    return [(f"attn {command.name}", False), *sentence, *memory, (options, False)]


def quoted(text: str) -> str:
    """A sentence in quotes for a shell, in one line; a space keeps a dash at its beginning from being an option's."""
    line = " ".join(text.split())
    line = f" {line}" if line.startswith("-") else line
    return shlex.quote(line) if re.search(r'["$`\\!]', line) else f'"{line}"'


def _shown_command(tour: AnyTour, number: int, named: str | None, screen: Screen) -> str:
    """The command as it may be broken: if it must be, only in its quotes, where a line's end is a space too."""
    pieces = [(screen.word(text), quotes) for text, quotes in _command(tour, number, named)]
    fits = cells("".join(text for text, _ in pieces)) <= screen.columns - len(TRY)
    return "".join(text if quotes and not fits else text.replace(" ", GLUE) for text, quotes in pieces)
