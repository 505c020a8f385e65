"""The guide of `attn tour`: shows screens, and asks at the end of each which one is next."""

import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from rich.text import Text

from attncli.cli.exits import report
from attncli.cli.output import open_sink, say
from attncli.cli.terminal import detect_screen
from attncli.errors import AttnError
from attncli.tour import Lesson
from attncli.tour.page import behind, tour_lines
from attncli.tour.tour import AnyTour
from attncli.tour.whole import WholeTour
from attncli.vectors.places import EMBEDDED


@dataclass(frozen=True)
class Guide:
    """The lesson, its tour of a sentence, the name of its vectors or model, and `--color`.

    The screen is measured anew for every page.
    """

    lesson: Lesson
    tour_of: Callable[[str], AnyTour]
    named: str | None
    color: str

    @property
    def last(self) -> int:
        """The number of the last screen."""
        return len(self.lesson.screens)

    def show(self, text: str, numbers: Iterable[int]) -> None:
        """The screens one under another, with an empty line between them."""
        tour, shown = self.tour_of(text), [*numbers]
        for place, number in enumerate(shown):
            self._print([*([Text()] if place else []), *self._page(tour, number, shown)])

    def whole(self, text: str, numbers: Collection[int]) -> WholeTour:
        """The screens as one value."""
        tour = self.tour_of(text)
        return WholeTour(tour, numbers, self._named(tour))

    def walk(self, text: str) -> None:
        """Screen after screen, as the reader's keys choose, until q, Enter on the last one, or the end of the input."""
        tour, number = self.tour_of(text), 1
        self._turn(tour, number)
        while number <= self.last and (answer := self._ask(keys := _keys(number, self.last))) is not None:
            key, _, rest = answer.strip().partition(" ")
            if key.lower() == "s":
                tour = self._other(tour, rest)
            elif (chosen := _screen_for(key.lower(), number, self.last)) is not None:
                number = chosen
            else:
                say(f"{answer.strip()!r} is no key of the tour; they are: {keys.rstrip(': ')}")
                continue
            if number <= self.last:
                self._turn(tour, number)

    def _other(self, tour: AnyTour, given: str) -> AnyTour:
        """The tour of another sentence: of the one typed after `s`, else asked for until one can be explained."""
        answer: str | None = given or self._ask("sentence (Enter keeps this one): ")
        while answer is not None and answer.strip():
            try:
                return self.tour_of(answer)
            except AttnError as error:
                report(error)
            answer = self._ask("another sentence (Enter keeps the old one): ")
        return tour

    def _turn(self, tour: AnyTour, number: int) -> None:
        self._print([Text(), *self._page(tour, number, self.lesson.numbers), Text()])

    def _page(self, tour: AnyTour, number: int, shown: Collection[int]) -> list[Text]:
        screen = detect_screen(self.color)
        return [*tour_lines(tour, number, screen, self._named(tour)), *behind(self.lesson, number, shown, screen)]

    def _named(self, tour: AnyTour) -> str | None:
        """The vectors or the model as the commands of the screens name them."""
        name = tour.explanation.source.name
        return self.named or (None if name == EMBEDDED else name)

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


def _keys(number: int, last: int) -> str:
    keys = f"and with Enter: b back, 1-{last} jump, s new sentence, q quit: "
    return f"Enter {'next' if number < last else 'leaves'}; {keys}"


def _screen_for(key: str, number: int, last: int) -> int | None:
    """The screen that a key leads to from `number`, last + 1 to leave; None for other input."""
    if key.isascii() and key.isdigit() and 1 <= int(key[:3]) <= last:
        return int(key)
    end = last + 1
    return {"": number + 1, "n": number + 1, "b": max(1, number - 1), "q": end, "quit": end, "exit": end}.get(key)
