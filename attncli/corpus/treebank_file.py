"""Treebanks: sentences of words, each with its head word, its relation and its place in the text, from CoNLL-U.

Source: https://universaldependencies.org/format.html. Comments but `# text`, empty nodes and enhanced dependencies
are passed over.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from attncli.corpus.inputs import cannot_read, shown
from attncli.corpus.text_lines import Lines, opened_lines
from attncli.corpus.treebank_rows import COLUMNS, RowError, RowParser, Unit, check_tree, units_of
from attncli.errors import quoted
from attncli.files.utf8 import NotTextError, text_of
from attncli.text.places import Place, place_of, places_inside

FORMS = f"a treebank is a file of CoNLL-U: a word a line, {COLUMNS} columns with tabs between them"
AT_ONCE = 4096  # lines
MOST_BYTES, MOST_ROWS = 2**22, 2**14  # of a sentence
MOST_HELD = 100  # sentences at the beginning of a file that are all malformed
TEXT = re.compile(r"#\s*text\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """A syntactic word: its form as the treebank has it, its relation with subtype, and its place in the text.

    head: the number of its head word from 1; 0: it is the root.
    start, end: offsets in code points. Words of one multiword token whose forms are not in it (`de` and `le` in `du`)
        have the same place: that of the token.
    """

    form: str
    head: int
    relation: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """A sentence of a treebank: its text, its words in their order, and the file and line where it begins."""

    text: str
    words: tuple[Word, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """A sentence that cannot be read: the file and line of the row that is at fault, and why."""

    file: str
    line: int
    reason: str


class _Block:
    """The lines of a sentence: its rows and its text, or what is at fault with the first line that is."""

    def __init__(self, line: int) -> None:
        self.line, self.rows, self.text = line, list[tuple[int, str]](), ""
        self.fault: RowError | None = None
        self._bytes = 0

    def add(self, number: int, line: bytes) -> None:
        """A line that is not empty; behind a fault nothing is kept."""
        self._bytes += len(line)
        if self.fault:
            return
        if self._bytes > MOST_BYTES or len(self.rows) == MOST_ROWS:
            self.fault = RowError(number, f"expected a sentence of up to {MOST_ROWS:,} rows in {MOST_BYTES:,} bytes")
            return
        try:
            self._keep(number, text_of(line))
        except NotTextError as error:
            self.fault = RowError(number, error.message)

    def _keep(self, number: int, text: str) -> None:
        if not text.startswith("#"):
            self.rows.append((number, text))
        elif found := TEXT.fullmatch(text):
            self.text = found[1].strip()


def read_treebank(path: str, skip: Callable[[Malformed], None], limit: int | None = None) -> Iterator[ParsedSentence]:
    """The sentences of a treebank in CoNLL-U, plain or packed (.gz, .zst), `-` for standard input, one at a time.

    skip: gets each sentence that is malformed, which is passed over.
    limit: so many sentences are read; None: all.

    Raises:
        ResourceError: the package conllu is missing.
        AttnError: the file cannot be read, is of another kind, or has no sentence.
    """
    count = 0
    with opened_lines(path, FORMS) as lines:
        for each in _checked(path, _sentences(shown(path), RowParser(), lines)):
            if isinstance(each, Malformed):
                skip(each)
                continue
            yield each
            count += 1
            if count == limit:
                return


def _checked(path: str, found: Iterator[ParsedSentence | Malformed]) -> Iterator[ParsedSentence | Malformed]:
    """All that was found, unless nothing is or all at the beginning is malformed: then the file is no treebank."""
    held: list[Malformed] = []
    for each in found:
        if isinstance(each, ParsedSentence):
            yield from chain(held, [each], found)
            return
        held.append(each)
        if len(held) == MOST_HELD:
            raise cannot_read(path, f"line {held[0].line}: {held[0].reason}", FORMS)
    if not held:
        raise cannot_read(path, "it has no sentence", FORMS)
    yield from held


def _sentences(name: str, parser: RowParser, lines: Lines) -> Iterator[ParsedSentence | Malformed]:
    for block in _blocks(lines):
        try:
            yield _sentence(block, parser, name)
        except RowError as error:
            yield Malformed(name, error.line, error.reason)


def _blocks(lines: Lines) -> Iterator[_Block]:
    """The sentences, between empty lines; comments alone are none."""
    block, number = _Block(1), 0
    while some := lines.take(AT_ONCE):
        for number, line in enumerate(some, number + 1):  # noqa: B020  (counts on)
            if not line.isspace() and line:
                block.add(number, line)
                continue
            if block.rows or block.fault:
                yield block
            block = _Block(number + 1)
    if block.rows or block.fault:
        yield block


def _sentence(block: _Block, parser: RowParser, name: str) -> ParsedSentence:
    """The sentence of its lines. Raises RowError."""
    if block.fault:
        raise block.fault
    units = units_of(parser.rows(block.rows))
    words = [word for unit in units for word in unit.words]
    if not words:
        raise RowError(block.rows[0][0], "expected a word, got empty nodes alone")
    check_tree(words)
    text = block.text or _text_of(units)
    places = _places(units, text)
    made = (Word(word.form, word.head, word.relation, *place) for word, place in zip(words, places, strict=True))
    return ParsedSentence(text, tuple(made), name, block.line)


def _text_of(units: Iterable[Unit]) -> str:
    """The text of a sentence without `# text`: its forms, with blanks where no `SpaceAfter=No` is."""
    pieces = (unit.surface.form + ("" if unit.surface.glued else " ") for unit in units)
    return "".join(pieces).strip()


def _places(units: Iterable[Unit], text: str) -> Iterator[Place]:
    """The places of all words. Raises RowError where the text goes on with something else."""
    at = 0
    for unit in units:
        row = unit.surface
        if (place := place_of(row.form, text, at)) is None:
            ahead = quoted(text[at:].lstrip())
            raise RowError(row.line, f"expected the form that `# text` goes on with, {ahead}, got {quoted(row.form)}")
        forms = [word.form for word in unit.words]
        yield from (len(forms) > 1 and places_inside(forms, text, place)) or [place] * len(forms)
        at = place[1]
