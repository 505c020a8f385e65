"""The lines of a file or stream of text, as many at a time as are there without waiting."""

import select
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from attncli.corpus.inputs import cannot_read, chunks_of, is_packed, named_texts, unpacked, without_giants
from attncli.corpus.shards import BOM, check_text
from attncli.files.kinds import SAMPLE


class Lines:
    """The lines of chunks of text, without their ends; `stream` is asked whether there is more, None: there always is.

    bytes: how many have been read.
    """

    def __init__(self, chunks: Iterator[bytes], stream: BinaryIO | None = None) -> None:
        self._chunks, self._stream = chunks, stream
        self._there: deque[bytes] = deque()
        self._held, self._ended = b"", False
        self.bytes = 0

    def take(self, most: int) -> list[bytes]:
        """Up to `most` lines that are there; waits for the first one. None are left where it is empty."""
        while not self._ended and len(self._there) < most and not (self._there and self.waits):
            self._read()
        return [self._there.popleft() for _ in range(min(most, len(self._there)))]

    def take_all(self, count: int) -> list[bytes]:
        """So many lines, waited for; fewer at the end."""
        while not self._ended and len(self._there) < count:
            self._read()
        return self.take(count)

    @property
    def waits(self) -> bool:
        """Whether nothing can be read just now, nor has the stream ended."""
        return not self._ended and self._stream is not None and not select.select([self._stream], [], [], 0)[0]

    def _read(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            self._there += [self._held.removesuffix(b"\r")] if self._held else []
            return
        self.bytes += len(chunk)
        if b"\n" in chunk:
            *lines, self._held = (self._held + chunk).split(b"\n")
            self._there += (line.removesuffix(b"\r") for line in lines)
        else:
            self._held += chunk


@contextmanager
def open_lines(path: str) -> Iterator[Lines]:
    """The lines of a plain or packed file, or of a named pipe.

    Raises:
        AttnError: it cannot be read, or begins like another format.
    """
    named_texts([path])
    if is_packed(path):
        yield Lines(checked(path, unpacked(path)))
        return
    try:
        file = open(path, "rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise cannot_read(path, error.strerror) from error
    with file:
        yield lines_of(path, file)


def lines_of(name: str, stream: BinaryIO) -> Lines:
    """The lines of an open stream. Raises AttnError as `open_lines`."""
    return Lines(checked(name, chunks_of(stream)), stream)


def checked(name: str, content: Iterator[bytes]) -> Iterator[bytes]:
    """The content of a text without the mark of UTF-8. Raises AttnError where it begins like another format."""
    chunks = without_giants(name, content)
    head = next(chunks, b"")
    check_text(name, head[:SAMPLE])
    return chain([head.removeprefix(BOM)], chunks)
