"""The matrices of a store as .npy files: written row by row, mapped only after a check of size and header."""

import io
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.vectors import layout
from attncli.vectors.index import damaged, is_regular


class MatrixWriter:
    """A .npy file [n, d] in the making, whose number of rows is known at the end."""

    def __init__(self, path: Path, dimensions: int, dtype: str) -> None:
        self.rows = 0
        self._dimensions, self._dtype = dimensions, dtype
        self._sum = sha256()
        self._file = open(path, "w+b")  # noqa: SIM115  (closed by `close`)
        self._file.write(self._header())

    @property
    def sha256(self) -> str:
        """Of the numbers so far, without the header."""
        return self._sum.hexdigest()

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Append rows [m, d], rounded to the dtype; returns their lengths [m], not finite where a number is not."""
        if rows.ndim != 2 or rows.shape[1] != self._dimensions:
            raise ValueError(f"rows of shape {rows.shape} in a matrix of {self._dimensions} dimensions")
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused by the caller
            stored = np.ascontiguousarray(rows, dtype=layout.DTYPES[self._dtype])  # [m, d]
            lengths: np.ndarray = np.sqrt(np.einsum("ij,ij->i", stored, stored, dtype=np.float64)).astype("<f4")  # [m]
        self._file.write(stored.data)
        self._sum.update(stored.data)
        self.rows += len(stored)
        return lengths

    def finish(self) -> bytes:
        """Write the header with the number of rows, and return it."""
        header = self._header()
        self._file.seek(0)
        self._file.write(header)
        self._file.flush()
        return header

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._file.close()

    def _header(self) -> bytes:
        """NumPy pads it so that its length does not depend on the number of rows."""
        header = io.BytesIO()
        shape = (self.rows, self._dimensions)
        described: dict[str, Any] = {"descr": layout.DTYPES[self._dtype], "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, described)
        return header.getvalue()


def map_matrix(folder: Path, name: str, dtype: str, shape: tuple[int, int], offset: int, header_crc: int) -> np.ndarray:
    """The matrix `name` [n, d] of the store, mapped.

    Raises ResourceError unless size and header are as written: reading beyond the end of a map kills the process.
    """
    path, form = folder / name, layout.DTYPES[dtype]
    expected = offset + shape[0] * shape[1] * int(form[-1])
    try:
        if not is_regular(path):
            raise damaged(folder, f"it has no {name}")
        with open(path, "rb") as file:
            size = path.stat().st_size
            if size != expected:
                raise damaged(folder, f"its {name} has {size} bytes instead of {expected}")
            if crc32(file.read(offset)) != header_crc:
                raise damaged(folder, f"the header of its {name} was altered")
            return np.memmap(file, dtype=form, mode="r", offset=offset, shape=shape).view(np.ndarray)
    except OSError as error:
        raise ResourceError(f"the store '{folder}' cannot be read ({error.strerror})") from error
