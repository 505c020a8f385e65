"""One GGUF file (llama.cpp, ggml's docs/gguf.md): a header of metadata and array places, and the bytes of the arrays.

Quantised arrays are blocks of a row's numbers; the package `gguf` makes float32 of them, whole rows at a time.
"""

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.extras import package
from attncli.files.fetching import fetch_again
from attncli.files.json_files import existing_file
from attncli.files.safetensors_file import DTYPES, Stored, widened
from attncli.files.unchanged_file import Identity, UnchangedFile, places_of

MAGIC = b"GGUF"
VERSIONS = (2, 3)  # version 1 has counts of 32 bits
STEPS = (2**22, 2**24, 2**26)  # bytes of a header, read until all of it is there; the largest in use has 2**24
MOST_STRINGS = 2**21  # in all of the metadata; the largest vocabularies with their merges have 700,000
MOST_ENTRIES = 2**16  # of metadata, and as many arrays
MAX_DIMENSIONS = 4
LONGEST_NAME = 256  # bytes; ggml's own limit is 64
LARGEST_ALIGNMENT = 2**16
AT_ONCE = 2**18  # numbers that are dequantised at a time


class Blocks(NamedTuple):
    """A type of arrays: its number in the format, the numbers of a block, and its bytes."""

    number: int
    numbers: int
    size: int


#: The types that are read, by their names in ggml.
TYPES: Mapping[str, Blocks] = {
    "F32": Blocks(0, 1, 4),
    "F16": Blocks(1, 1, 2),
    "BF16": Blocks(30, 1, 2),
    "Q4_0": Blocks(2, 32, 18),
    "Q4_1": Blocks(3, 32, 20),
    "Q5_0": Blocks(6, 32, 22),
    "Q5_1": Blocks(7, 32, 24),
    "Q8_0": Blocks(8, 32, 34),
    "Q2_K": Blocks(10, 256, 84),
    "Q3_K": Blocks(11, 256, 110),
    "Q4_K": Blocks(12, 256, 144),
    "Q5_K": Blocks(13, 256, 176),
    "Q6_K": Blocks(14, 256, 210),
    "IQ4_NL": Blocks(20, 32, 18),
    "IQ4_XS": Blocks(23, 256, 136),
}
_NAMES = {blocks.number: name for name, blocks in TYPES.items()}
#: Names of other types, for errors.
_OTHERS = {
    **{9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S"},
    **{24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"},
}
_BOOL, _STRING, _ARRAY = 7, 8, 9
#: The number of a metadata type → NumPy's for the same bytes.
_NUMBERS = {
    **{0: "u1", 1: "i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", _BOOL: "?"},
    **{10: "<u8", 11: "<i8", 12: "<f8"},
}


class _EndedError(Exception):
    """The bytes end within the header."""


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do, whatever its name."""
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


class GgufFile:
    """The metadata and the arrays of a file. Opening reads the header; an array is read when it is used.

    metadata: key → number, text, list of texts, or array of numbers; arrays: name → its type, shape and place.
    """

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            ResourceError: no regular file, cut short, another version, or a header that does not fit the file.
        """
        self.path = path
        try:
            with existing_file(path).open("rb") as file:
                self._file = UnchangedFile(path, Identity.of(file))
                self.metadata, self.arrays = _read_header(file, self._file.identity.size)
        except OSError as error:
            raise ResourceError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
        except ValueError as error:
            raise ResourceError(f"cannot read {str(path)!r} as GGUF: {error}", fetch_again(path)) from None

    def widened(self, name: str, rows: Array | None = None) -> Array:
        """The array `name`, or these rows of it, in float32.

        Raises:
            ResourceError: a file that has changed since it was opened, or the package `gguf` is not installed.
        """
        stored = self.arrays[name]
        if stored.dtype not in DTYPES:
            shape = stored.shape if rows is None else (len(rows), *stored.shape[1:])
            return _dequantised(self.raw(name, rows).reshape(-1), stored.dtype).reshape(shape)
        return widened(self.raw(name, rows).view(DTYPES[stored.dtype]), stored.dtype)

    def raw(self, name: str, rows: Array | None = None) -> Array:
        """The bytes of the array `name`, or of these rows of it: `[..., bytes of a row]`, uint8."""
        stored = self.arrays[name]
        *outer, _ = shape = stored.shape if rows is None else (len(rows), *stored.shape[1:])
        found: Array = np.empty((*outer, _size(stored.dtype, shape[-1:])), np.uint8)
        row_bytes = _size(stored.dtype, stored.shape[1:])
        self._file.fill(found.reshape(-1).data, places_of(stored.start, row_bytes, rows))
        return found


def _dequantised(data: Array, dtype: str) -> Array:
    """The numbers of blocks in float32, some of the blocks at a time: what a type makes on the way takes more."""
    quants, blocks = package("gguf.quants", "a quantised GGUF file"), TYPES[dtype]
    kind = quants.GGMLQuantizationType(blocks.number)
    found: Array = np.empty(len(data) // blocks.size * blocks.numbers, np.float32)
    step = AT_ONCE // blocks.numbers
    with np.errstate(all="ignore"):
        for first in range(0, len(data) // blocks.size, step):
            part = data[first * blocks.size : (first + step) * blocks.size]
            found[first * blocks.numbers :][:AT_ONCE] = quants.dequantize(part.reshape(1, -1), kind)[0]
    return found


def _size(dtype: str, shape: tuple[int, ...]) -> int:
    """The bytes of an array."""
    blocks = TYPES[dtype]
    return math.prod(shape) // blocks.numbers * blocks.size


def _read_header(file: BinaryIO, size: int) -> tuple[dict[str, Any], dict[str, Stored]]:
    """Metadata and arrays; ValueError where the header does not describe bytes of the file."""
    data = b""
    for most in STEPS:
        data += file.read(min(most, size) - len(data))
        try:
            return _parsed(_Header(data), size)
        except _EndedError:
            if len(data) == size:
                raise ValueError("it ends within its header") from None
    raise ValueError(f"its header has more than {STEPS[-1]:,} bytes")


class _Header:
    """A place in the bytes of a header, which moves on with everything that is read."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at, self._strings = data, 0, 0

    def bytes(self, count: int) -> bytes:
        """So many bytes; _EndedError where there are fewer."""
        if count > len(self._data) - self.at:
            raise _EndedError
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, form: str) -> int:
        """A whole number by its struct format."""
        (found,) = struct.unpack(form, self.bytes(struct.calcsize(form)))
        return int(found)

    def text(self) -> str:
        """A string behind its length."""
        return self.bytes(self.number("<Q")).decode(errors="replace")

    def name(self) -> str:
        """A string that names something: of at most LONGEST_NAME bytes."""
        if (length := self.number("<Q")) > LONGEST_NAME:
            raise ValueError(f"a name in it has {length:,} bytes; up to {LONGEST_NAME} are supported")
        return self.bytes(length).decode(errors="replace")

    def value(self) -> Any:
        """A number, a text, or an array of either, behind its type."""
        kind = self.number("<I")
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self._numbers(kind, 1)[0].item()
        inner, count = self.number("<I"), self.number("<Q")
        return self._texts(count) if inner == _STRING else self._numbers(inner, count)

    def _numbers(self, kind: int, count: int) -> Array:
        if kind not in _NUMBERS:
            raise ValueError(f"its metadata has a value of the unknown type {kind}")
        dtype = np.dtype(_NUMBERS[kind])
        return np.frombuffer(self.bytes(count * dtype.itemsize), dtype)

    def _texts(self, count: int) -> list[str]:
        data, at, take = self._data, self.at, struct.Struct("<Q").unpack_from
        if count > (len(data) - at) // 8:
            raise _EndedError
        if (strings := self._strings + count) > MOST_STRINGS:
            raise ValueError(f"its metadata has more than {MOST_STRINGS:,} texts")
        found = []
        for _ in range(count):  # a method call for each would take three times as long
            if len(data) - at < 8 or len(data) - at - 8 < (length := take(data, at)[0]):
                raise _EndedError
            at += 8 + length
            found.append(data[at - length : at].decode(errors="replace"))
        self.at, self._strings = at, strings
        return found


def _parsed(header: _Header, size: int) -> tuple[dict[str, Any], dict[str, Stored]]:
    if header.bytes(4) != MAGIC:
        raise ValueError("it does not begin with GGUF")
    if (version := header.number("<I")) not in VERSIONS:
        big = " (big-endian)" if version & 0xFFFF == 0 else ""
        raise ValueError(f"expected version {' or '.join(map(str, VERSIONS))}, got {version}{big}")
    n_arrays, n_keys = header.number("<Q"), header.number("<Q")
    if max(n_arrays, n_keys) > MOST_ENTRIES:
        raise ValueError(f"its header claims {n_arrays:,} arrays and {n_keys:,} keys; up to {MOST_ENTRIES:,} are read")
    metadata: dict[str, Any] = {}
    for _ in range(n_keys):
        _put(metadata, header.name(), header.value())
    entries: dict[str, Stored] = {}
    for _ in range(n_arrays):
        _put(entries, header.name(), _entry(header))
    return metadata, _placed(entries, _data_start(header.at, metadata), size)


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if name in into:
        raise ValueError(f"its header has {quoted(name)} twice")
    into[name] = value


def _entry(header: _Header) -> Stored:
    """An array as the header has it: its shape the other way round than NumPy's, its place from the first array on."""
    if (dimensions := header.number("<I")) > MAX_DIMENSIONS or not dimensions:
        raise ValueError(f"an array in it has {dimensions:,} dimensions; 1 to {MAX_DIMENSIONS} are supported")
    shape = tuple(header.number("<Q") for _ in range(dimensions))[::-1]
    number, start = header.number("<I"), header.number("<Q")
    return Stored(_NAMES.get(number) or _OTHERS.get(number) or f"type {number}", shape, start)


def _data_start(at: int, metadata: Mapping[str, Any]) -> int:
    """The place of the first array, behind a header of `at` bytes."""
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= LARGEST_ALIGNMENT:
        raise ValueError(f"general.alignment: expected 1 to {LARGEST_ALIGNMENT:,}, got {quoted(alignment)}")
    return -(-at // alignment) * alignment


def _placed(entries: Mapping[str, Stored], first: int, size: int) -> dict[str, Stored]:
    """The arrays at their places in the file, checked: each of a type that is read, inside the file, apart."""
    arrays, end = {}, first
    for name, (dtype, shape, start) in sorted(
        ((name, (each.dtype, each.shape, first + each.start)) for name, each in entries.items()),
        key=lambda item: item[1][2],
    ):
        if dtype not in TYPES:
            raise ValueError(f"{quoted(name)} has type {dtype}, which is not supported: {', '.join(TYPES)} are")
        if shape[-1] % TYPES[dtype].numbers or not math.prod(shape):
            raise ValueError(f"{quoted(name)} of type {dtype} has the shape {quoted(list(shape))}")
        if start < end or (end := start + _size(dtype, shape)) > size:
            raise ValueError(f"{quoted(name)} lies at byte {start:,}: expected it behind {end:,}, and within {size:,}")
        arrays[name] = Stored(dtype, shape, start)
    return arrays
