"""The bytes of a file that a user names, plain or packed, and the error for one that holds no word vectors."""

import io
import os
import re
import shlex
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from attncli.errors import ResourceError
from attncli.files.kinds import kind_of_members, packed_kind
from attncli.files.unpacking import CHUNK, Readable, Unpacked, most_bytes

SUPPORTED = (
    "attn reads word2vec text and binary, GloVe, fastText .vec and .bin and gensim .kv files, "
    "also as .gz, .bz2, .xz, .zst or alone in a .zip"
)
RATIO = 50  # word vectors pack to a half or a third; a file that grows fiftyfold holds none
MAX_LINE = 4 * 2**20  # bytes; 65,536 numbers at full length fit
CONTENTS = 2 * 2**20  # bytes; the table of contents, which zipfile reads whole
MOST_SHOWN = 100  # characters of a member's name
LITTER = re.compile(
    r".*/|__MACOSX/.*|(?:.*/)?(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.IGNORECASE | re.DOTALL
)
BESIDE = re.compile(  # files beside the vectors in an archive
    r"(?:.*/)?(?:read\W?me|licen[cs]e|copying|notice|changelog|citation)[^/]*|.*\.(?:md|rst|pdf|html?|json|ya?ml|bib)",
    re.IGNORECASE | re.DOTALL,
)


def refused(path: str, why: str, hint: str = SUPPORTED) -> ResourceError:
    """The file is no set of word vectors, or a broken one."""
    return ResourceError(f"'{path}' {why}", hint)


@dataclass(frozen=True)
class Content:
    """The content of a file, unpacked: `stream` from its beginning.

    `most` is how many bytes that can be at most, and exactly so many if `packing` is None. `size` is the file's own.
    """

    path: str
    file: BufferedReader  # the file itself
    stream: BinaryIO
    packing: str | None
    most: int
    size: int

    def done(self) -> int:
        """How many bytes of the file (not of its content) have been read."""
        return (self.stream if self.packing is None else self.file).tell()


@contextmanager
def opened(path: str) -> Iterator[Content]:
    """Open a file for reading, unpacked if it is packed.

    Raises ResourceError for a path that is missing, no plain file, unreadable, or a broken archive.
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
        raise ResourceError(f"expected a file, got the address '{path}'", "download it and give the file's name")
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


class _Frugal(io.FileIO):
    """A file that hands out no more than a zip archive in order needs at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > CONTENTS:
            raise zipfile.BadZipFile("its table of contents is too long")
        return super().read(CONTENTS if size is None or size < 0 else size) or b""


def only_member(path: str, descriptor: int) -> Readable:
    """The one file of vectors in a zip archive, to be read where it is."""
    archive = zipfile.ZipFile(_Frugal(descriptor, closefd=False))
    if kind := kind_of_members(archive.namelist()):
        raise refused(path, f"is {kind.name}, which attn does not read as word vectors", kind.hint(path))
    members = _chosen([member for member in archive.infolist() if not LITTER.fullmatch(member.filename)])
    if len(members) != 1:
        raise _several(path, [member.filename for member in members])
    member = members[0]
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in member.filename:
        raise refused(
            path, f"is a zip archive whose member wants to lie outside of it: '{member.filename[:MOST_SHOWN]}'"
        )
    if member.flag_bits & 1:
        raise refused(path, "is an encrypted zip archive", "unpack it and name its file")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(path, "is a zip archive packed in an unusual way", "unpack it and name its file")
    return archive.open(member)


def _chosen(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Those that may be vectors; all if there is one, or if that leaves none."""
    likely = [member for member in members if not BESIDE.fullmatch(member.filename)]
    return likely if len(members) > 1 and likely else members


def _several(path: str, names: list[str]) -> Exception:
    """The error for an archive that does not say which of its files is meant."""
    if not names:
        return refused(path, "is a zip archive without a file in it", "download or pack it again")
    some = ", ".join(name[:MOST_SHOWN] for name in names[:3]) + (", …" if len(names) > 3 else "")
    command = f"unzip {shlex.quote(path)} {shlex.quote(names[0][:MOST_SHOWN])}"
    hint = f"{command} takes one out; then name it: --vectors {shlex.quote(os.path.basename(names[0])[:MOST_SHOWN])}"
    return refused(path, f"is a zip archive of {len(names)} files ({some})", hint)
