"""The bytes of a file that a user names: is it a file, what is packed in it, and how far have we read."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from typing import BinaryIO, cast

from attncli.errors import ResourceError
from attncli.files.kinds import packed_kind
from attncli.files.unpacking import CHUNK, Unpacked, most_bytes
from attncli.vectors.formats.refusal import refused
from attncli.vectors.formats.zipped import only_member

RATIO = 50  # word vectors pack to a half or a third; a file that grows fiftyfold holds none
MAX_LINE = 4 * 2**20  # bytes; 65,536 numbers at full length fit


@dataclass(frozen=True)
class Content:
    """What a file holds, unpacked: `stream` from its beginning.

    `most` is how many bytes that can be at most, and exactly so many if `packing` is None. `size` is the file's own.
    """

    path: str
    file: BufferedReader  # the file itself
    stream: BinaryIO
    packing: str | None
    most: int
    size: int

    def done(self) -> int:
        """How many bytes of the file (not of what it holds) have been read."""
        return (self.stream if self.packing is None else self.file).tell()


@contextmanager
def opened(path: str) -> Iterator[Content]:
    """Open a file for reading, unpacked if it is packed.

    Raises ResourceError for what is missing, no plain file, unreadable, or a broken archive.
    """
    size = _size_of_regular(path)
    try:
        file = open(path, "rb")  # noqa: SIM115  (only its opening is guarded)
    except OSError as error:
        raise ResourceError(f"'{path}' cannot be read ({error.strerror})") from error
    with file:
        kind = packed_kind(file.read(16))
        file.seek(0)
        if kind is None:
            yield Content(path, file, file, None, size, size)
        else:
            zipped = partial(only_member, path, file.fileno()) if kind.key == "zip" else None
            unpacked = Unpacked(path, file, kind.key, RATIO, partial(refused, path), zipped)
            stream = cast(BinaryIO, BufferedReader(unpacked, CHUNK))
            yield Content(path, file, stream, kind.key, most_bytes(size, RATIO), size)


def read_line(file: BinaryIO, path: str) -> bytes:
    """The next line, b"" at the end; never more than MAX_LINE bytes of memory."""
    line = file.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise refused(path, f"has a line of more than {MAX_LINE // 2**20} MB")
    return line


def read_exactly(content: Content, size: int) -> bytes:
    """The next `size` bytes. Raises ResourceError if there are not so many."""
    found = content.stream.read(size)
    if len(found) < size:
        raise refused(content.path, "is cut off")
    return found


def _size_of_regular(path: str) -> int:
    if "://" in path:
        raise ResourceError(f"'{path}' is an address: attn opens files only", "download it and give the file's name")
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise ResourceError(f"there is no file '{path}'", "check the path") from error
    except (OSError, ValueError) as error:
        raise ResourceError(f"'{path}' cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    if stat.S_ISDIR(status.st_mode):
        raise refused(path, "is a folder, and not a store of word vectors")
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "is a pipe, a device or a socket, not a file")
    if not status.st_size:
        raise refused(path, "is empty")
    return status.st_size
