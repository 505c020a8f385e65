"""The lesson of `attn tour`: its screens by name, each a module with the screen's value, lines and command."""

import re
from collections.abc import Collection

from attncli.errors import UsageError
from attncli.settings.option import check_choice

#: The screens in their order and their titles; the first BASICS of them are the lesson, the others go deeper.
#: The module of that name has `parts(tour, screen)` and `command(tour)`.
SCREENS = {
    "embedding": "Tokens and vectors",
    "weighing": "Self-attention",
    "order": "Order does not matter",
    "projecting": "Queries, keys and values",
    "lookup": "One value, or a mixture of all",
    "several": "Several heads",
    "stacking": "Masks and stacked blocks",
    "distance": "Distance",
    "positions": "Positions",
    "crossing": "Two languages",
}
BASICS = 8


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
