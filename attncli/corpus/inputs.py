"""The texts of a run as plain files, which any worker can read: packed ones and streams are unpacked once."""

import errno
import os
import shutil
import stat
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from attncli.corpus.folder import TEXT, whole_file
from attncli.corpus.lines import LONGEST_LINE
from attncli.errors import AttnError, UsageError
from attncli.files.unpacking import Unpacked

CHUNK = 2**20  # bytes read at once
STANDARD_INPUT = "standard-input.txt"  # its copy among the texts of a run
PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}  # the packing of a file by the ending of its name
EXPANSION = 200  # times; no text unpacks to so many times its size
NO_LINE = 2**28  # bytes without an end of line, after which reading goes no further
TEXT_HINT = "give files of text: a sentence a line"
CHECKED, SPARED = 2**26, 2**28  # bytes after which the disk is looked at, and that are left on it
PATIENCE = 2.0  # seconds


@dataclass(frozen=True)
class Named:
    """A text as the user names it: its name in tables, its size, and its time in nanoseconds."""

    name: str
    size: int | None = None
    modified: int | None = None


@dataclass(frozen=True)
class Input:
    """A text: its name, and the plain file that holds it."""

    name: str
    path: str


def named_texts(named: Sequence[str], hint: str = TEXT_HINT) -> list[Named]:
    """The files as they are now, `-` for standard input; hint: that of an error.

    Raises:
        UsageError: one that is named twice.
        AttnError: a file that does not exist, or is a folder or a device.
    """
    for place, name in enumerate(named):
        if name in named[:place]:
            raise UsageError(f"{name!r} is named twice", "name every file once")
    return [Named("-") if name == "-" else _named(name, hint) for name in named]


def _named(name: str, hint: str) -> Named:
    status = _status(name, hint)
    if stat.S_ISDIR(status.st_mode):
        raise cannot_read(name, "it is a folder", hint)
    if stat.S_ISFIFO(status.st_mode):
        return Named(shown(name))
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(name, "it is not a file", hint)
    return Named(shown(name), status.st_size, status.st_mtime_ns)


def _status(name: str, hint: str = TEXT_HINT) -> os.stat_result:
    try:
        return os.stat(name)
    except (OSError, ValueError) as error:
        raise cannot_read(name, getattr(error, "strerror", None) or str(error), hint) from None


def shown(name: str) -> str:
    """A file's name as text, bytes that are no UTF-8 escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def said(name: str) -> str:
    """A file's name in a sentence, that of `-` in words."""
    return "standard input" if name == "-" else shown(name)


def in_quotes(name: str) -> str:
    """A file's name in a sentence, in quotes, that of `-` in words."""
    return said(name) if name == "-" else repr(name)


def inputs_of(
    named: Sequence[str],
    folder: Path,
    stream: BinaryIO | None,
    limit: int | None,
    report: Callable[[str], None] = lambda _: None,
) -> list[Input]:
    """The files, `-` for the stream; packed ones and streams are laid out in the run's folder, unless they are there.

    `report` gets a sentence about anything that takes long.

    Raises:
        UsageError: no stream, or one with another text than the folder has.
        AttnError: a file that cannot be read or unpacked.
        OSError: it cannot be laid out.
    """
    return [input_of(name, folder / TEXT, stream, limit, report) for name in named]


def input_of(
    name: str, folder: Path, stream: BinaryIO | None, limit: int | None, report: Callable[[str], None]
) -> Input:
    """The input of one name, laid out in `folder` where it must be."""
    if name == "-":
        if stream is None:
            raise UsageError("there is no standard input", "pipe text, or name files")
        return Input("-", _of_stream(folder / STANDARD_INPUT, "-", stream, limit, report))
    status = _status(name)
    path = folder / f"{zlib.crc32(os.fsencode(name)):08x}-{status.st_size}-{status.st_mtime_ns}.txt"
    if not stat.S_ISREG(status.st_mode):
        path = folder / f"{zlib.crc32(os.fsencode(name)):08x}-0-0.txt"
        with _opened_pipe(name, report) as pipe:
            return Input(shown(name), _of_stream(path, name, pipe, limit, report))
    if not is_packed(name):
        return Input(shown(name), _lasting(name))
    if not path.exists():
        lay_out(path, name, unpacked(name), limit, report)
        os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))  # laid out again, it is the same
    return Input(shown(name), str(path.absolute()))


def is_packed(name: str) -> bool:
    """Whether a file's name says that it is packed."""
    return name.lower().endswith(tuple(PACKED))


def _lasting(name: str) -> str:
    """A path that leads to the same file from another process; `/dev/stdin` is each one's own."""
    return os.path.realpath(name) if name.startswith(("/dev/", "/proc/")) else os.path.abspath(name)


@contextmanager
def _opened_pipe(name: str, report: Callable[[str], None]) -> Iterator[BinaryIO]:
    """A named pipe, which opens when another process opens it to write; `report` gets a sentence if that takes long."""
    waiting = threading.Timer(PATIENCE, report, [f"waiting for somebody to write to {name!r}"])
    waiting.daemon = True
    waiting.start()
    try:
        file = open(name, "rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise cannot_read(name, error.strerror) from error
    finally:
        waiting.cancel()
    with file:
        yield file


def _of_stream(path: Path, name: str, stream: BinaryIO, limit: int | None, report: Callable[[str], None]) -> str:
    """The path of a file with the content of a stream; an existing file must have the same content.

    Raises:
        UsageError: the content differs.
    """
    if not path.exists():
        lay_out(path, name, chunks_of(stream), limit, report)
    elif not stream.isatty() and not _is_same(path, first_lines(without_giants(name, chunks_of(stream)), limit)):
        raise UsageError(
            f"expected the text in {str(path)!r}, got another one from {name!r}", "use another folder: -o DIR"
        )
    return str(path.absolute())


def _is_same(path: Path, chunks: Iterator[bytes]) -> bool:
    """Whether the content of a stream equals that of a file, or is empty."""
    given = False
    with open(path, "rb") as file:
        for chunk in chunks:
            given = True
            if file.read(len(chunk)) != chunk:
                return False
        return not given or not file.read(1)


def lay_out(path: Path, name: str, chunks: Iterator[bytes], limit: int | None, report: Callable[[str], None]) -> None:
    """Make a file of these bytes, up to the end of `limit` lines, as long as the disk has room for something else too.

    Raises:
        OSError: it has not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    written = checked = 0
    with whole_file(path) as file:
        for chunk in first_lines(without_giants(name, chunks), limit):
            written += file.write(chunk)
            if written - checked < CHECKED:
                continue
            if not checked:
                report(f"laying out {name!r} as plain text in {str(path.parent)!r}")
            checked = written
            if shutil.disk_usage(path.parent).free < SPARED:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path.parent))


def cannot_read(name: str, reason: str | None, hint: str = TEXT_HINT) -> AttnError:
    """The error for a file that is not read as text."""
    return AttnError(f"cannot read {in_quotes(name)}: {reason or 'it is damaged'}", hint)


def open_text(name: str) -> BinaryIO:
    """A plain file or named pipe, to be closed by the caller. Raises AttnError."""
    try:
        return open(name, "rb")
    except OSError as error:
        raise cannot_read(name, error.strerror) from error


def chunks_of(file: IO[bytes] | Unpacked) -> Iterator[bytes]:
    """The content of a file or stream, piece by piece."""
    read = getattr(file, "read1", file.read)  # the bytes that a pipe has now
    while chunk := read(CHUNK):
        yield chunk


def unpacked(name: str) -> Iterator[bytes]:
    """The content of a packed file, every member of it.

    Raises:
        ResourceError: the extra is missing.
        AttnError: it is not packed so, ends in the middle, needs too much memory, or is too large unpacked.
    """

    def refuse(reason: str, hint: str = TEXT_HINT) -> AttnError:
        return cannot_read(name, f"it {reason}", hint)

    try:
        file = open(name, "rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise cannot_read(name, error.strerror) from error
    with file:
        yield from chunks_of(Unpacked(name, file, PACKED[Path(name.lower()).suffix], EXPANSION, refuse))


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
