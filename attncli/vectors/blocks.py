"""The matrix of a store read from its first row to its last, in blocks: for passes that see every row once."""

from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import numpy as np

from attncli.vectors import layout
from attncli.vectors.index import damaged
from attncli.vectors.layout import StoreInfo


def read_blocks(folder: Path, info: StoreInfo, rows: int, start: int, stop: int) -> Iterator[np.ndarray]:
    """The rows from `start` to `stop` in blocks [b, d] of `rows`, in the store's dtype, each overwritten by the next.

    It is read and not mapped, although the store is: a mapped pass enters every page into the process's tables, which
    takes longer than copying it, and leaves the whole matrix in its resident memory (3,000,000 x 300 on two cores:
    0.46 s and 3.5 GB mapped, 0.30 s and a buffer read). And a file cut short meanwhile is an error, not a crash.
    """
    buffer = np.empty((min(rows, stop - start), info.dimensions), dtype=layout.DTYPES[info.dtype])  # [b, d]
    with open(folder / layout.MATRIX, "rb", buffering=0) as file:
        file.seek(info.matrix_offset + start * buffer[0].nbytes)
        for at in range(start, stop, len(buffer)):
            block = buffer[: stop - at]
            if _fill(file, block.data.cast("B")) < block.nbytes:
                raise damaged(folder, f"its {layout.MATRIX} was cut short")
            yield block


def _fill(file: FileIO, wanted: memoryview) -> int:
    """Read until `wanted` is full or the file at its end: one read may give less than it was asked for."""
    filled = 0
    while filled < len(wanted) and (count := file.readinto(wanted[filled:])):
        filled += count
    return filled
