"""Where the rows of a file of word vectors begin and end, and what their words are. Numbers are left as they stand."""

from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from attncli.vectors.content import read_line
from attncli.vectors.recognise import Recognised, is_row
from attncli.vectors.refusal import refused

Block = tuple[list[bytes], list[bytes]]  # the words of some rows, and the numbers of each row

BLOCK_BYTES = 2**20
BLOCK_ROWS = 4096
MAX_WORD = 64 * 2**10  # bytes; a binary file without a blank in so many is none


def row_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """All rows in blocks of up to 4096 rows or some 1 MB. Raises ResourceError naming the line or row that is wrong."""
    return (_text_blocks if found.kind == "text" else _binary_blocks)(found, file)


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
        if _ends_in_number(fields[0]):
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


def _ends_in_number(word: bytes) -> bool:
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


def _binary_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """A row is a word, a blank, and four bytes a number. Some writers end rows with a newline, some do not."""
    file.seek(found.start)
    width, left, chunk = 4 * found.dimensions, found.words or 0, b""
    while left:
        if len(chunk) < MAX_WORD + width:
            chunk += file.read(BLOCK_BYTES)
        words, rows, used = _binary_rows(chunk, width, min(left, BLOCK_ROWS))
        if not words:
            raise refused(found.path, f"is cut off or broken in row {(found.words or 0) - left + 1} of {found.words}")
        yield words, rows
        left, chunk = left - len(words), chunk[used:]
    if (chunk + file.read(MAX_WORD)).strip():
        raise refused(found.path, f"goes on after the {found.words} rows that its first line promises")


def _binary_rows(chunk: bytes, width: int, most: int) -> tuple[list[bytes], list[bytes], int]:
    """Up to `most` whole rows from the start of the chunk, and how many bytes they take."""
    words: list[bytes] = []
    rows: list[bytes] = []
    at = 0
    while len(words) < most:
        blank = chunk.find(b" ", at, at + MAX_WORD)
        end = blank + 1 + width
        if blank < 0 or end > len(chunk):
            break
        words.append(chunk[at:blank].lstrip(b"\n"))
        rows.append(chunk[blank + 1 : end])
        at = end
    return words, rows, at
