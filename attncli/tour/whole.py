"""A tour with all of its screens, or some, as one value: for a text file, a picture and a page."""

from collections.abc import Collection
from dataclasses import dataclass

from rich.text import Text

from attncli.text.tokens import Sentence
from attncli.tour.page import behind, tour_lines
from attncli.tour.tour import AnyTour
from attncli.views.screen import Screen


@dataclass(frozen=True, eq=False)
class WholeTour:
    """A tour and the numbers of its screens; named: its vectors or its model, as the user named them."""

    tour: AnyTour
    numbers: Collection[int]
    named: str | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, whose unknown words the first screen names itself."""
        return ()


def whole_lines(whole: WholeTour, screen: Screen) -> list[Text]:
    """The screens one under another, with an empty line between them."""
    lines: list[Text] = []
    for place, number in enumerate(whole.numbers):
        shown = tour_lines(whole.tour, number, screen, whole.named)
        lines += [*([Text()] if place else []), *shown, *behind(whole.tour.lesson, number, whole.numbers, screen)]
    return lines
