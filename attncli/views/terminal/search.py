"""The lines that are most alike to a query on the screen, and the similarity of the first of them."""

from collections.abc import Iterator

from rich.text import Text

from attncli.errors import Setting
from attncli.recipes.text_search import TextSearch
from attncli.settings.wording import Remark
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.similarity import number, similarity_lines
from attncli.views.terminal.typeset import DIM, heading, notes, wrap

LONGEST = 200  # characters of a line that are shown
CUT = Remark((f"of lines the first {LONGEST} characters are shown, all with ", Setting("json", True)))


def search_lines(search: TextSearch, screen: Screen) -> list[Text]:
    """A line of the file a row, then the first one beside the query; no line wider than the screen."""
    said = [*search.remarks, *([CUT] if any(len(each.text) > LONGEST for each in search.found) else [])]
    closing = [*notes(said, screen), *notes(search.warnings, screen, "warning")]
    listed = _sentences(search, screen) if screen.accessible else _ranked(search, screen)
    return [*listed, *closing, Text(), *similarity_lines(search.best, screen)]


def _ranked(search: TextSearch, screen: Screen) -> list[Text]:
    """The similarity, the number of the line, and its text."""
    explanation = f"the most alike to the query, of {search.lines:,}; the first is compared below"
    places = [f"{each.line:,}" for each in search.found]
    values = [number(each.similarity) for each in search.found]
    rows = heading("lines", explanation, screen)
    for value, place, each in zip(values, places, search.found, strict=True):
        before = f"  {pad(value, max(map(cells, values)), 'right')}  {pad(place, max(map(len, places)), 'right')}  "
        hanging = min(cells(before), screen.columns // 2)
        rows += wrap([(before, DIM), (_shown(each.text, screen), "")], screen.columns, hanging)
    return rows


def _shown(text: str, screen: Screen) -> str:
    """The beginning of a text, with what would act on a terminal made visible."""
    return screen.word(text[:LONGEST]) + (screen.own("…") if len(text) > LONGEST else "")


def _sentences(search: TextSearch, screen: Screen) -> list[Text]:
    """The same in plain sentences, for screen readers."""
    return [text for each in _said(search, screen) for text in wrap([(screen.own(each), "")], screen.columns)]


def _said(search: TextSearch, screen: Screen) -> Iterator[str]:
    yield f"The {len(search.found):,} lines that are most alike to the query, of {search.lines:,}."
    for each in search.found:
        yield f"Line {each.line:,}, similarity {number(each.similarity)}: {_shown(each.text, screen)}"
    yield "The first of them beside the query:"
