"""Where the rows of a file of word vectors begin and end, and what their words are. Numbers are left as they stand."""

from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from attncli.vectors.formats.binary_rows import BLOCK_BYTES, BLOCK_ROWS, Block, binary_blocks
from attncli.vectors.formats.content import read_line
from attncli.vectors.formats.recognise import Recognised, is_row
from attncli.vectors.formats.refusal import refused


def row_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """All rows in blocks of up to 4096 rows or some 1 MB. Raises ResourceError naming the line or row that is wrong."""
    return (_text_blocks if found.kind == "text" else binary_blocks)(found, file)


def _text_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """A line is split from the right, at ASCII blanks only: what stands before the numbers is the word."""
    words: list[bytes] = []
    rows: list[bytes] = []
    held = 0
    for number, line in _row_lines(found, file):
        fields = line.rsplit(None, found.dimensions)
        if len(fields) == found.dimensions and line[:1].isspace():
            fields.insert(0, b"")  # the empty word
        if len(fields) <= found.dimensions or not is_row(fields[1], 1):
            raise refused(found.path, f"has fewer than {found.dimensions} numbers in line {number}")
        if ends_in_number(fields[0]):
            raise refused(found.path, f"has more than {found.dimensions} numbers in line {number}")
        words.append(fields[0])
        rows.append(b" ".join(fields[1:]))
        if b"_" in rows[-1]:  # which Python takes for part of a number
            raise refused(found.path, f"has something that is no number in line {number}")
        held += len(line)
        if held >= BLOCK_BYTES or len(rows) == BLOCK_ROWS:
            yield words, rows
            words, rows, held = [], [], 0
    if rows:
        yield words, rows


def ends_in_number(word: bytes) -> bool:
    """Whether a word with blanks in it, such as `. . .`, has a number at its end: then the row is too long."""
    parts = word.rsplit(None, 1)
    return len(parts) == 2 and is_row(parts[1], 1)


def _row_lines(found: Recognised, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines with rows and their numbers. Blank lines may stand at the end; a header's promise is kept exactly."""
    file.seek(found.start)
    for number in count(found.first_line):
        line = read_line(file, found.path)
        rows = number - found.first_line
        if not line.strip():
            break
        if rows == found.words:
            raise refused(found.path, f"has more rows than the {found.words} that its first line promises")
        yield number, line
    if found.words not in (None, rows):
        raise refused(found.path, f"has {rows} rows, and its first line promises {found.words}")
    while line:
        if line.strip():
            raise refused(found.path, f"has a blank line among its rows (line {number})")
        line = read_line(file, found.path)
