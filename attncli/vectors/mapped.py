"""Mapping the matrices of a store, after a check of their size and header."""

from pathlib import Path
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.vectors import layout
from attncli.vectors.index import damaged, is_regular


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
