"""Shards: byte ranges of text files that begin and end where lines do, so that any of them can be read alone.

Small files share a shard: each shard costs a part, and a part costs a sync of the disk.
"""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from attncli.corpus.inputs import PACKED, TEXT_HINT, Input, cannot_read, first_lines
from attncli.errors import ResourceError
from attncli.files.kinds import SAMPLE, FileKind, binary_kind, packed_kind, text_kind

LARGEST, SMALLEST = 2**23, 2**20  # bytes; some seconds of work, and the least that is worth handing over
PIECES = 16  # a small corpus is cut into so many shards, that several cores have work; each costs a sync of the disk
CHUNK = 2**20  # bytes read at once
BOM = b"\xef\xbb\xbf"
READ_AS_LINES = ("json", "csv", "xml", "script")  # kinds of text that may be wanted line by line
#: Kinds of files with a way on from them: these have one to text, or their columns may be text.
TO_TEXT = ("lfs", "html", "pdf", "postscript", "utf-16", "utf-32")
TABULAR = ("parquet", "sqlite", "arrow", "duckdb", "orc", "avro")


@dataclass(frozen=True)
class Piece:
    """Bytes `start` to `end` of the text of a file, and the marks by which the planned file is known again.

    name is the user's; `lines` come before it; `size` is that of the file, `modified` its time in
    nanoseconds.
    """

    name: str
    path: str
    start: int
    end: int
    lines: int
    size: int
    modified: int


@dataclass(frozen=True)
class Shard:
    """Pieces that are done in one go: one of a large file, or several of small ones, in their order."""

    pieces: tuple[Piece, ...]

    @property
    def bytes(self) -> int:
        """The bytes of text in all pieces."""
        return sum(piece.end - piece.start for piece in self.pieces)


def plan_shards(inputs: Sequence[Input], limit: int | None = None) -> list[Shard]:
    """Shards that cover the files, in order; with `limit` only the first so many lines.

    How files are cut and put together depends on them alone, so that a later run finds the same shards.

    Raises:
        AttnError: a file that cannot be read, or is no text in UTF-8.
    """
    target = _target(sum(_status(each).st_size for each in inputs))
    return [*_packed(_pieces(inputs, target, limit), target)]


def _packed(pieces: Iterable[Piece], target: int) -> Iterator[Shard]:
    """Shards of about `target` bytes, of pieces that are at most about that large."""
    some: list[Piece] = []
    size = 0
    for piece in pieces:
        length = piece.end - piece.start
        if some and size + length > target:
            yield Shard(tuple(some))
            some, size = [], 0
        some.append(piece)
        size += length
    if some:
        yield Shard(tuple(some))


def _pieces(inputs: Iterable[Input], target: int, limit: int | None) -> Iterator[Piece]:
    for each in inputs:
        status, start, first = _status(each), 0, 0
        try:
            with open(each.path, "rb") as file:
                _check_text(each, file)
                for end, lines in _cuts(file, target, limit):
                    yield Piece(each.name, each.path, start, end, first, status.st_size, status.st_mtime_ns)
                    start, first = end, lines
        except OSError as error:
            raise cannot_read(each.name, error.strerror) from error
        limit = None if limit is None else limit - first


def _target(size: int) -> int:
    return min(LARGEST, max(SMALLEST, size // PIECES))


def _status(each: Input | Piece) -> os.stat_result:
    try:
        status = os.stat(each.path)
    except OSError as error:
        raise cannot_read(each.name, error.strerror) from None
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(each.name, "it is not a file")
    return status


def _check_text(each: Input, file: IO[bytes]) -> None:
    """Check that a file does not begin like another format."""
    head = file.read(SAMPLE)
    file.seek(0)
    kind = packed_kind(head) or binary_kind(head) or text_kind(head)
    if kind is not None and kind.key not in READ_AS_LINES:
        raise cannot_read(each.name, f"it is {kind.name}", _way_on(each.name, kind))


def _way_on(name: str, kind: FileKind) -> str:
    """The hint for a file of a kind that is not text."""
    if ending := next((ending for ending, packing in PACKED.items() if packing == kind.key), None):
        return f"rename it to {shlex.quote(name + ending)}"
    if kind.key in TABULAR:
        return "write its text column to a file, a line a row"
    return kind.hint(name) if "unpacks" in kind.way or kind.key in TO_TEXT else TEXT_HINT


def _cuts(file: IO[bytes], target: int, limit: int | None) -> Iterator[tuple[int, int]]:
    """The ends of shards of about `target` bytes, at ends of lines, and the lines before each: all is read once."""
    at = begun = lines = 0  # bytes before the chunk; where the shard began; lines before `place`
    last = b"\n"
    for chunk in first_lines(iter(lambda: file.read(CHUNK), b""), limit) if limit != 0 else ():
        place = 0
        while (found := chunk.find(b"\n", max(begun + target - 1 - at, place))) >= 0:
            lines += chunk.count(b"\n", place, found + 1)
            place = found + 1
            begun = at + place
            yield begun, lines
        lines += chunk.count(b"\n", place)
        at += len(chunk)
        last = chunk[-1:]
    if at > begun:
        yield at, lines + (last != b"\n")  # a last line without an end is one too


def open_piece(piece: Piece) -> Iterator[bytes]:
    """The bytes of a piece, CHUNK by CHUNK, without a byte order mark.

    Raises:
        ResourceError: the file is another than was planned for, or becomes another.
    """
    _check_same(piece)
    left = piece.end - piece.start
    try:
        with open(piece.path, "rb") as file:
            file.seek(piece.start)
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                at_start = left == piece.end and chunk.startswith(BOM)
                left -= len(chunk)
                yield chunk.removeprefix(BOM) if at_start else chunk
    except OSError as error:
        raise cannot_read(piece.name, error.strerror) from error
    _check_same(piece, left)


def _check_same(piece: Piece, left: int = 0) -> None:
    status = _status(piece)
    if left or (status.st_size, status.st_mtime_ns) != (piece.size, piece.modified):
        raise ResourceError(
            f"{piece.name!r} has changed since it was planned",
            "begin anew when it stays as it is, with -o in a new folder",
        )
