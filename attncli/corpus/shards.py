"""Shards: byte ranges of text files that begin and end where lines do, so that any of them can be read alone.

Small files share a shard: each shard costs a part.
"""

import os
import shlex
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from attncli.corpus.inputs import PACKED, TEXT_HINT, Input, cannot_read, first_lines
from attncli.errors import ResourceError
from attncli.files.kinds import SAMPLE, FileKind, binary_kind, packed_kind, text_kind

LARGEST = 2**23  # bytes; some seconds of work
PIECES = 16  # a small corpus is cut into so many shards or more: several cores have work
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


class _Most(NamedTuple):
    """The size at which a shard is cut: so many bytes, or so many lines."""

    bytes: int
    lines: int


def plan_shards(
    inputs: Sequence[Input], limit: int | None = None, report: Callable[[int, int], None] = lambda _done, _whole: None
) -> list[Shard]:
    """Shards that cover the files, in order; with `limit` only the first so many lines.

    There are at least `PIECES` where there are so many lines. How files are cut and put together depends on them and
    the limit alone, so that a later run finds the same shards. `report` gets the bytes that were read, and those of
    all files.

    Raises:
        AttnError: a file that cannot be read, or is no text in UTF-8.
    """
    whole = sum(_status(each).st_size for each in inputs)
    for each in inputs:
        check_text(each.name, _head(each))
    most = _most(inputs, whole, limit)
    return [*_packed(_pieces(inputs, most, limit, lambda done: report(done, whole)), most)]


def _most(inputs: Sequence[Input], size: int, limit: int | None) -> _Most:
    """A share of the text, which is read for it where it may be small: that is cheaper than cores without work."""
    enough = PIECES * LARGEST
    if limit is None and size >= enough:
        return _Most(LARGEST, LARGEST)  # a line has a byte or more
    size = lines = 0
    for each in inputs:
        for chunk in _chunks(each, None if limit is None else limit - lines):
            size, lines = size + len(chunk), lines + chunk.count(b"\n")
            if size >= enough:
                return _Most(LARGEST, LARGEST)
    return _Most(max(size // PIECES, 1), max(lines // PIECES, 1))


def _packed(pieces: Iterable[tuple[Piece, int]], most: _Most) -> Iterator[Shard]:
    """Shards of neighbouring pieces, each with its number of lines, that are together no larger than a shard is."""
    some: list[Piece] = []
    size = count = 0
    for piece, lines in pieces:
        length = piece.end - piece.start
        if some and (size + length > most.bytes or count + lines > most.lines):
            yield Shard(tuple(some))
            some, size, count = [], 0, 0
        some.append(piece)
        size, count = size + length, count + lines
    if some:
        yield Shard(tuple(some))


def _pieces(
    inputs: Iterable[Input], most: _Most, limit: int | None, report: Callable[[int], None]
) -> Iterator[tuple[Piece, int]]:
    """The pieces of every file, each with its number of lines; `report` gets the bytes before the piece's end."""
    done = 0
    for each in inputs:
        status, start, first = _status(each), 0, 0
        for end, lines in _cuts(_chunks(each, limit), most):
            report(done + end)
            yield Piece(each.name, each.path, start, end, first, status.st_size, status.st_mtime_ns), lines - first
            start, first = end, lines
        done += status.st_size
        limit = None if limit is None else limit - first


def _chunks(each: Input, limit: int | None) -> Iterator[bytes]:
    """The bytes of a file up to the end of its first `limit` lines."""
    try:
        with open(each.path, "rb") as file:
            yield from first_lines(iter(lambda: file.read(CHUNK), b""), limit) if limit != 0 else ()
    except OSError as error:
        raise cannot_read(each.name, error.strerror) from error


def _status(each: Input | Piece) -> os.stat_result:
    try:
        status = os.stat(each.path)
    except OSError as error:
        raise cannot_read(each.name, error.strerror) from None
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(each.name, "it is not a file")
    return status


def _head(each: Input) -> bytes:
    try:
        with open(each.path, "rb") as file:
            return file.read(SAMPLE)
    except OSError as error:
        raise cannot_read(each.name, error.strerror) from error


def check_text(name: str, head: bytes, hint: str = TEXT_HINT) -> None:
    """AttnError: a file that begins like another format; hint: that of one with no way from it to text."""
    kind = packed_kind(head) or binary_kind(head) or text_kind(head)
    if kind is not None and kind.key not in READ_AS_LINES:
        raise cannot_read(name, f"it is {kind.name}", _way_on(name, kind, hint))


def _way_on(name: str, kind: FileKind, hint: str) -> str:
    """The hint for a file of a kind that is not text."""
    if ending := next((ending for ending, packing in PACKED.items() if packing == kind.key), None):
        return f"rename it to {shlex.quote(name + ending)}"
    if kind.key in TABULAR:
        return "write its text column to a file, a line a row"
    return kind.hint(name) if "unpacks" in kind.way or kind.key in TO_TEXT else hint


def _cuts(chunks: Iterable[bytes], most: _Most) -> Iterator[tuple[int, int]]:
    """The ends of shards, each behind the line with which it is large enough, and the lines before them."""
    at = lines = 0  # bytes before the chunk; lines before `place`
    begun = _Most(0, 0)  # where the shard began
    last = b"\n"
    for chunk in chunks:
        place = 0
        while found := _end(chunk, place, begun.bytes + most.bytes - at, begun.lines + most.lines - lines):
            lines += chunk.count(b"\n", place, found)
            place = found
            begun = _Most(at + place, lines)
            yield begun
        lines += chunk.count(b"\n", place)
        at += len(chunk)
        last = chunk[-1:]
    if at > begun.bytes:
        yield at, lines + (last != b"\n")  # a last line without an end is one too


def _end(chunk: bytes, place: int, least: int, lines: int) -> int:
    """The place behind the first line after `place` that ends at `least` or later, or is the last of so many; or 0."""
    end = chunk.find(b"\n", max(least - 1, place)) + 1
    if chunk.count(b"\n", place, end or len(chunk)) < lines:
        return end
    return len(chunk) - len(chunk[place:].split(b"\n", lines)[-1])


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
