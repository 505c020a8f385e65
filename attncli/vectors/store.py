"""An opened vector set: rows and words out of a mapped store. Imports neither gensim nor scipy."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.spelling import nearest_spellings
from attncli.vectors import layout
from attncli.vectors.blocks import read_blocks
from attncli.vectors.index import Index, damaged, is_regular
from attncli.vectors.layout import StoreInfo
from attncli.vectors.nearest import nearest

SPELLINGS_AMONG = 100_000  # rows, the most frequent words: bounds the time in a set of millions to some 0.1 s


class Vectors:
    """The vector set in the store `folder`: `words` words of `dimensions` numbers, row by row. Immutable.

    The matrix is mapped: opening costs the same for any size, and reading a row touches its pages only. `notes`
    are sentences the user should see once. Raises ResourceError if the folder is no store, or a damaged one.
    """

    def __init__(self, folder: Path, notes: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.notes = notes
        self._index = Index(folder)
        self.info: StoreInfo = self._index.info
        self.name, self.words, self.dimensions = self.info.name, self.info.words, self.info.dimensions
        self._matrix = _map_matrix(folder, self.info)  # [words, dimensions]

    def __repr__(self) -> str:
        return f"<Vectors {self.name!r}: {self.words} words, {self.dimensions} dimensions>"

    def find(self, words: Iterable[str]) -> dict[str, int]:
        """The row of each word that is in the set, in one batch. Words are looked up as they are, to the letter."""
        return self._index.find(words)

    def rows(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The vectors of these rows: [len(indices), dimensions] float64. IndexError for a row that is not there."""
        return self._matrix[np.asarray(indices, dtype=np.intp)].astype(np.float64)  # [m, d]

    def text(self, indices: Sequence[int] | np.ndarray) -> list[str]:
        """The words of these rows, in the order asked. IndexError for a row that is not there."""
        return self._index.words_at([int(index) for index in indices])

    def blocks(self, rows: int, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """All rows in order or those from `start` to `stop`, `rows` at a time: [b, dimensions] as stored."""
        return read_blocks(self.folder, self.info, rows, start, self.words if stop is None else stop)

    def near(self, vectors: np.ndarray, top: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The rows nearest by cosine to each of `vectors` [m, dimensions]: rows [m, top] and cosines [m, top].

        Exact, best first, equals in row order; a zero vector has cosine 0. One pass over the set in blocks.
        """
        return nearest(self._matrix, self.blocks, self.norms, vectors, top)

    def spellings(self, word: str, top: int = 3) -> list[str]:
        """The known words spelt most like `word`, best first, out of the first 100,000 of the set."""
        return nearest_spellings(word, self._frequent, top)

    def to_gensim(self) -> Any:
        """A gensim KeyedVectors with the same words and rows (float32), held in memory."""
        from attncli.vectors.readers import keyed_vectors

        loaded = keyed_vectors()(self.dimensions)
        loaded.add_vectors(self._index.first_words(self.words), self._matrix.astype(np.float32))
        return loaded

    @cached_property
    def _frequent(self) -> list[str]:
        return self._index.first_words(SPELLINGS_AMONG)

    @cached_property
    def norms(self) -> np.ndarray:
        """The length of every row: [words] float32, checked against what was written. Read whole."""
        path = self.folder / layout.NORMS
        content = path.read_bytes() if is_regular(path) else b""
        if len(content) != self.info.norms_bytes or crc32(content) != self.info.norms_crc:
            raise damaged(self.folder, f"its {layout.NORMS} is not as it was written")
        return np.frombuffer(content[-4 * self.words :], dtype="<f4")


def _map_matrix(folder: Path, info: StoreInfo) -> np.ndarray:
    """The matrix [n, d], mapped only if size and header are as written: reading beyond the end kills the process."""
    path = folder / layout.MATRIX
    try:
        if not is_regular(path):
            raise damaged(folder, f"it has no {layout.MATRIX}")
        with open(path, "rb") as file:
            size = path.stat().st_size
            if size != info.matrix_bytes:
                raise damaged(folder, f"its {layout.MATRIX} has {size} bytes instead of {info.matrix_bytes}")
            if crc32(file.read(info.matrix_offset)) != info.matrix_header_crc:
                raise damaged(folder, f"the header of its {layout.MATRIX} was altered")
            form, shape = layout.DTYPES[info.dtype], (info.words, info.dimensions)
            return np.memmap(file, dtype=form, mode="r", offset=info.matrix_offset, shape=shape).view(np.ndarray)
    except OSError as error:
        raise ResourceError(f"the store '{folder}' cannot be read ({error.strerror})") from error
