"""The lines of a file or stream of text, as many at a time as are there without waiting."""

import select
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from attncli.corpus.inputs import TEXT_HINT, chunks_of, is_packed, named_texts, open_text, unpacked, without_giants
from attncli.corpus.lines import BROKEN, LONGEST_LINE, TOO_LONG, LineForm, Reason
from attncli.corpus.shards import BOM, check_text
from attncli.errors import UsageError
from attncli.files.kinds import SAMPLE

MOST_TAKEN = 2**24  # bytes of lines that are there, after which no more are read


class Lines:
    """The lines of chunks of text, without their ends; `stream` is asked whether there is more, None: there always is.

    bytes: how many have been read.
    """

    def __init__(self, chunks: Iterator[bytes], stream: BinaryIO | None = None) -> None:
        self._chunks, self._stream = chunks, stream
        self._there: deque[bytes] = deque()
        self._size = 0  # of the lines that are there
        self._held, self._ended = b"", False
        self.bytes = 0

    def take(self, most: int) -> list[bytes]:
        """Up to `most` lines that are there; waits for the first one. None are left where it is empty."""
        while not self._ended and not self._has_enough(most) and not (self._there and self.waits):
            self._read()
        taken = [self._there.popleft() for _ in range(min(most, len(self._there)))]
        self._size -= sum(map(len, taken))
        return taken

    def give_back(self, lines: Sequence[bytes]) -> None:
        """Have lines that were taken come next."""
        self._there.extendleft(reversed(lines))
        self._size += sum(map(len, lines))

    def _has_enough(self, most: int) -> bool:
        return len(self._there) >= most or self._size >= MOST_TAKEN

    @property
    def waits(self) -> bool:
        """Whether nothing can be read just now, nor has the stream ended."""
        return not self._ended and self._stream is not None and not select.select([self._stream], [], [], 0)[0]

    def _read(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            self._add([self._held] if self._held else [])
            return
        self.bytes += len(chunk)
        *lines, self._held = (self._held + chunk).split(b"\n")
        self._add(lines)

    def _add(self, lines: Sequence[bytes]) -> None:
        self._there += (line.removesuffix(b"\r") for line in lines)
        self._size += sum(map(len, lines))


@contextmanager
def open_lines(path: str, hint: str = TEXT_HINT) -> Iterator[Lines]:
    """The lines of a plain or packed file, or of a named pipe; hint: that of an error for another kind of file.

    Raises:
        AttnError: it cannot be read, or begins like another format.
    """
    named_texts([path], hint)
    if is_packed(path):
        yield Lines(checked(path, unpacked(path), hint))
        return
    with open_text(path) as file:
        yield lines_of(path, file, hint)


@contextmanager
def opened_lines(name: str, hint: str = TEXT_HINT) -> Iterator[Lines]:
    """The lines of a file, `-` for standard input. Raises UsageError where there is none, AttnError as `open_lines`."""
    if name != "-":
        with open_lines(name, hint) as lines:
            yield lines
    elif sys.stdin is None:
        raise UsageError("there is no standard input", "pipe text, or name files")
    else:
        yield lines_of("-", sys.stdin.buffer, hint)


def lines_of(name: str, stream: BinaryIO, hint: str = TEXT_HINT) -> Lines:
    """The lines of an open stream. Raises AttnError as `open_lines`."""
    return Lines(checked(name, chunks_of(stream), hint), stream)


def checked(name: str, content: Iterator[bytes], hint: str = TEXT_HINT) -> Iterator[bytes]:
    """The content of a text without the mark of UTF-8. Raises AttnError where it begins like another format."""
    chunks = without_giants(name, content)
    head = next(chunks, b"")
    check_text(name, head[:SAMPLE], hint)
    return chain([head.removeprefix(BOM)], chunks)


def decoded(lines: Sequence[bytes]) -> list[str]:
    """Lines as texts, or why one has none; decoded all at once where all are UTF-8, as nearly always."""
    try:
        texts = b"\n".join(lines).decode().split("\n") if lines else []
    except UnicodeDecodeError:
        texts = [_decoded(line) for line in lines]
    return [Reason(TOO_LONG) if len(line) > LONGEST_LINE else text for text, line in zip(texts, lines, strict=True)]


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return Reason(BROKEN)


def texts_of(lines: Sequence[bytes], form: LineForm) -> list[str]:
    """The texts of lines of a form, or why one has none."""
    return [each if isinstance(each, Reason) else form.text_of(each) for each in decoded(lines)]
