"""Part files: the sums of one shard, or of several once they are merged, whole or not there at all.

They are read without trust: a disk loses bits, and people edit files.
"""

import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np

from attncli.arrays import Array
from attncli.corpus.folder import PARTS, whole_file
from attncli.corpus.tables.table import LARGEST, DamagedError, Table, need
from attncli.errors import ResourceError
from attncli.files.npz import write_member

#: The exceptions of zipfile, struct and json for a file that is no archive, or no JSON.
FAULTS = (
    *(OSError, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError, EOFError, MemoryError),
    *(struct.error, zipfile.BadZipFile, DamagedError),
)
REPORT = "report.json"  # the member with the report of the shards
COUNTS = ("shards", "lines", "texts", "words", "unknown", "separated")
LONGEST_HEADER = 256  # bytes
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '(<f8|<i8|\|u1)', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,15}(?:, \d{1,15}){0,7},?)?)\), \} *\n",
    re.DOTALL,
)


def part_path(folder: Path, name: str, place: str = PARTS) -> Path:
    """The path of the part `name` of a run into `folder`."""
    return folder / place / f"{name}.npz"


class PartWriter:
    """A part that is being written, member by member; each is named by its table, as `context.first`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def arrays(self, table: str, arrays: Mapping[str, Array]) -> None:
        """Write arrays of a table."""
        for name, array in arrays.items():
            write_member(self._archive, f"{table}.{name}", np.asarray(array))

    def bytes(self, table: str, name: str) -> IO[bytes]:
        """A file for the bytes of a table that come in pieces; nothing else is written until it is closed."""
        return self._archive.open(zipfile.ZipInfo(f"{table}.{name}"), "w", force_zip64=True)

    def report(self, report: Mapping[str, Any]) -> None:
        """Write the report, as JSON."""
        self._archive.writestr(zipfile.ZipInfo(REPORT), json.dumps(report))


@contextmanager
def written_part(path: Path, sync: bool = True) -> Iterator[PartWriter]:
    """A part that is there once it is whole, with `sync` on the disk too."""
    with whole_file(path, sync) as file, zipfile.ZipFile(file, "w") as archive:
        yield PartWriter(archive)


@dataclass(frozen=True)
class Member:
    """An array in a part file, read when and as far as it is wanted; mapped, a file cut short would end the process."""

    path: Path
    start: int  # of its numbers in the file
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: int) -> Any:
        return self.read(place, place + 1)[0]

    def read(self, first: int = 0, last: int | None = None) -> Array:
        """The entries from `first` up to `last` along the first axis. Raises ResourceError where the file ends."""
        shape = (max((len(self) if last is None else last) - first, 0), *self.shape[1:]) if self.shape else ()
        row = self.dtype.itemsize * math.prod(self.shape[1:])
        try:
            with open(self.path, "rb") as file:
                file.seek(self.start + first * row)
                data = bytearray(file.read(self.dtype.itemsize * math.prod(shape)))
            return np.frombuffer(data, self.dtype).reshape(shape)
        except FAULTS as error:
            raise _damaged(self.path) from error


class Part:
    """A part that is there: the report of its shards, and arrays that are read when they are wanted.

    heads: how many layers and heads its arrays are of. Raises ResourceError where it is damaged.
    """

    def __init__(self, path: Path, heads: tuple[int, int] | None = None) -> None:
        self._path, self._heads = path, heads
        with self.trusted():
            self._members = _members(self._path)

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report of its shards. Raises ResourceError where it is damaged."""
        with self.trusted():
            return check_report(self._members[REPORT].read().tobytes())

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Whatever a damaged part brings about in here is a ResourceError that names it."""
        try:
            yield
        except FAULTS as error:
            raise _damaged(self._path) from error

    def group(self, table: type[Table]) -> dict[str, Member]:
        """The arrays of a table, in the shapes that they must have."""
        names = {each.partition(".")[2]: each for each in self._members if each.startswith(f"{table.name}.")}
        arrays = {name: self._members[each] for name, each in names.items()}
        with self.trusted():
            table.check_layout(arrays, self._heads)
        return arrays

    def begins(self, table: type[Table]) -> Array:
        """Where its sums may be split by words. Raises ResourceError where it is damaged."""
        arrays = self.group(table)
        with self.trusted():
            return table.begins(arrays)

    def read(self, table: type[Table], knows: Callable[[Array], bool]) -> dict[str, Array]:
        """The arrays of a table, once it is seen that they can be added up; `knows` holds for its words."""
        self.check([table], knows)
        return {name: each.read() for name, each in self.group(table).items()}

    def check(self, tables: Sequence[type[Table]], knows: Callable[[Array], bool]) -> None:
        """Check that the sums of these tables are there; `knows` holds for its words.

        Raises:
            ResourceError: they are missing, or no run writes such sums.
        """
        with self.trusted():
            for table in tables:
                table.check_values(self.group(table), self.report["texts"], knows)


def _damaged(path: Path) -> ResourceError:
    return ResourceError(f"the part {str(path)!r} is damaged", "make it again: --resume")


def is_whole(path: Path) -> bool:
    """Whether a part is there, and every byte of it as it was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            _entries(archive, path)
            return archive.testzip() is None
    except FAULTS:
        return False


def _entries(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries by the names of their arrays: stored as they are, and no more than there is room for."""
    entries = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    need(all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1 for info in entries.values()))
    need(sum(info.file_size for info in archive.infolist()) <= os.path.getsize(path))
    return entries


def _members(path: Path) -> dict[str, Member]:
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        return {name: _member(path, file, info) for name, info in _entries(archive, path).items()}


def _member(path: Path, file: Any, info: zipfile.ZipInfo) -> Member:
    """Where an entry's array begins, as the archive and the array's own header say; other entries are bytes."""
    file.seek(info.header_offset + 26)
    start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))  # behind the name and the extra field
    need(start + info.file_size <= os.fstat(file.fileno()).st_size)
    if not info.filename.endswith(".npy"):
        return Member(path, start, np.dtype(np.uint8), (info.file_size,))
    file.seek(start)
    found = HEADER.match(file.read(min(LONGEST_HEADER, info.file_size)))
    need(found is not None and found.end() == 10 + int.from_bytes(found[1], "little"))
    assert found is not None
    dtype, shape = np.dtype(found[2].decode()), tuple(int(each) for each in re.findall(rb"\d+", found[3]))
    need(found.end() + dtype.itemsize * math.prod(shape) == info.file_size)
    return Member(path, start + found.end(), dtype, shape)


def check_report(content: bytes) -> dict[str, Any]:
    """The report of the shards in a part. Raises DamagedError for one that no run writes, or the errors of json."""
    report = json.loads(content, parse_constant=_no_number)
    need(isinstance(report, dict) and all(_is_count(report.get(name)) for name in COUNTS))
    seconds, skipped, named, names = (report.get(name) for name in ("seconds", "skipped", "named", "names"))
    need(type(seconds) in (int, float) and 0 <= seconds < LARGEST)
    need(isinstance(skipped, dict) and all(map(_is_count, skipped.values())))
    need(isinstance(named, list) and all(map(_is_problem, named)))
    need(all(shard < report["shards"] for shard, *_ in named))
    need(isinstance(names, dict) and all(name.isdecimal() and len(name) < 16 for name in names))
    need(all(isinstance(name, str) for name in names.values()))
    json.dumps(report, ensure_ascii=False).encode()  # JSON can hold half a surrogate pair, which is no text
    return dict(report)


def _no_number(_: str) -> None:
    raise DamagedError


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_problem(named: Any) -> bool:
    """A shard of the part, a piece of the shard, a line in that, and why it was skipped."""
    return isinstance(named, list) and list(map(type, named)) == [int, int, int, str] and all(map(_is_count, named[:3]))
