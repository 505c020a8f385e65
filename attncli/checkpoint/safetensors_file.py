"""One safetensors file, mapped: a header of names, dtypes, shapes and offsets, then the bytes of the arrays."""

import json
import math
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attncli.checkpoint.files import existing_file
from attncli.errors import ResourceError
from attncli.extras import package
from attncli.similarity import Array

MAX_HEADER = 2**24  # bytes: some 130,000 arrays
#: What arrays may be made of, as it lies in the file. NumPy has no bfloat16: it is the upper half of a float32.
DTYPES: Mapping[str, str] = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


@dataclass(frozen=True)
class Stored:
    """Where one array lies: its dtype by the format's name, its shape, and its first byte in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def is_float(self) -> bool:
        """Whether it holds parameters and not, say, position numbers."""
        return self.dtype.startswith(("F", "BF"))


class SafetensorsFile:
    """The arrays of a file. Opening reads the header; an array's pages are read when it is used."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        Raises:
            ResourceError: no regular file, cut short, or a header that does not fit the file.
        """
        self.path = path
        try:
            _check(existing_file(path))
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.arrays = _read_header(self._bytes)
        except OSError as error:
            raise ResourceError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ResourceError(
                f"{str(path)!r} is no whole safetensors file: {str(error).splitlines()[0]}", "hf download gets it again"
            ) from None

    def raw(self, name: str) -> Array:
        """The array `name` as it lies in the file, without a copy; BF16 as uint16.

        Raises:
            ResourceError: a dtype that is not supported.
        """
        stored = self.arrays[name]
        if stored.dtype not in DTYPES:
            raise ResourceError(f"{name} has dtype {stored.dtype}, which is not supported: {', '.join(DTYPES)} are")
        return np.frombuffer(self._bytes, DTYPES[stored.dtype], math.prod(stored.shape), stored.start).reshape(
            stored.shape
        )

    def widened(self, name: str, rows: Array | None = None) -> Array:
        """The array `name`, or these rows of it, in float32: F32 mapped, F16 and BF16 as a copy."""
        raw = self.raw(name) if rows is None else self.raw(name)[rows]
        if self.arrays[name].dtype == "BF16":
            wide: Array = raw.astype(np.uint32)
            np.left_shift(wide, 16, out=wide)
            return wide.view(np.float32)
        return raw.astype(np.float32, copy=False)


def _check(path: Path) -> None:
    """Hold the header against the size of the file, then let the safetensors library judge the rest of it."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = os.fstat(file.fileno()).st_size
    if size < 8 or length > size - 8:
        raise ValueError(f"its header claims {length:,} bytes, and the file has {size:,}")
    if length > MAX_HEADER:
        raise ValueError(f"its header has {length:,} bytes; supported are up to {MAX_HEADER:,}")
    library = package("safetensors", "a model")
    try:
        with library.safe_open(str(path), framework="numpy"):
            pass
    except library.SafetensorError as error:
        raise ValueError(str(error) or "its header is damaged") from None


def _read_header(data: mmap.mmap) -> dict[str, Stored]:
    """The arrays by name, each within the file: what the library let pass is not believed twice."""
    data_start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8:data_start].decode())
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        (start, end), shape = entry["data_offsets"], tuple(entry["shape"])
        stored = Stored(entry["dtype"], shape, data_start + start)
        width = np.dtype(DTYPES.get(stored.dtype, "u1")).itemsize
        exact = stored.dtype not in DTYPES or math.prod(shape) * width == end - start
        if not (0 <= start <= end <= len(data) - data_start and exact):
            raise ValueError(f"{name} of shape {list(shape)} lies at bytes {start:,} to {end:,}")
        arrays[name] = stored
    return arrays
