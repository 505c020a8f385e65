"""The rows of a CoNLL-U sentence: taken apart by the package conllu, checked, and put together as units of its text.

Source: https://universaldependencies.org/format.html: words are numbered 1, 2, …; a multiword token has the range of
its words (3-4) and a row before theirs; empty nodes (8.1) are no words; the HEAD numbers make a tree with one root.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attncli.errors import quoted
from attncli.extras import package

COLUMNS = 10
LONGEST_NUMBER = 20  # characters, of a range too
BLANKS = re.compile(" {2,}")  # two of them would be a column's end to conllu, as in files without tabs


class RowError(Exception):
    """A row that is none, or stands where it cannot: its line and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row of words `first` to `last`: of one word, or of a multiword token, which has no head.

    glued: no blank stands behind it in the text.
    """

    line: int
    first: int
    last: int
    form: str
    head: int
    relation: str
    glued: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text: the row with its form, and those of its words, of which a multiword token has several."""

    surface: Row
    words: tuple[Row, ...]


class RowParser:
    """The package conllu, told which columns are wanted.

    Raises:
        ResourceError: it is not installed.
    """

    def __init__(self) -> None:
        conllu = package("conllu", "a treebank")
        parser, refusal = conllu.parser, conllu.exceptions.ParseException
        self._parse = conllu.parse_token_and_metadata
        self._fields: dict[str, Callable[[list[str], int], Any]] = {
            **dict.fromkeys(parser.DEFAULT_FIELDS, lambda cells, place: cells[place]),
            "id": _number("an ID such as 3, 3-4 or 3.1", parser.parse_id_value, refusal),
            "head": _number("the number of a word as HEAD", parser.parse_int_value, refusal, none="_"),
            "misc": lambda cells, place: parser.parse_dict_value(cells[place]),
        }

    def row(self, line: int, text: str) -> Row | None:
        """The row in a line; None for an empty node. Raises RowError."""
        cells = text.split("\t")
        if len(cells) != COLUMNS:
            raise RowError(line, f"expected {COLUMNS} columns between tabs, got {len(cells)}")
        if not (cells[0].strip() and cells[1].strip()):
            raise RowError(line, f"expected an ID and a form, got {quoted(text)}")
        try:
            (token,) = self._parse(BLANKS.sub(" ", text), field_parsers=dict(self._fields))
        except ValueError as error:
            raise RowError(line, str(error)) from None
        return _row(line, token)


def _number(
    expected: str, parse: Callable[[str], Any], refusal: type[Exception], none: str | None = None
) -> Callable[[list[str], int], Any]:
    """The parser of a column of numbers; `none`: the sign for no number. It raises ValueError."""

    def of_cell(cells: list[str], place: int) -> Any:
        value = cells[place]
        if value == none:
            return None
        try:
            found = parse(value) if len(value) <= LONGEST_NUMBER else None
        except refusal:
            found = None
        if found is None:
            raise ValueError(f"expected {expected}, got {quoted(value)}")
        return found

    return of_cell


def _row(line: int, token: Any) -> Row | None:
    number, head, relation = token["id"], token["head"], token["deprel"].strip()
    glued = (token.get("misc") or {}).get("SpaceAfter") == "No"
    if not isinstance(number, int):
        first, sign, last = number
        return None if sign == "." else Row(line, first, last, token["form"], 0, "", glued)
    if head is None:
        raise RowError(line, "expected the number of a word as HEAD, got '_'")
    if relation in ("", "_"):
        raise RowError(line, f"expected a relation as DEPREL, got {quoted(relation)}")
    return Row(line, number, number, token["form"], head, relation, glued)


def units_of(rows: Iterable[Row]) -> list[Unit]:
    """The units of a sentence's rows, whose numbers go up one by one. Raises RowError."""
    units: list[Unit] = []
    expected = 1
    left = iter(rows)
    for row in left:
        if row.first != expected:
            raise RowError(row.line, f"expected the ID {expected}, got {_id(row)}")
        words = (row,) if row.relation else tuple(_words_of(row, left))
        units.append(Unit(row, words))
        expected = row.last + 1
    return units


def _words_of(token: Row, left: Iterator[Row]) -> Iterator[Row]:
    """The words of a multiword token, which come next."""
    for expected in range(token.first, token.last + 1):
        row = next(left, None)
        if row is None:
            raise RowError(token.line, f"expected the words of {_id(token)}, got none with the ID {expected}")
        if not row.relation or row.first != expected:
            raise RowError(row.line, f"expected the ID {expected}, got {_id(row)}")
        yield row


def _id(row: Row) -> str:
    return f"{row.first}" if row.relation else f"{row.first}-{row.last}"


def check_tree(words: Sequence[Row]) -> None:
    """RowError where the heads of words 1, 2, … are no tree with one root."""
    root = None
    for word in words:
        if not 0 <= word.head <= len(words):
            raise RowError(word.line, f"expected a HEAD from 0 to {len(words)}, got {word.head}")
        if not word.head and root is not None:
            raise RowError(word.line, f"expected one root, got a second one, {word.first} besides {root.first}")
        root = root if word.head else word
    _check_no_circle(words)


def _check_no_circle(words: Sequence[Row]) -> None:
    """Every word leads to the root: along heads that no other word has led along yet, or that have led there."""
    came_from = [0] * (len(words) + 1)
    for word in words:
        at = word.first
        while at and not came_from[at]:
            came_from[at] = word.first
            at = words[at - 1].head
        if at and came_from[at] == word.first:
            raise RowError(words[at - 1].line, f"expected a tree, got a word, {at}, whose heads lead back to it")
