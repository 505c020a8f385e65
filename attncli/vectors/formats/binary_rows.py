"""The rows of a word2vec binary file: a word, a blank, four bytes a number. Some writers end a row with a newline.

A word may hold blanks itself (`New York`), and nothing in the file says which blank ends it. Taking the first, as
gensim does, gives numbers that are letters, and a next word that begins with the bytes of numbers. So rows are read by
the first blank and looked at, all at once; a doubtful one is read again by the blank that makes words and numbers most
plausible, this row's and the next one's.
"""

import math
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from attncli.vectors.formats import plausible
from attncli.vectors.formats.recognise import Recognised
from attncli.vectors.formats.refusal import refused

Block = tuple[list[bytes], list[bytes]]  # the words of some rows, and the numbers of each row

BLOCK_BYTES = 2**20
BLOCK_ROWS = 4096
MAX_WORD = 64 * 2**10  # bytes; a binary file without a blank in so many is none
MOST_BLANKS = 32  # in a word
MARGIN = 3.0  # by which a later blank must be more plausible than the first
ENOUGH = 48  # numbers of a row that tell whether it begins there
SAMPLED = 500  # numbers that tell their usual size
GOES_ON = 30.0  # the cost of bytes after the last row
OTHER_END = 6.0  # the cost of a newline after a row where the others have none, or the other way round


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
        raise refused(found.path, f"goes on after the {found.words} rows that its first line promises")


class _Reading:
    """What is left of a file: `left` rows, of which the next one begins at `at` in `chunk`."""

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
        """What comes after the last row, or the beginning of it."""
        return self._chunk[self._at :] + self._file.read(MAX_WORD)

    def _fill(self) -> None:
        """Have two rows at hand, or all that is left."""
        while not self._ended and len(self._chunk) - self._at < 2 * (MAX_WORD + self._width) + 2:
            more = self._file.read(BLOCK_BYTES)
            self._chunk, self._at, self._ended = self._chunk[self._at :] + more, 0, not more

    def _by_first_blank(self, most: int) -> list[tuple[int, int]]:
        """Where rows begin and their words end, if every word ends at its first blank."""
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
        """How many rows from the first on are beyond doubt: what comes after them must be so as well."""
        words = [self._chunk[start:blank] for start, blank in spans]
        doubtful = plausible.doubtful_words([word.lstrip(b"\n") for word in words])  # [n]
        if self._newline is not None:
            doubtful |= np.array([word[:1] == b"\n" for word in words], dtype=bool) != self._newline
        doubtful |= plausible.doubtful_numbers(self._array([blank for _, blank in spans]), self._scale)
        if doubtful.any():
            return max(0, int(np.argmax(doubtful)) - 1)
        whole = len(spans) == self.left and not self._chunk[self._end(spans[-1][1]) :].strip()
        return len(spans) if whole else max(0, len(spans) - 1)

    def _best_blank(self) -> int:
        """Where the word of the next row ends. Raises ResourceError if nowhere."""
        blanks = list(self._blanks(self._at))
        costs = [self._cost(blank) for blank in blanks]
        if not costs or min(costs) == math.inf:
            raise refused(self._found.path, f"is cut off or broken in row {self._row()} of {self._found.words}")
        best = int(np.argmin(costs))
        chosen = best if costs[best] + MARGIN < costs[0] else 0
        if plausible.is_rest_of_word(self._chunk[blanks[chosen] + 1 : self._end(blanks[chosen])]):
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
            if not first and not plausible.is_text(self._chunk[start:blank].lstrip(b"\n")):
                return
            yield blank
            first = False

    def _cost(self, blank: int) -> float:
        """How implausible the next row is if its word ends there, with what follows on it."""
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
        return plausible.word_cost(word) + plausible.number_cost(np.frombuffer(numbers, "<f4"), self._scale)

    def _array(self, blanks: list[int]) -> np.ndarray:
        """The numbers [n, d] of the rows whose words end at these blanks."""
        rows = b"".join(self._chunk[blank + 1 : self._end(blank)] for blank in blanks)
        return np.frombuffer(rows, "<f4").reshape(len(blanks), -1) if blanks else np.zeros((0, 1), "<f4")

    def _end(self, blank: int) -> int:
        """Where a row ends whose word ends at that blank."""
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
            self._scale = plausible.scale(self._seen)
        return words, rows
