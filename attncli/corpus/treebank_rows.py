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
WANTED = {"id": 0, "form": 1, "head": 6, "deprel": 7, "misc": 9}  # by their place
ID = re.compile(r"[0-9]{1,9}(?:[-.][0-9]{1,9})?")
HEAD = re.compile(r"-?[0-9]{1,9}|_")
EXPECTED = {"id": "an ID such as 3, 3-4 or 3.1", "head": "the number of a word as HEAD"}
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
        parser, self._refusal = conllu.parser, conllu.exceptions.ParseException
        self._parse = conllu.parse_token_and_metadata
        self._fields: dict[str, Callable[[list[str], int], Any]] = {
            "id": lambda cells, place: parser.parse_id_value(cells[place]),
            "form": lambda cells, place: cells[place],
            "head": lambda cells, place: parser.parse_int_value(cells[place]),
            "deprel": lambda cells, place: cells[place],
            "misc": lambda cells, place: parser.parse_dict_value(cells[place]),
        }

    def rows(self, numbered: Sequence[tuple[int, str]]) -> list[Row]:
        """The rows of a sentence, each from its line and text; empty nodes are left out. Raises RowError."""
        cells = [_cells(line, text) for line, text in numbered]
        try:
            tokens = self._parsed(cells)
        except self._refusal:
            raise self._fault(numbered, cells) from None
        rows = (_row(line, token) for (line, _), token in zip(numbered, tokens, strict=True))
        return [row for row in rows if row]

    def _parsed(self, rows: Iterable[Sequence[str]]) -> list[Any]:
        text = "\n".join(map("\t".join, rows))
        return list(self._parse(text, fields=tuple(WANTED), field_parsers=dict(self._fields)))

    def _fault(self, numbered: Iterable[tuple[int, str]], rows: Iterable[Sequence[str]]) -> RowError:
        """The first row that conllu refuses by itself."""
        for (line, _), row in zip(numbered, rows, strict=True):
            try:
                self._parsed([row])
            except self._refusal as error:
                name = "head" if "'head'" in str(error) else "id"
                return RowError(line, f"expected {EXPECTED[name]}, got {quoted(row[[*WANTED].index(name)])}")
        raise AssertionError("all rows together are refused, and none of them")


def _cells(line: int, text: str) -> list[str]:
    """The columns of a row that are wanted. Raises RowError."""
    cells = (BLANKS.sub(" ", text) if "  " in text else text).split("\t")
    if len(cells) != COLUMNS:
        raise RowError(line, f"expected {COLUMNS} columns between tabs, got {len(cells)}")
    wanted = [cells[place] for place in WANTED.values()]
    number, form, head, *_ = wanted
    if not form.strip():
        raise RowError(line, f"expected a form, got {quoted(form)}")
    for name, form_of, cell in (("id", ID, number), ("head", HEAD, head)):
        if not form_of.fullmatch(cell):
            raise RowError(line, f"expected {EXPECTED[name]}, got {quoted(cell)}")
    return wanted


def _row(line: int, token: Any) -> Row | None:
    number, head, relation = token["id"], token["head"], token["deprel"].strip()
    glued = (token.get("misc") or {}).get("SpaceAfter") == "No"
    if not isinstance(number, int):
        first, sign, last = number
        return None if sign == "." else Row(line, first, last, token["form"], 0, "", glued)
    if head is None:
        raise RowError(line, f"expected {EXPECTED['head']}, got '_'")
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
