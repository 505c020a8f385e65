"""The guide of `attn tour`: shows screens, and asks at the end of each which one is next."""

import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rich.text import Text

from attncli.cli.exits import report
from attncli.cli.output import open_sink, say
from attncli.cli.terminal import detect_screen
from attncli.errors import AttnError
from attncli.tour import BASICS, SCREENS
from attncli.tour.page import tour_lines
from attncli.tour.tour import Tour, tour_of
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets
from attncli.vectors.places import EMBEDDED
from attncli.views.terminal.typeset import DIM, wrap

KEYS = f"and with Enter: b back, 1-{len(SCREENS)} jump, s new sentence, q quit: "
ALL = range(1, len(SCREENS) + 1)
END = len(SCREENS) + 1  # behind the last screen


@dataclass(frozen=True)
class Guide:
    """The vectors, how the user named them, and `--color`; the screen is measured anew for every page."""

    vectors: Vectors | EmbeddedSets
    named: str | None
    color: str

    def show(self, text: str, numbers: Iterable[int]) -> None:
        """The screens one under another, with an empty line between them."""
        tour = tour_of(text, self.vectors)
        shown = [*numbers]
        for place, number in enumerate(shown):
            self._print([*([Text()] if place else []), *self._page(tour, number), *self._behind(number, shown)])

    def walk(self, text: str) -> None:
        """Screen after screen, as the reader's keys choose, until q, Enter on the last one, or the end of the input."""
        tour, number = tour_of(text, self.vectors), 1
        self._turn(tour, number)
        while number <= len(SCREENS) and (answer := self._ask(keys := _keys(number))) is not None:
            key, _, rest = answer.strip().partition(" ")
            if key.lower() == "s":
                tour = self._other(tour, rest)
            elif (chosen := _screen_for(key.lower(), number)) is not None:
                number = chosen
            else:
                say(f"{answer.strip()!r} is no key of the tour; they are: {keys.rstrip(': ')}")
                continue
            if number <= len(SCREENS):
                self._turn(tour, number)

    def _other(self, tour: Tour, given: str) -> Tour:
        """The tour of another sentence: of the one typed after `s`, else asked for until one can be explained."""
        answer: str | None = given or self._ask("sentence (Enter keeps this one): ")
        while answer is not None and answer.strip():
            try:
                return tour_of(answer, self.vectors)
            except AttnError as error:
                report(error)
            answer = self._ask("another sentence (Enter keeps the old one): ")
        return tour

    def _turn(self, tour: Tour, number: int) -> None:
        self._print([Text(), *self._page(tour, number), *self._behind(number, ALL), Text()])

    def _behind(self, number: int, shown: Collection[int]) -> list[Text]:
        """The line between the lesson and the screens that go deeper, where these follow."""
        if number != BASICS or number + 1 not in shown:
            return []
        said = f"The basics end here. Deeper, from {BASICS + 1} on: {', '.join([*SCREENS][BASICS:])}."
        return [Text(), *wrap([(said, DIM)], detect_screen(self.color).columns)]

    def _page(self, tour: Tour, number: int) -> list[Text]:
        name = tour.explanation.source.name
        named = self.named or (None if name == EMBEDDED else name)
        return tour_lines(tour, number, detect_screen(self.color), named)

    def _print(self, lines: list[Text]) -> None:
        with open_sink(None) as sink:
            sink.lines(lines, detect_screen(self.color))

    def _ask(self, question: str) -> str | None:
        """A line of the reader's; None at the end of the input (Ctrl-D)."""
        print(question, end="", flush=True)
        line = sys.stdin.buffer.readline()
        if not line:
            print()
            return None
        return line.decode(sys.stdin.encoding or "utf-8", "replace").rstrip("\r\n")


def _keys(number: int) -> str:
    return f"Enter {'next' if number < len(SCREENS) else 'leaves'}; {KEYS}"


def _screen_for(key: str, number: int) -> int | None:
    """The screen that a key leads to from `number`, END to leave; None for other input."""
    if key.isascii() and key.isdigit() and 1 <= int(key[:3]) <= len(SCREENS):
        return int(key)
    return {"": number + 1, "n": number + 1, "b": max(1, number - 1), "q": END, "quit": END, "exit": END}.get(key)
