"""Shards: byte ranges of text files that begin and end where lines do, so that any of them can be read alone."""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from attncli.errors import AttnError, ResourceError
from attncli.extras import package

LARGEST, SMALLEST = 2**24, 2**20  # bytes; some seconds of work, and what is worth handing over
PIECES = 64  # a small corpus is cut into so many shards, that progress shows and several cores have work
CHUNK = 2**20  # bytes read at once


@dataclass(frozen=True)
class Shard:
    """Bytes `start` to `end` of the text of a file, and what tells that the file is the one that was planned for.

    Of a compressed file they count what it unpacks to. `lines` stand before it; `size` is that of the file, `modified`
    its time in nanoseconds.
    """

    path: str
    start: int
    end: int
    lines: int
    size: int
    modified: int


def plan_shards(paths: Sequence[str], limit: int | None = None) -> list[Shard]:
    """Shards that cover the files, in order; with `limit` only the first so many lines.

    How a file is cut depends on the files alone, so that a later run finds the same shards.

    Raises:
        AttnError: a file that cannot be read or unpacked.
    """
    target = _target(sum(_status(path).st_size for path in paths))
    shards: list[Shard] = []
    for path in paths:
        status = _status(path)
        start = first = 0
        with reading(path) as file:
            for end, lines in _cuts(file, target, limit):
                shards.append(Shard(path, start, end, first, status.st_size, status.st_mtime_ns))
                start, first = end, lines
        limit = None if limit is None else limit - first
    return shards


def _target(size: int) -> int:
    return min(LARGEST, max(SMALLEST, size // PIECES))


def _status(path: str) -> os.stat_result:
    try:
        status = os.stat(path)
    except OSError as error:
        raise cannot_read(path, error.strerror) from None
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(path, "it is not a file")
    return status


def cannot_read(path: str, reason: str | None) -> AttnError:
    """The error for a file that is no use."""
    return AttnError(f"cannot read {path!r}: {reason or 'it is damaged'}", "give files of text: a sentence a line")


def _cuts(file: IO[bytes], target: int, limit: int | None) -> Iterator[tuple[int, int]]:
    """Where shards of about `target` bytes end, at ends of lines, and how many lines lie before: all is read once."""
    at = begun = lines = 0  # bytes before the chunk; where the shard began; lines before `place`
    while (limit is None or lines < limit) and (chunk := file.read(CHUNK)):
        if limit is not None:
            chunk = _first_lines(chunk, limit - lines)
        place = 0
        while (found := chunk.find(b"\n", max(begun + target - 1 - at, place))) >= 0:
            lines += chunk.count(b"\n", place, found + 1)
            place = found + 1
            begun = at + place
            yield begun, lines
        lines += chunk.count(b"\n", place)
        at += len(chunk)
    if at > begun:
        yield at, lines


def _first_lines(chunk: bytes, count: int) -> bytes:
    """The chunk up to the end of its `count`-th line, or all of it."""
    if chunk.count(b"\n") <= count:
        return chunk
    return b"".join(line + b"\n" for line in chunk.split(b"\n", count)[:count])


@contextmanager
def reading(path: str) -> Iterator[IO[bytes]]:
    """The text of a file as bytes, unpacked if its name ends in .gz or .zst.

    Raises:
        AttnError: it cannot be read, or is not what its name says.
        ResourceError: the extra that unpacks it is missing.
    """
    try:
        with _opened(path) as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        raise cannot_read(path, getattr(error, "strerror", None) or str(error)) from error


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    ending = Path(path).suffix.lower()
    if ending == ".gz":
        with gzip.GzipFile(path) as unpacked:
            yield cast(IO[bytes], unpacked)
    elif ending in (".zst", ".zstd"):
        zstandard = package("zstandard", f"{path!r}")
        with open(path, "rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as unpacked:
            try:
                yield unpacked
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
    else:
        with open(path, "rb") as file:
            yield file


def open_shard(shard: Shard) -> Iterator[bytes]:
    """The bytes of a shard in pieces of CHUNK; AttnError where the file is another than was planned for."""
    status = _status(shard.path)
    if (status.st_size, status.st_mtime_ns) != (shard.size, shard.modified):
        raise ResourceError(f"{shard.path!r} has changed since it was planned", "start again without --resume")
    with reading(shard.path) as file:
        _skip(file, shard.start)
        left = shard.end - shard.start
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _skip(file: IO[bytes], count: int) -> None:
    """Go on `count` bytes; what is packed must be unpacked up to there."""
    if isinstance(file, gzip.GzipFile) or not file.seekable():
        while count > 0 and (chunk := file.read(min(CHUNK, count))):
            count -= len(chunk)
    else:
        file.seek(count)
