"""The matrices of a store, opened after a check of their size and header: read by rows, or mapped for its writer."""

import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.vectors.store import layout
from attncli.vectors.store.index import damaged, is_regular


class StoredMatrix:
    """A matrix [n, d] whose rows are read on demand.

    It is not mapped: a file that is cut meanwhile is an error, and does not end the process.
    """

    def __init__(
        self, folder: Path, name: str, dtype: str, shape: tuple[int, int], offset: int, header_crc: int
    ) -> None:
        """Open it. ResourceError unless size and header are as written."""
        self.shape = shape
        self._folder, self._name, self._offset = folder, name, offset
        self._form = np.dtype(layout.DTYPES[dtype])
        with _checked(folder, name, dtype, shape, offset, header_crc) as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        """The rows at these places [m]: [m, d] as stored, rows side by side in one read."""
        indices = np.asarray(indices, np.intp)
        rows = np.empty((len(indices), self.shape[1]), self._form)
        stops = [*(np.flatnonzero(np.diff(indices) != 1) + 1).tolist(), len(indices)] if len(indices) else []
        for start, stop in zip([0, *stops], stops, strict=False):
            self._read(rows[start:stop], int(indices[start]))
        return rows

    def blocks(self, rows: int, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """The rows from `start` to `stop` in blocks [b, d] of `rows`, as stored: for passes that see every row once."""
        stop = len(self) if stop is None else stop
        for at in range(start, stop, rows):
            block = np.empty((min(rows, stop - at), self.shape[1]), self._form)
            self._read(block, at)
            yield block

    def _read(self, rows: np.ndarray, first: int) -> None:
        """Fill consecutive rows [m, d] from row `first` on."""
        at, left = self._offset + first * self.shape[1] * self._form.itemsize, rows.view(np.uint8).ravel().data
        try:
            while left:
                if not (done := os.preadv(self._file, [left], at)):
                    raise damaged(self._folder, f"its {self._name} was cut while it was read")
                at, left = at + done, left[done:]
        except OSError as error:
            raise ResourceError(f"the store '{self._folder}' cannot be read ({error.strerror})") from error


def map_matrix(folder: Path, name: str, dtype: str, shape: tuple[int, int], offset: int, header_crc: int) -> np.ndarray:
    """The matrix `name` [n, d] of a store in the making, mapped, since gensim takes rows all over it.

    Raises ResourceError unless size and header are as written: reading beyond the end of a map kills the process.
    """
    with _checked(folder, name, dtype, shape, offset, header_crc) as file:
        return np.memmap(file, dtype=layout.DTYPES[dtype], mode="r", offset=offset, shape=shape).view(np.ndarray)


def _checked(folder: Path, name: str, dtype: str, shape: tuple[int, int], offset: int, header_crc: int) -> BinaryIO:
    path = folder / name
    expected = offset + shape[0] * shape[1] * int(layout.DTYPES[dtype][-1])
    try:
        if not is_regular(path):
            raise damaged(folder, f"it has no {name}")
        file = open(path, "rb")  # noqa: SIM115  (closed by the caller)
        size = os.fstat(file.fileno()).st_size
        if size == expected and crc32(file.read(offset)) == header_crc:
            return file
        file.close()
    except OSError as error:
        raise ResourceError(f"the store '{folder}' cannot be read ({error.strerror})") from error
    if size != expected:
        raise damaged(folder, f"its {name} has {size} bytes instead of {expected}")
    raise damaged(folder, f"the header of its {name} was altered")
