"""Packed text as a stream: as much at a time as is asked for, whatever the file claims or holds."""

import gzip
import os
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO

from attncli.corpus.lines import LONGEST_LINE
from attncli.errors import AttnError
from attncli.extras import package

CHUNK = 2**20
PACKED = (".gz", ".zst", ".zstd")
TEXT = "give files of text: a sentence a line"
MAGIC = b"\x28\xb5\x2f\xfd"  # of a frame of .zst
LARGEST_WINDOW = 2**27  # bytes that unpacking may look back; what `zstd` itself allows without being asked
SMALL, EXPANSION = 2**26, 200  # bytes; beyond, nothing that unfolds to so many times its size is text
NO_LINE = 2**28  # bytes without an end of line: where reading goes no further


def cannot_read(name: str, reason: str | None, hint: str = TEXT) -> AttnError:
    """The error for a file that is no use."""
    return AttnError(f"cannot read {name!r}: {reason or 'it is damaged'}", hint)


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """What a file or stream holds, piece by piece."""
    read = getattr(file, "read1", file.read)  # what a pipe has now, not what it may have some day
    while chunk := read(CHUNK):
        yield chunk


def unpacked(name: str) -> Iterator[bytes]:
    """What a packed file holds, every member of it.

    Raises:
        ResourceError: the extra is missing.
        AttnError: it is not packed so, ends in the middle, wants too much memory, or unfolds beyond all measure.
    """
    package_of = {".gz": _members}.get(os.path.splitext(name)[1].lower(), _frames)
    try:
        with open(name, "rb") as file:
            yield from _bounded(name, package_of(file, name), os.fstat(file.fileno()).st_size)
    except (OSError, EOFError, zlib.error) as error:
        raise cannot_read(name, getattr(error, "strerror", None) or str(error)) from error


def _bounded(name: str, chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max(SMALL, EXPANSION * size):
            reason = f"it unfolds to more than {EXPANSION} times its {size:,} bytes, as no text does"
            raise cannot_read(name, reason, "if it is text, unpack it yourself and name the file that comes of it")
        yield chunk


def _members(file: BinaryIO, _: str) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as members:
        yield from chunks_of(members)  # type: ignore[arg-type]


def _frames(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Every frame of a .zst, block by block: four bytes unfold to 128 kB, a chunk of the file to anything."""
    zstandard = package("zstandard", f"{name!r}")
    packed = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    try:
        while magic := file.read(4):
            if magic[1:] == b"\x2a\x4d\x18" and magic[0] & 0xF0 == 0x50:  # a frame to be skipped
                file.seek(int.from_bytes(_exactly(file, 4), "little"), os.SEEK_CUR)
                continue
            if magic != MAGIC:
                raise EOFError("it is damaged")
            yield from _frame(packed.decompressobj(), magic, file)
    except zstandard.ZstdError as error:
        wants = "it wants a window of more than 128 MB" if "memory" in str(error) else "it is damaged"
        raise EOFError(wants) from error


def _frame(frame: Any, magic: bytes, file: BinaryIO) -> Iterator[bytes]:
    """One frame (RFC 8878): its header, its blocks, its checksum."""
    told = _exactly(file, 1)[0]
    single, checked = told >> 5 & 1, told >> 2 & 1
    rest = (0 if single else 1) + (0, 1, 2, 4)[told & 3] + (single, 2, 4, 8)[told >> 6]
    yield frame.decompress(magic + bytes([told]) + _exactly(file, rest))
    last = False
    while not last:
        header = _exactly(file, 3)
        number = int.from_bytes(header, "little")
        last, kind, size = bool(number & 1), number >> 1 & 3, number >> 3
        yield frame.decompress(header + _exactly(file, 1 if kind == 1 else min(size, 2**18)))
    yield frame.decompress(_exactly(file, 4)) if checked else b""


def _exactly(file: BinaryIO, size: int) -> bytes:
    """So many bytes; EOFError where there are fewer."""
    data = file.read(size)
    if len(data) < size:
        raise EOFError("it ends in the middle")
    return data


def first_lines(chunks: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    """The chunks up to the end of the first `limit` lines; nothing is read beyond the chunk in which that is."""
    for chunk in chunks:
        lines = chunk.count(b"\n")
        if limit is not None and lines >= limit:
            yield b"".join(line + b"\n" for line in chunk.split(b"\n", limit)[:limit])
            return
        limit = None if limit is None else limit - lines
        yield chunk


def without_giants(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, each not larger than CHUNK, with only so much of a line that is too long that it can be seen to be.

    Raises:
        AttnError: a line that does not end.
    """
    length = 0  # of the line at hand
    for chunk in chunks:
        end = chunk.find(b"\n")
        first = len(chunk) if end < 0 else end
        if length + first > NO_LINE:
            raise cannot_read(name, f"it has a line of more than {NO_LINE:,} bytes")
        kept = min(first, max(LONGEST_LINE + 1 - length, 0))
        length = length + first if end < 0 else len(chunk) - chunk.rindex(b"\n") - 1
        yield chunk[:kept] + chunk[first:] if kept < first else chunk
