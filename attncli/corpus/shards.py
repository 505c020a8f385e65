"""Shards: byte ranges of text files that begin and end where lines do, so that any of them can be read alone."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from attncli.corpus.inputs import Input, cannot_read, first_lines
from attncli.errors import ResourceError

LARGEST, SMALLEST = 2**23, 2**20  # bytes; some seconds of work, and what is worth handing over
PIECES = 16  # a small corpus is cut into so many shards, that several cores have work; each costs a sync of the disk
CHUNK = 2**20  # bytes read at once
BOM, WIDE = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Shard:
    """Bytes `start` to `end` of the text of a file, and what tells that the file is the one that was planned for.

    name is what the user calls it; `lines` stand before it; `size` is that of the file, `modified` its time in
    nanoseconds.
    """

    name: str
    path: str
    start: int
    end: int
    lines: int
    size: int
    modified: int


def plan_shards(inputs: Sequence[Input], limit: int | None = None) -> list[Shard]:
    """Shards that cover the files, in order; with `limit` only the first so many lines.

    How a file is cut depends on the files alone, so that a later run finds the same shards.

    Raises:
        AttnError: a file that cannot be read, or is no text in UTF-8.
    """
    target = _target(sum(_status(each).st_size for each in inputs))
    shards: list[Shard] = []
    for each in inputs:
        status, start, first = _status(each), 0, 0
        try:
            with open(each.path, "rb") as file:
                _check_utf8(each, file)
                for end, lines in _cuts(file, target, limit):
                    shards.append(Shard(each.name, each.path, start, end, first, status.st_size, status.st_mtime_ns))
                    start, first = end, lines
        except OSError as error:
            raise cannot_read(each.name, error.strerror) from error
        limit = None if limit is None else limit - first
    return shards


def _target(size: int) -> int:
    return min(LARGEST, max(SMALLEST, size // PIECES))


def _status(each: Input | Shard) -> os.stat_result:
    try:
        status = os.stat(each.path)
    except OSError as error:
        raise cannot_read(each.name, error.strerror) from None
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(each.name, "it is not a file")
    return status


def _check_utf8(each: Input, file: IO[bytes]) -> None:
    if file.read(2) in WIDE:
        raise cannot_read(each.name, "it is text in UTF-16; iconv -f UTF-16 -t UTF-8 makes UTF-8 of it")
    file.seek(0)


def _cuts(file: IO[bytes], target: int, limit: int | None) -> Iterator[tuple[int, int]]:
    """Where shards of about `target` bytes end, at ends of lines, and how many lines lie before: all is read once."""
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


def open_shard(shard: Shard) -> Iterator[bytes]:
    """The bytes of a shard in pieces of CHUNK, without a byte order mark.

    Raises:
        ResourceError: the file is another than was planned for, or becomes another.
    """
    _check_same(shard)
    left = shard.end - shard.start
    try:
        with open(shard.path, "rb") as file:
            file.seek(shard.start)
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                at_start = left == shard.end and chunk.startswith(BOM)
                left -= len(chunk)
                yield chunk.removeprefix(BOM) if at_start else chunk
    except OSError as error:
        raise cannot_read(shard.name, error.strerror) from error
    _check_same(shard, left)


def _check_same(shard: Shard, left: int = 0) -> None:
    status = _status(shard)
    if left or (status.st_size, status.st_mtime_ns) != (shard.size, shard.modified):
        raise ResourceError(f"{shard.name!r} has changed since it was planned", "take it as it is now: --resume")
