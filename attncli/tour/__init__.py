"""The lessons of `attn tour`: their screens by name, each a module with the screen's value, lines and command."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from attncli.errors import UsageError
from attncli.settings.option import check_choice

#: The screens in their order and their titles; the first BASICS of them are the lesson, the others go deeper.
#: The module of that name has `parts(tour, screen)` and `command(tour)`.
SCREENS: dict[str, str] = {
    "embedding": "Tokens and vectors",
    "weighing": "Self-attention",
    "order": "Order does not matter",
    "projecting": "Queries, keys and values",
    "lookup": "One value, or a mixture of all",
    "several": "Several heads",
    "stacking": "Masks and stacked blocks",
    "distance": "Distance",
    "positions": "Positions",
    "mask": "The mask and the softmax",
    "scaling": "Why scores are divided by √d",
    "kernel": "The kernel view",
    "crossing": "Two languages",
    "block": "A whole block",
    "next": "The next word",
}
BASICS = 8
#: Those of the tour of a trained model, whose modules are in `of_model/`.
MODEL_SCREENS = {
    "reading": "Tokens and heads",
    "previous": "The token before",
    "sink": "A place to rest",
    "induction": "What came next the last time",
    "matters": "A head that matters",
    "spare": "A head that does not",
}


@dataclass(frozen=True)
class Lesson:
    """A table of screens, the package of their modules, and the option that names what they are computed with.

    basics: the number of the last screen before those that go deeper.
    """

    screens: Mapping[str, str]
    package: str
    option: str
    basics: int

    @property
    def numbers(self) -> range:
        """The numbers of the screens, from 1."""
        return range(1, len(self.screens) + 1)


OF_VECTORS = Lesson(SCREENS, "attncli.tour", "--vectors", BASICS)
OF_MODEL = Lesson(MODEL_SCREENS, "attncli.tour.of_model", "--model", len(MODEL_SCREENS))


def numbered(given: str, screens: Collection[str]) -> int:
    """The number, from 1, of a screen that is given by its name or its number.

    Raises:
        UsageError: there is no such screen.
    """
    names = [*screens]
    if re.fullmatch(r"-?\d+", given):
        number = int(given[:9])
        if 1 <= number <= len(names):
            return number
        raise UsageError(f"expected 1 to {len(names)}, or a name", _named(names), setting="screen", value=given)
    return names.index(check_choice("screen", given.casefold(), names, f"{', '.join(names)}, 1 to {len(names)}")) + 1


def _named(names: Collection[str]) -> str:
    return f"the screens are {', '.join(names)}"
