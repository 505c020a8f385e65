"""The rows of a file of word vectors, text or binary: their beginnings, and the ends of their words.

A word in a binary file may hold blanks itself (`New York`), and nothing in the file says which blank ends it. Taking
the first, as gensim does, gives numbers that are letters, and a next word that begins with the bytes of numbers. So
rows are read by the first blank and looked at, all at once; a doubtful one is read again by the blank that makes words
and numbers most plausible, those of this row and of the next one.

Costs are decimal orders of magnitude of the odds, roughly. Bytes of float32 taken for text are control characters and
no UTF-8; text taken for float32 is 1e-19 (blanks), 1e-9 (digits), 1e3 (capitals) or 1e20 (small letters); and a float32
read from one byte further on is any size at all.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import BinaryIO

import numpy as np

from attncli.vectors.formats.content import read_line, refused
from attncli.vectors.formats.recognise import Recognised, is_row

Block = tuple[list[bytes], list[bytes]]  # the words of some rows, and the numbers of each row

BLOCK_BYTES = 2**20
BLOCK_ROWS = 4096
MAX_WORD = 64 * 2**10  # bytes; a binary file without a blank in so many has another format
MOST_BLANKS = 32  # in a word
MARGIN = 3.0  # by which a later blank must be more plausible than the first
ENOUGH = 48  # numbers of a row that tell whether it begins there
SAMPLED = 500  # numbers that tell their usual size
GOES_ON = 30.0  # the cost of bytes after the last row
OTHER_END = 6.0  # the cost of a newline after a row where the others have none, or the other way round
BAD = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufffd]")  # all controls but the tab
PER_BAD, PER_BLANK, NO_WORD = 5.0, 1.5, 8.0
USUAL = 0.3  # the size of a number where none was seen
MOST = 12.0  # that one number can cost
LETTERS = re.compile(rb"[A-Za-z ]{4}")
IMPOSSIBLE = 1e15
FEW = 16  # numbers in a row: each must tell more, and a second look costs less


def row_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """All rows in blocks of up to 4096 rows or some 1 MB. Raises ResourceError naming the line or row that is wrong."""
    return (_text_blocks if found.kind == "text" else binary_blocks)(found, file)


def _text_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """A line is split from the right, at ASCII blanks only: the text before the numbers is the word."""
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
    """The lines with rows and their numbers. Blank lines may come at the end; a header's promise is kept exactly."""
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


def binary_blocks(found: Recognised, file: BinaryIO) -> Iterator[Block]:
    """All rows in blocks of up to 4096 rows or some 1 MB. Raises ResourceError naming the row that is wrong."""
    file.seek(found.start)
    reading = _Reading(found, file)
    words: list[bytes] = []
    rows: list[bytes] = []
    while reading.left:
        for gathered, some in zip((words, rows), reading.block(BLOCK_ROWS - len(rows)), strict=True):
            gathered += some
        if len(rows) >= BLOCK_ROWS or len(rows) * found.dimensions * 4 >= BLOCK_BYTES or not reading.left:
            yield words, rows
            words, rows = [], []
    if reading.rest().strip():
        raise refused(found.path, f"has bytes after the {found.words} rows that its first line promises")


class _Reading:
    """The rest of a file: `left` rows, of which the next one begins at `at` in `chunk`."""

    def __init__(self, found: Recognised, file: BinaryIO) -> None:
        self._found, self._file = found, file
        self._width = 4 * found.dimensions
        self._chunk, self._at, self._ended = b"", 0, False
        self._most = 1  # rows tried at once: more as long as none is doubtful
        self._newline: bool | None = None  # whether rows end with one, once the first was read
        self._seen = np.zeros(0, "<f4")  # the first numbers
        self._scale: float | None = None  # their median size, once there are some
        self.left = found.words or 0

    def block(self, most: int) -> Block:
        """The next rows: at least one, at most so many."""
        self._fill()
        spans = self._by_first_blank(min(self._most + 1, most + 1, self.left))  # the last is looked at only
        sure = self._sure(spans)
        if sure:
            self._most = min(2 * self._most, BLOCK_ROWS)
            return self._taken(spans[:sure])
        self._most = 1
        return self._taken([(self._at, self._best_blank())])

    def rest(self) -> bytes:
        """The bytes after the last row, or the beginning of them."""
        return self._chunk[self._at :] + self._file.read(MAX_WORD)

    def _fill(self) -> None:
        """Buffer two rows, or all that are left."""
        while not self._ended and len(self._chunk) - self._at < 2 * (MAX_WORD + self._width) + 2:
            more = self._file.read(BLOCK_BYTES)
            self._chunk, self._at, self._ended = self._chunk[self._at :] + more, 0, not more

    def _by_first_blank(self, most: int) -> list[tuple[int, int]]:
        """The beginnings of rows and the ends of their words, if every word ends at its first blank."""
        spans: list[tuple[int, int]] = []
        at = self._at
        while len(spans) < most:
            blank = self._chunk.find(b" ", at, at + MAX_WORD)
            if blank < 0 or blank + 1 + self._width > len(self._chunk):
                break
            spans.append((at, blank))
            at = blank + 1 + self._width
        return spans

    def _sure(self, spans: list[tuple[int, int]]) -> int:
        """The number of rows from the first on that are beyond doubt; the row after them must be so as well."""
        words = [self._chunk[start:blank] for start, blank in spans]
        doubtful = _doubtful_words([word.lstrip(b"\n") for word in words])  # [n]
        if self._newline is not None:
            doubtful |= np.array([word[:1] == b"\n" for word in words], dtype=bool) != self._newline
        doubtful |= _doubtful_numbers(self._array([blank for _, blank in spans]), self._scale)
        if doubtful.any():
            return max(0, int(np.argmax(doubtful)) - 1)
        whole = len(spans) == self.left and not self._chunk[self._end(spans[-1][1]) :].strip()
        return len(spans) if whole else max(0, len(spans) - 1)

    def _best_blank(self) -> int:
        """The end of the word of the next row. Raises ResourceError if there is none."""
        blanks = list(self._blanks(self._at))
        costs = [self._cost(blank) for blank in blanks]
        if not costs or min(costs) == math.inf:
            raise refused(self._found.path, f"is cut off or broken in row {self._row()} of {self._found.words}")
        best = int(np.argmin(costs))
        chosen = best if costs[best] + MARGIN < costs[0] else 0
        if _is_rest_of_word(self._chunk[blanks[chosen] + 1 : self._end(blanks[chosen])]):
            why = f"has letters for numbers in row {self._row()}, wherever its word may end"
            raise refused(self._found.path, why)
        return blanks[chosen]

    def _blanks(self, start: int) -> Iterator[int]:
        """The blanks that may end the word of a row: the first, and others if the word is text up to there."""
        blank, first = start - 1, True
        for _ in range(MOST_BLANKS):
            blank = self._chunk.find(b" ", blank + 1, start + MAX_WORD)
            if blank < 0 or self._end(blank) > len(self._chunk):
                return
            if not first and not _is_text(self._chunk[start:blank].lstrip(b"\n")):
                return
            yield blank
            first = False

    def _cost(self, blank: int) -> float:
        """The cost of the next row if its word ends there, and of the row after it."""
        end = self._end(blank)
        cost = self._own_cost(self._at, blank)
        if self.left == 1:
            return cost + GOES_ON * bool(self._chunk[end:].strip())
        odd = self._newline is not None and (self._chunk[end : end + 1] == b"\n") != self._newline
        return (
            cost + OTHER_END * odd + min((self._own_cost(end, after) for after in self._blanks(end)), default=GOES_ON)
        )

    def _own_cost(self, start: int, blank: int) -> float:
        numbers = self._chunk[blank + 1 : min(self._end(blank), blank + 1 + 4 * ENOUGH)]
        word = self._chunk[start:blank].lstrip(b"\n")
        return _word_cost(word) + _number_cost(np.frombuffer(numbers, "<f4"), self._scale)

    def _array(self, blanks: list[int]) -> np.ndarray:
        """The numbers [n, d] of the rows whose words end at these blanks."""
        rows = b"".join(self._chunk[blank + 1 : self._end(blank)] for blank in blanks)
        return np.frombuffer(rows, "<f4").reshape(len(blanks), -1) if blanks else np.zeros((0, 1), "<f4")

    def _end(self, blank: int) -> int:
        """The end of a row whose word ends at that blank."""
        return blank + 1 + self._width

    def _row(self) -> int:
        """The number of the next row, counted from 1."""
        return (self._found.words or 0) - self.left + 1

    def _taken(self, spans: list[tuple[int, int]]) -> Block:
        """The words and numbers of the rows, which are behind us now."""
        words = [self._chunk[start:blank].lstrip(b"\n") for start, blank in spans]
        rows = [self._chunk[blank + 1 : self._end(blank)] for _, blank in spans]
        self._at, self.left = self._end(spans[-1][1]), self.left - len(spans)
        self._newline = self._chunk[self._at : self._at + 1] == b"\n" if self._newline is None else self._newline
        if self._seen.size < SAMPLED:
            latest = self._array([blank for _, blank in spans[:SAMPLED]]).ravel()
            self._seen = np.concatenate([self._seen, latest])
            self._scale = _scale_of(self._seen)
        return words, rows


def _is_text(word: bytes) -> bool:
    """Whether a word is UTF-8 without control characters."""
    return not BAD.search(word.decode("utf-8", "replace"))


def _word_cost(word: bytes) -> float:
    """The cost of a word: how implausible it is."""
    bad = len(BAD.findall(word.decode("utf-8", "replace")))
    return PER_BAD * bad + PER_BLANK * (word.count(b" ") + word.count(b"\t")) + NO_WORD * (not word)


def _number_cost(numbers: np.ndarray, scale: float | None) -> float:
    """The cost of numbers of any shape, of which the usual has the size `scale`."""
    slack = 0.0 if scale else 2.0
    orders = _orders(numbers, scale)
    costs = np.maximum(3 * (orders - 1.5 - slack), -orders - 2 - slack)
    return float(np.minimum(np.maximum(costs, 0), MOST).sum())


def _doubtful_words(words: Sequence[bytes]) -> np.ndarray:
    """Which of the words [n] are empty or no text."""
    if all(words) and _is_text(b"\t".join(words)):
        return np.zeros(len(words), dtype=bool)
    return np.array([not word or not _is_text(word) for word in words], dtype=bool)


def _doubtful_numbers(numbers: np.ndarray, scale: float | None) -> np.ndarray:
    """Which rows of numbers [n, d] have one of an unusual size: [n]."""
    low, high = (10**-3.5, 10**1.7) if numbers.shape[1] <= FEW and scale else (1e-6, 1e3)
    usual, sizes = scale or USUAL, np.abs(numbers)  # [n, d]
    unusual = ~(sizes <= high * usual)  # one that is no number is so too
    unusual |= (sizes < low * usual) & (sizes > 0)
    doubtful: np.ndarray = unusual.any(axis=1)
    return doubtful


def _is_rest_of_word(row: bytes) -> bool:
    """Whether the numbers of a row begin with letters of the word, which make a number of a size that none has."""
    return bool(LETTERS.match(row)) and bool(abs(np.frombuffer(row[:4], "<f4")[0]) > IMPOSSIBLE)


def _scale_of(numbers: np.ndarray) -> float | None:
    """The usual size of the numbers that are not 0; None if there are too few to tell."""
    sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    return float(np.median(sizes)) if sizes.size >= 6 else None


def _orders(numbers: np.ndarray, scale: float | None) -> np.ndarray:
    """Their sizes in decimal orders of magnitude from the usual one: 0 of a zero, 99 of NaN and infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.abs(numbers.astype(np.float64))
        orders = np.log10(sizes / (scale or USUAL))
    orders[sizes == 0] = 0
    orders[~np.isfinite(sizes)] = 99
    return orders
