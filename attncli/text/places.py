"""The places of words in a text, found by walking their forms through it: blanks are passed over, nothing else is.

Forms and text may compose their characters differently: a form and a stretch of text are the same if they are
canonically equivalent (Unicode Standard Annex 15).
"""

from collections.abc import Iterable
from unicodedata import combining, normalize

Place = tuple[int, int]  # the first character, and the one behind the last


def place_of(form: str, text: str, at: int) -> Place | None:
    """The place of a form that begins at `at` or behind blanks there; None where something else does.

    Blanks inside the form stand for any number of any blanks.
    """
    start = end = _behind_blanks(text, at)
    for part in form.split():
        found = _end_of(part, text, _behind_blanks(text, end))
        if found is None:
            return None
        end = found
    return (start, end) if end > start else None


def places_inside(forms: Iterable[str], text: str, place: Place) -> list[Place] | None:
    """The places of forms that together fill a place; None where they do not: `de` and `le` are not in `du`."""
    found: list[Place] = []
    at, end = place
    for form in forms:
        if (inside := place_of(form, text, at)) is None:
            return None
        found.append(inside)
        at = inside[1]
    return found if at == end else None


def _behind_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _end_of(part: str, text: str, at: int) -> int | None:
    """The end of a part without blanks that stands in the text at `at`."""
    if text.startswith(part, at):
        return at + len(part)
    wanted, done = normalize("NFD", part), 0
    while done < len(wanted):  # character by character with its marks, whose order is free
        end = _end_of_character(text, at)
        found = normalize("NFD", text[at:end])
        if not found or not wanted.startswith(found, done):
            return None
        at, done = end, done + len(found)
    return at


def _end_of_character(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and combining(text[end]):
        end += 1
    return end
