"""One safetensors file: a header of names, dtypes, shapes and offsets, then the bytes of the arrays."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.files.json_files import existing_file, parse, unreadable
from attncli.files.unchanged_file import Identity, UnchangedFile, places_of

MAX_HEADER = 2**22  # bytes: some 40,000 arrays
MAX_DIMENSIONS = 8  # the models here have at most 4
#: The dtypes of weights → NumPy's for the same bytes. It has no bfloat16, which is the upper half of a float32.
DTYPES: Mapping[str, str] = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
#: With those of static vectors.
NUMBERS: Mapping[str, str] = {**DTYPES, "F64": "<f8", "I8": "i1", "I32": "<i4", "I64": "<i8"}
#: The bits of a number, by the format's names.
BITS: Mapping[str, int] = {
    **{"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16},
    **{"BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64},
    **{"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6},
}


@dataclass(frozen=True)
class Stored:
    """One array of a file: its dtype by the format's name, its shape, and the place of its first byte."""

    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def is_float(self) -> bool:
        """Whether it holds parameters and not, say, position numbers."""
        return self.dtype.startswith(("F", "BF", "Q", "IQ"))

    @property
    def numbers(self) -> int:
        """The size of the array in numbers."""
        return math.prod(self.shape)


class SafetensorsFile:
    """The arrays of a file. Opening reads the header; an array is read when it is used."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            ResourceError: no regular file, cut short, or a header that does not fit the file.
        """
        self.path = path
        try:
            with existing_file(path).open("rb") as file:
                self._file = UnchangedFile(path, Identity.of(file))
                self.arrays = _read_header(file, self._file.identity.size)
        except OSError as error:
            raise ResourceError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            raise unreadable(path, f"{str(path)!r} is no whole safetensors file: {error}") from None

    def raw(self, name: str, rows: Array | None = None, among: Mapping[str, str] = DTYPES) -> Array:
        """The array `name`, or these rows of it, as stored in the file, of a dtype `among` those; BF16 as uint16.

        Raises:
            ResourceError: a dtype that is not supported, or a file that has changed since it was opened.
        """
        stored = self.arrays[name]
        if stored.dtype not in among:
            raise ResourceError(
                f"{quoted(name)[1:-1]} has dtype {stored.dtype}, which is not supported: {', '.join(among)} are"
            )
        shape = stored.shape if rows is None else (len(rows), *stored.shape[1:])
        found: Array = np.empty(shape, among[stored.dtype])
        row_bytes = math.prod(stored.shape[1:]) * found.itemsize
        self._file.fill(found.reshape(-1).view(np.uint8).data, places_of(stored.start, row_bytes, rows))
        return found

    def same_bytes(self, name: str, other: "SafetensorsFile", its: str) -> bool:
        """Whether two arrays, here or in another file, are the same to the bit."""
        mine, theirs = self.arrays[name], other.arrays[its]
        if (mine.dtype, mine.shape) != (theirs.dtype, theirs.shape) or mine.dtype not in DTYPES:
            return False
        return np.array_equal(self.raw(name).view(np.uint8), other.raw(its).view(np.uint8))

    def widened(self, name: str, rows: Array | None = None) -> Array:
        """The array `name`, or these rows of it, in float32."""
        return widened(self.raw(name, rows), self.arrays[name].dtype)


def widened(raw: Array, dtype: str) -> Array:
    """Numbers as stored, of a dtype of `DTYPES`, in float32."""
    if dtype == "BF16":
        wide: Array = raw.astype(np.uint32)
        np.left_shift(wide, 16, out=wide)
        return wide.view(np.float32)
    return raw.astype(np.float32, copy=False)


def _read_header(file: BinaryIO, size: int) -> dict[str, Stored]:
    """The arrays by name; ValueError where the header does not describe the bytes of the file, all of them once."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError(f"its header claims {length:,} bytes, and the file has {size:,}")
    if length > MAX_HEADER:
        raise ValueError(f"its header has {length:,} bytes; supported are up to {MAX_HEADER:,}")
    header = parse(file.read(length).decode())
    if not isinstance(header, dict):
        raise ValueError(f"its header: expected an object, got a {type(header).__name__}")
    header.pop("__metadata__", None)
    arrays, end = {}, 0
    for name, entry in sorted(header.items(), key=_start_of):
        arrays[name] = _checked(name, entry, 8 + length, end)
        end = entry["data_offsets"][1]
    if end != size - 8 - length:
        raise ValueError(f"its arrays have {end:,} bytes, and {size - 8 - length:,} are there")
    return arrays


def _start_of(item: tuple[str, Any]) -> tuple[int, int]:
    """The start and end of an array; ValueError for an entry without them."""
    name, entry = item
    offsets, shape = (entry.get(key) for key in ("data_offsets", "shape")) if isinstance(entry, dict) else (None, None)
    if not (_are_counts(offsets) and _are_counts(shape) and len(offsets) == 2):
        raise ValueError(f"its header has no offsets and shape of the array {quoted(name)}")
    return offsets[0], offsets[1]


def _are_counts(numbers: object) -> TypeGuard[list[int]]:
    return isinstance(numbers, list) and all(type(number) is int and 0 <= number < 2**63 for number in numbers)


def _checked(name: str, entry: Mapping[str, Any], data_start: int, begin: int) -> Stored:
    """The array's entry, checked: it starts where the one before it ends, and is as long as its shape asks."""
    (start, end), shape, dtype = entry["data_offsets"], entry["shape"], entry.get("dtype")
    if len(shape) > MAX_DIMENSIONS:
        raise ValueError(
            f"the array {quoted(name)} has {len(shape):,} dimensions; up to {MAX_DIMENSIONS} are supported"
        )
    if not isinstance(dtype, str) or dtype not in BITS:
        raise ValueError(f"the array {quoted(name)} has the unknown dtype {quoted(dtype)}")
    if start != begin or math.prod(shape) * BITS[dtype] != (end - start) * 8:
        raise ValueError(f"the array {quoted(name)} of shape {quoted(shape)} lies at bytes {start:,} to {end:,}")
    return Stored(dtype, tuple(shape), data_start + start)
