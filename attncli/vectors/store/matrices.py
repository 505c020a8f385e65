"""Writing the matrices of a store as .npy files, block by block."""

import io
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from attncli.vectors.store import layout


class MatrixWriter:
    """A .npy file [n, d] in the making, whose number of rows is known at the end.

    A block is written and added to the checksum in a thread while the next is being read: neither needs the
    interpreter, and together they take half as long as gensim takes for a binary file. One block is under way at most.
    """

    def __init__(self, path: Path, dimensions: int, dtype: str) -> None:
        self.rows = 0
        self._dimensions, self._dtype = dimensions, dtype
        self._sum = sha256()
        self._thread = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None
        self._file = open(path, "w+b")  # noqa: SIM115  (closed by `close`)
        self._file.write(self._header())

    @property
    def sha256(self) -> str:
        """Of the numbers, without the header; once finished."""
        return self._sum.hexdigest()

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Append rows [m, d], rounded to the dtype; returns their lengths [m], not finite where a number is not.

        Raises OSError, perhaps only with the next block or at the end.
        """
        if rows.ndim != 2 or rows.shape[1] != self._dimensions:
            raise ValueError(f"rows of shape {rows.shape} in a matrix of {self._dimensions} dimensions")
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused by the caller
            stored = np.ascontiguousarray(rows, dtype=layout.DTYPES[self._dtype])  # [m, d]
            lengths: np.ndarray = np.sqrt(np.einsum("ij,ij->i", stored, stored, dtype=np.float64)).astype("<f4")  # [m]
        self._wait()
        self._under_way = self._thread.submit(self._append, stored.data)
        self.rows += len(stored)
        return lengths

    def finish(self) -> bytes:
        """Write the header with the number of rows, and return it. Raises OSError."""
        self._wait()
        header = self._header()
        self._file.seek(0)
        self._file.write(header)
        self._file.flush()
        return header

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._thread.shutdown()
        self._file.close()

    def _append(self, rows: memoryview) -> None:
        self._file.write(rows)
        self._sum.update(rows)

    def _wait(self) -> None:
        """Until what is under way is written; raises what went wrong with it."""
        if self._under_way is not None:
            self._under_way.result()
        self._under_way = None

    def _header(self) -> bytes:
        """NumPy pads it so that its length does not depend on the number of rows."""
        header = io.BytesIO()
        shape = (self.rows, self._dimensions)
        described: dict[str, Any] = {"descr": layout.DTYPES[self._dtype], "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, described)
        return header.getvalue()
