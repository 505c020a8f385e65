"""Writing a store: into a temporary folder beside its place, synced, renamed. It is whole or it is not there."""

import errno
import io
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.vectors import layout
from attncli.vectors.indexing import IndexWriter
from attncli.vectors.layout import StoreInfo

ROWS_PER_BLOCK = 4096  # of an array given whole: bounds the copies that checking and rounding make


def write_store(
    folder: Path,
    words: Sequence[str],
    matrix: np.ndarray,  # [n, d]
    *,
    name: str,
    source: str,
    licence: str | None = None,
    dtype: str = "float32",
) -> StoreInfo:
    """Write `words` and their rows of `matrix` [n, d] as the store `folder`; the same input gives the same bytes.

    A word that came before is left out and counted. Raises what `create_store` and `StoreWriter.add` raise, and
    ValueError if there are not as many words as rows.
    """
    if len(words) != len(matrix):
        raise ValueError(f"{len(words)} words for {len(matrix)} rows")
    dimensions = matrix.shape[1]
    with create_store(folder, name=name, source=source, dimensions=dimensions, licence=licence, dtype=dtype) as new:
        for start in range(0, len(words), ROWS_PER_BLOCK):
            new.add(words[start : start + ROWS_PER_BLOCK], matrix[start : start + ROWS_PER_BLOCK])
    return new.info


@contextmanager
def create_store(
    folder: Path, *, name: str, source: str, dimensions: int, licence: str | None = None, dtype: str = "float32"
) -> "Iterator[StoreWriter]":
    """A `StoreWriter` to add blocks of rows to; on leaving, the store is put in its place in one rename.

    If the place was taken meanwhile, the store that came first stays and this one is dropped. Whatever goes wrong,
    the temporary folder is removed. Raises FileExistsError if `folder` exists at the start, OSError if the disk
    refuses, ResourceError for sizes that a store cannot have.
    """
    if os.path.lexists(folder):
        raise FileExistsError(errno.EEXIST, "the store exists already", str(folder))
    _check_form(dimensions, dtype)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        temporary.mkdir()
        with _sqlite_as_os_error(), StoreWriter(temporary, dimensions, dtype) as new:
            yield new
            new.finish(name=name, source=source, licence=licence)
        _put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class EnoughError(Exception):
    """As many words were added as the store is to have: nothing went wrong, and there is no need to read on."""


class StoreWriter:
    """A store in the making: rows of `dimensions` numbers, rounded to `dtype` as they come."""

    info: StoreInfo  # set by `finish`
    limit: int | None = None  # the words that the store is to have at most

    def __init__(self, folder: Path, dimensions: int, dtype: str) -> None:
        self.folder, self.dimensions, self.dtype = folder, dimensions, dtype
        self.duplicates = self.zeros = 0
        self.undecodable = 0  # counted by the reader, who saw the bytes
        self.source_sha256: str | None = None
        self._norms: list[np.ndarray] = []
        self._sum = sha256()

    def __enter__(self) -> Self:
        self._matrix = open(self.folder / layout.MATRIX, "w+b")
        self._matrix.write(_npy_header(0, self.dimensions, self.dtype))
        self._index = IndexWriter(self.folder / layout.INDEX)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._index.close()
        self._matrix.close()

    def add(self, words: Sequence[str], vectors: np.ndarray) -> None:
        """Append the rows of `vectors` [m, d] under `words`, without those whose word is there already.

        Raises ResourceError for a number that is not finite or too large for the dtype, and for a word with a NUL,
        EnoughError once there are `limit` words.
        """
        room = None if self.limit is None else self.limit - len(self._index)
        fresh = list(islice((place for place, word in enumerate(words) if self._index.is_new(word)), room))
        self.duplicates += (fresh[-1] + 1 if len(fresh) == room else len(words)) - len(fresh)
        rows = self._as_stored(vectors if len(fresh) == len(words) else vectors[fresh])  # [m', d]
        self._matrix.write(rows.data)
        self._sum.update(rows.data)
        self._index.add([words[place] for place in fresh])
        if len(self._index) == self.limit:
            raise EnoughError

    def finish(self, *, name: str, source: str, licence: str | None) -> None:
        """Write what is known only at the end (header, norms, places, description) and sync every file."""
        if not len(self._index):
            raise ResourceError(f"'{source}' holds no word vectors")
        np.save(self.folder / layout.NORMS, np.concatenate(self._norms))  # [n]
        header = _npy_header(len(self._index), self.dimensions, self.dtype)
        self._matrix.seek(0)
        self._matrix.write(header)
        self._matrix.flush()
        self.info = self._description(name, source, licence, header, self._index.write_places())
        self._index.describe(self.info)
        for file in (layout.MATRIX, layout.NORMS, layout.INDEX, "."):
            _sync(self.folder / file)

    def _as_stored(self, vectors: np.ndarray) -> np.ndarray:
        """The rows [m, d] rounded to the store's dtype and found finite; their lengths are kept."""
        if vectors.ndim != 2 or vectors.shape[1] != self.dimensions:
            raise ValueError(f"rows of shape {vectors.shape} in a store of {self.dimensions} dimensions")
        with np.errstate(over="ignore"):  # what overflows is refused below
            rows = np.ascontiguousarray(vectors, dtype=layout.DTYPES[self.dtype])  # [m, d]
            norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype("<f4")  # [m]
        if not np.isfinite(norms).all():
            row = len(self._index) - len(rows) + int(np.argmin(np.isfinite(norms)))
            raise ResourceError(f"row {row + 1} has a number that is not finite, or too large for {self.dtype}")
        self._norms.append(norms)
        self.zeros += int((norms == 0).sum())
        return rows

    def _description(self, name: str, source: str, licence: str | None, header: bytes, buckets: int) -> StoreInfo:
        numbers, words = self._sum.hexdigest(), self._index.words_sha256
        form = f"{len(self._index)} {self.dimensions} {self.dtype} {words} {numbers}"
        norms = (self.folder / layout.NORMS).read_bytes()
        return StoreInfo(
            name=name,
            words=len(self._index),
            dimensions=self.dimensions,
            dtype=self.dtype,
            source=source,
            licence=licence,
            checksum=sha256(form.encode()).hexdigest(),
            buckets=buckets,
            matrix_offset=len(header),
            matrix_header_crc=crc32(header),
            matrix_sha256=numbers,
            words_sha256=words,
            norms_bytes=len(norms),
            norms_crc=crc32(norms),
            source_sha256=self.source_sha256,
            duplicates=self.duplicates,
            undecodable=self.undecodable,
            zeros=self.zeros,
        )


def _check_form(dimensions: int, dtype: str) -> None:
    if dtype not in layout.DTYPES:
        raise ResourceError(f"a store cannot hold '{dtype}' numbers", f"use {' or '.join(layout.DTYPES)}")
    if not 1 <= dimensions <= layout.MAX_DIMENSIONS:
        raise ResourceError(f"vectors of {dimensions} dimensions: a store holds 1 to {layout.MAX_DIMENSIONS}")


def _npy_header(words: int, dimensions: int, dtype: str) -> bytes:
    """The header of vectors.npy. NumPy pads it so that its length does not depend on the number of rows."""
    header = io.BytesIO()
    described = {"descr": layout.DTYPES[dtype], "fortran_order": False, "shape": (words, dimensions)}
    np.lib.format.write_array_header_1_0(header, described)
    return header.getvalue()


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Rename the finished store; if another is there by now, that one stays."""
    try:
        os.rename(temporary, folder)
    except OSError:
        if not (folder / layout.INDEX).is_file():
            raise
    _sync(folder.parent)


def _sync(path: Path) -> None:
    """Have the content of a file or folder on the disk before anything relies on it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _sqlite_as_os_error() -> Iterator[None]:
    """A disk that SQLite could not write to is the same trouble as one that NumPy could not write to."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(errno.EIO, f"the index could not be written ({error})") from error
