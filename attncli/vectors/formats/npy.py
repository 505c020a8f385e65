"""A matrix in a .npy file, read in blocks: its header is held against the file, and nothing is mapped or unpickled."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader

import numpy as np

from attncli.errors import ResourceError
from attncli.files.npz import read_npy_header
from attncli.vectors.formats.refusal import refused


@dataclass(frozen=True)
class Matrix:
    """A matrix of `shape` [n, d], given in blocks of so many rows."""

    shape: tuple[int, int]
    blocks: Callable[[int], Iterator[np.ndarray]]


def open_npy(path: str) -> Matrix:
    """The matrix in the file. Raises ResourceError for what is none of numbers, or shorter than it says."""
    try:
        with open(path, "rb") as file:
            shape, dtype, start = _header(path, file)
    except (OSError, MemoryError) as error:
        raise ResourceError(f"'{path}' cannot be read ({getattr(error, 'strerror', None) or error})") from error
    expected = start + shape[0] * shape[1] * dtype.itemsize
    if os.path.getsize(path) != expected:
        raise refused(path, f"has not the {expected} bytes that its header promises")
    return Matrix(shape, lambda rows: _blocks(path, shape, dtype, start, rows))


def _header(path: str, file: BufferedReader) -> tuple[tuple[int, int], np.dtype[np.generic], int]:
    try:
        shape, fortran, dtype = read_npy_header(file)
    except ValueError as error:
        raise refused(path, f"is not a NumPy .npy file: {error}") from error
    if len(shape) != 2 or min(shape) < 1 or dtype.kind != "f" or fortran:
        order = " in Fortran order" if fortran else ""
        raise refused(path, f"holds an array of the shape {shape} and type {dtype}{order}, not rows of numbers")
    return (int(shape[0]), int(shape[1])), dtype, file.tell()


def _blocks(
    path: str, shape: tuple[int, int], dtype: np.dtype[np.generic], start: int, rows: int
) -> Iterator[np.ndarray]:
    with open(path, "rb") as file:
        file.seek(start)
        for at in range(0, shape[0], rows):
            wanted = min(rows, shape[0] - at) * shape[1] * dtype.itemsize
            content = file.read(wanted)
            if len(content) < wanted:
                raise refused(path, "was changed while it was read")
            yield np.frombuffer(content, dtype=dtype).reshape(-1, shape[1])
