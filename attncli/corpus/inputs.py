"""What the user names as plain files, to be cut and read anywhere: packed ones and streams are laid out once."""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from attncli.corpus.folder import TEXT, whole_file
from attncli.errors import AttnError, UsageError
from attncli.extras import package

CHUNK = 2**20
PACKED = (".gz", ".zst", ".zstd")


@dataclass(frozen=True)
class Named:
    """A text as the user names it: what it is called in tables, how large it is, and its time in nanoseconds."""

    name: str
    size: int | None = None
    modified: int | None = None


@dataclass(frozen=True)
class Input:
    """A text: what it is called, and the plain file that holds it."""

    name: str
    path: str


def named_texts(named: Sequence[str]) -> list[Named]:
    """The files as they are now, `-` for standard input.

    Raises:
        UsageError: one that is named twice.
        AttnError: a file that is not there, or is none.
    """
    for place, name in enumerate(named):
        if name in named[:place]:
            raise UsageError(f"{name!r} is named twice", "name every file once")
    return [Named("-") if name == "-" else _named(name) for name in named]


def _named(name: str) -> Named:
    try:
        status = os.stat(name)
    except (OSError, ValueError) as error:
        raise cannot_read(name, getattr(error, "strerror", None) or str(error)) from None
    if stat.S_ISDIR(status.st_mode):
        raise cannot_read(name, "it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(name, "it is not a file")
    return Named(shown(name), status.st_size, status.st_mtime_ns)


def shown(name: str) -> str:
    """A file's name as text, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def inputs_of(named: Sequence[str], folder: Path, stream: BinaryIO | None, limit: int | None) -> list[Input]:
    """The files, `-` for the stream; what is packed or streamed is laid out in the run's folder, unless it is there.

    Raises:
        UsageError: a stream that is not there.
        AttnError: a file that cannot be read or unpacked.
    """
    return [_input(name, folder, stream, limit) for name in named]


def _input(name: str, folder: Path, stream: BinaryIO | None, limit: int | None) -> Input:
    if name == "-":
        if stream is None:
            raise UsageError("there is no standard input", "pipe text, or name files")
        return Input("-", _laid_out(folder / TEXT / "standard-input.txt", _chunks(stream), limit))
    if not name.lower().endswith(PACKED):
        return Input(shown(name), os.path.abspath(name))
    try:
        status = os.stat(name)
        path = folder / TEXT / f"{zlib.crc32(os.fsencode(name)):08x}-{status.st_size}-{status.st_mtime_ns}.txt"
        with open(name, "rb") as file:
            return Input(shown(name), _laid_out(path, _unpacked(name, file), limit))
    except (OSError, EOFError, zlib.error) as error:
        if getattr(error, "errno", None) and getattr(error, "filename", None) not in (None, name):
            raise  # it cannot be written
        raise cannot_read(name, getattr(error, "strerror", None) or str(error)) from error


def cannot_read(name: str, reason: str | None) -> AttnError:
    """The error for a file that is no use."""
    return AttnError(f"cannot read {name!r}: {reason or 'it is damaged'}", "give files of text: a sentence a line")


def _laid_out(path: Path, chunks: Iterator[bytes], limit: int | None) -> str:
    """The path of a file with these bytes, up to the end of `limit` lines."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            for chunk in first_lines(chunks, limit):
                file.write(chunk)
    return str(path.absolute())


def first_lines(chunks: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    """The chunks up to the end of the first `limit` lines; nothing is read beyond the chunk in which that is."""
    for chunk in chunks:
        lines = chunk.count(b"\n")
        if limit is not None and lines >= limit:
            yield b"".join(line + b"\n" for line in chunk.split(b"\n", limit)[:limit])
            return
        limit = None if limit is None else limit - lines
        yield chunk


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    read = getattr(file, "read1", file.read)  # what a pipe has now, not what it may have some day
    while chunk := read(CHUNK):
        yield chunk


def _unpacked(name: str, file: BinaryIO) -> Iterator[bytes]:
    if name.lower().endswith(".gz"):
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from _chunks(unpacked)  # type: ignore[arg-type]
        return
    zstandard = package("zstandard", f"{name!r}")
    try:
        yield from _frames(zstandard.ZstdDecompressor(), _chunks(file))
    except zstandard.ZstdError as error:
        raise EOFError(str(error)) from error


def _frames(packed: "object", chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Every frame of a .zst; EOFError where the last one has no end."""
    frame = None
    for chunk in chunks:
        while chunk:
            frame = frame or packed.decompressobj()  # type: ignore[attr-defined]
            yield frame.decompress(chunk)
            chunk = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends in the middle")
