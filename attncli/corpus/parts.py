"""Part files: what one shard came to, named by what it was made from, whole or not there at all.

They are read as a stranger's would be: a disk loses bits, and people edit files.
"""

import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.corpus.folder import PARTS, whole_file
from attncli.corpus.layout import ARRAYS, DamagedError, check_arrays, check_told, check_values
from attncli.errors import ResourceError
from attncli.files.npz import write_npz

#: What zipfile, struct and json raise for what is no archive, and no JSON.
FAULTS = (
    *(OSError, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError, EOFError, MemoryError),
    *(struct.error, zipfile.BadZipFile, DamagedError),
)
LONGEST_HEADER = 256  # bytes
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '(<f8|<i8|\|u1)', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,15}(?:, \d{1,15}){0,7},?)?)\), \} *\n",
    re.DOTALL,
)


def part_path(folder: Path, name: str) -> Path:
    """Where the part `name` of a run into `folder` stands."""
    return folder / PARTS / f"{name}.npz"


def write_part(folder: Path, name: str, told: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """A part: its numbers and texts as JSON, and its arrays."""
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    with whole_file(part_path(folder, name)) as file:
        write_npz(file, {"told": text, **arrays})


class _Place(NamedTuple):
    """Where an array stands in the file."""

    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


class Part:
    """A part that is there: `told`, and arrays that are mapped, not read.

    heads: how many layers and heads its arrays are of, where that is known. Raises ResourceError where it is damaged.
    """

    def __init__(self, folder: Path, name: str, heads: tuple[int, int] | None = None) -> None:
        self._path, self._heads = part_path(folder, name), heads
        try:
            self._places = _places(self._path)
            self.told: dict[str, Any] = check_told(self["told"].tobytes())
        except FAULTS as error:
            raise self._damaged() from error

    def _damaged(self) -> ResourceError:
        return ResourceError(f"the part {str(self._path)!r} is damaged", "make it again: --resume")

    def __getitem__(self, name: str) -> Array:
        """The array `name`, as it stands in the file: members are stored as they are."""
        try:
            place = self._places[name]
            if math.prod(place.shape) == 0 or not place.shape:
                with open(self._path, "rb") as file:
                    file.seek(place.start)
                    data = file.read(place.dtype.itemsize * math.prod(place.shape))
                return np.frombuffer(data, place.dtype).reshape(place.shape)
            mapped: Array = np.memmap(self._path, place.dtype, "r", place.start, place.shape)
            return mapped
        except FAULTS as error:
            raise self._damaged() from error

    def group(self, name: str) -> dict[str, Array]:
        """The arrays of one collector, in the shapes that they must have."""
        arrays = {each.partition(".")[2]: self[each] for each in self._places if each.startswith(f"{name}.")}
        try:
            check_arrays(name, arrays, self._heads)
        except DamagedError as error:
            raise self._damaged() from error
        return arrays

    def check(self, collect: Sequence[str], pieces: int, knows: Callable[[Array], bool]) -> None:
        """See that what was collected over so many pieces of text is there, and that `knows` holds for its words."""
        if any(place >= pieces for place, *_ in self.told["named"]):
            raise self._damaged()
        for name in (name for name in collect if name in ARRAYS):
            arrays = self.group(name)
            if name in ("distance", "entropy") and bool(arrays) != (self.told["texts"] > 0):
                raise self._damaged()
            try:
                check_values(name, arrays, knows)
            except DamagedError as error:
                raise self._damaged() from error


def is_whole(folder: Path, name: str) -> bool:
    """Whether a part is there, and every byte of it as it was written."""
    try:
        with zipfile.ZipFile(part_path(folder, name)) as archive:
            _members(archive, part_path(folder, name))
            return archive.testzip() is None
    except FAULTS:
        return False


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The members by the names of their arrays: stored as they are, and no more than there is room for."""
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    plain = all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1 for info in members.values())
    if not plain or sum(info.file_size for info in archive.infolist()) > os.path.getsize(path):
        raise DamagedError
    return members


def _places(path: Path) -> dict[str, _Place]:
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        return {name: _place(file, info) for name, info in _members(archive, path).items()}


def _place(file: Any, info: zipfile.ZipInfo) -> _Place:
    """Where a member's array begins, as the archive and the array's own header say."""
    file.seek(info.header_offset + 26)
    start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))  # behind the name and the extra field
    file.seek(start)
    found = HEADER.match(file.read(min(LONGEST_HEADER, info.file_size)))
    if found is None or found.end() != 10 + int.from_bytes(found[1], "little"):
        raise DamagedError
    dtype, shape = np.dtype(found[2].decode()), tuple(int(each) for each in re.findall(rb"\d+", found[3]))
    end = start + info.file_size
    if found.end() + dtype.itemsize * math.prod(shape) != info.file_size or end > os.fstat(file.fileno()).st_size:
        raise DamagedError
    return _Place(start + found.end(), dtype, shape)
