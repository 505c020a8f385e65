"""Writing a store: into a temporary folder beside its place, synced, renamed, so that it is whole or absent.

A temporary folder is locked by its writer for as long as that lives: the system lets go of a lock with the process,
however it ended. So one that can be locked has lost its writer, and the next one removes it. No lock is needed for a
store to be right, only for tidiness.
"""

import errno
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

import numpy as np

from attncli.errors import ResourceError
from attncli.interrupts import held_back
from attncli.vectors.store import layout
from attncli.vectors.store.layout import Ngrams, Pieces, StoreInfo, UnstorableError
from attncli.vectors.store.matrix import map_matrix
from attncli.vectors.store.writers import IndexWriter, MatrixWriter

ROWS_PER_BLOCK = 4096  # of an array given whole: bounds the copies that checking and rounding make
NAME = re.compile(r"\.[0-9a-f]{16}\.tmp")


def write_store(
    folder: Path,
    words: Sequence[str],
    matrix: np.ndarray,  # [n, d]
    *,
    name: str,
    source: str,
    licence: str | None = None,
    dtype: str = "float32",
    cross_temperature: float | None = None,
    parts: tuple[Sequence[str], np.ndarray] | None = None,
) -> StoreInfo:
    """Write `words` and their rows of `matrix` [n, d] as the store `folder`; the same input gives the same bytes.

    A word that came before is left out and counted. cross_temperature: of attention from one text to another, None:
    the general one. parts: what unknown words are composed of, the most frequent first, and their rows (see parts.py).
    Raises what `create_store` and `StoreWriter.add` raise, and ValueError if there are not as many words as rows.
    """
    if len(words) != len(matrix):
        raise ValueError(f"{len(words)} words for {len(matrix)} rows")
    dimensions = matrix.shape[1]
    with create_store(folder, name=name, source=source, dimensions=dimensions, licence=licence, dtype=dtype) as new:
        for start in range(0, len(words), ROWS_PER_BLOCK):
            new.add(words[start : start + ROWS_PER_BLOCK], matrix[start : start + ROWS_PER_BLOCK])
        new.cross_temperature = cross_temperature
        if parts is not None:
            new.add_parts(*parts)
    return new.info


@contextmanager
def create_store(
    folder: Path, *, name: str, source: str, dimensions: int, licence: str | None = None, dtype: str = "float32"
) -> "Iterator[StoreWriter]":
    """A `StoreWriter` to add blocks of rows to; on leaving, the store is put in its place in one rename.

    If the place was taken meanwhile, the store that came first stays and this one is dropped. Whatever goes wrong,
    the temporary folder is removed; one that an earlier kill left behind as well.

    Raises:
        FileExistsError: `folder` exists at the start.
        OSError: the disk refuses.
        ResourceError: sizes that a store cannot have.
    """
    if os.path.lexists(folder):
        raise FileExistsError(errno.EEXIST, "the store exists already", str(folder))
    _check_form(dimensions, dtype)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder.parent) as temporary:
        with _sqlite_as_os_error(), StoreWriter(temporary, dimensions, dtype) as new:
            yield new
            new.finish(name=name, source=source, licence=licence)
        new.came_first = _put_in_place(temporary, folder)


class EnoughError(Exception):
    """As many words were added as the store is to have: nothing went wrong, and there is no need to read on."""


class StoreWriter:
    """A store in the making: rows of `dimensions` numbers, rounded to `dtype` as they come."""

    info: StoreInfo  # set by `finish`
    came_first = False  # whether this store took the place, and not another writer's
    limit: int | None = None  # the words that the store is to have at most
    cross_temperature: float | None = None

    def __init__(self, folder: Path, dimensions: int, dtype: str) -> None:
        self.folder, self.dimensions, self.dtype = folder, dimensions, dtype
        self.duplicates = self.zeros = 0
        self.undecodable = 0  # counted by the reader, who saw the bytes
        self.source_sha256: str | None = None
        self._norms: list[np.ndarray] = []
        self._ngrams: Ngrams | None = None
        self._pieces: Pieces | None = None
        self._parts: str | None = None

    def __enter__(self) -> Self:
        self._matrix = MatrixWriter(self.folder / layout.MATRIX, self.dimensions, self.dtype)
        self._index = IndexWriter(self.folder / layout.INDEX)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._index.close()
        self._matrix.close()

    def add(self, words: Sequence[str], vectors: np.ndarray) -> None:
        """Append the rows of `vectors` [m, d] under `words`, without those whose word is there already.

        Raises UnstorableError for a number that is not finite or too large for the dtype, and for a word with a NUL,
        EnoughError once there are `limit` words.
        """
        room = None if self.limit is None else self.limit - len(self._index)
        fresh = list(islice((place for place, word in enumerate(words) if self._index.is_new(word)), room))
        self.duplicates += (fresh[-1] + 1 if len(fresh) == room else len(words)) - len(fresh)
        norms = self._matrix.add(vectors if len(fresh) == len(words) else vectors[fresh])  # [m']
        if not np.isfinite(norms).all():
            row = self._matrix.rows - len(norms) + int(np.argmin(np.isfinite(norms)))
            raise UnstorableError(f"row {row + 1} has a number that is not finite, or too large for {self.dtype}")
        self._norms.append(norms)
        self.zeros += int((norms == 0).sum())
        self._index.add([words[place] for place in fresh])
        if len(self._index) == self.limit:
            raise EnoughError

    def add_ngrams(self, blocks: Iterable[np.ndarray], shortest: int, longest: int) -> np.ndarray:
        """Write the vectors of the n-gram buckets, blocks [m, d], and return all of them [buckets, d], mapped."""
        dtype = layout.ngram_dtype(self.dtype)
        with closing(MatrixWriter(self.folder / layout.NGRAMS, self.dimensions, dtype)) as matrix:
            if not all(np.isfinite(matrix.add(block)).all() for block in blocks):
                raise UnstorableError(f"an n-gram has a number that is not finite, or too large for {dtype}")
            header = matrix.finish()
            self._ngrams = Ngrams(matrix.rows, shortest, longest, len(header), crc32(header), matrix.sha256)
        shape = (self._ngrams.buckets, self.dimensions)
        return map_matrix(self.folder, layout.NGRAMS, dtype, shape, self._ngrams.offset, self._ngrams.header_crc)

    def add_pieces(self, tokenizer: bytes, unknown: int | None) -> None:
        """Keep the tokenizer.json whose token ids are the rows of this store; `unknown` is the id of its unknown token.

        Every row is to be added, each with a word of its own.
        """
        (self.folder / layout.PIECES).write_bytes(tokenizer)
        self._pieces = Pieces(len(tokenizer), -1 if unknown is None else unknown, sha256(tokenizer).hexdigest())

    def add_parts(self, parts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the parts of unknown words and their rows [m, d] as a store inside this one."""
        name = f"{layout.PARTS} of words"
        info = write_store(self.folder / layout.PARTS, parts, vectors, name=name, source=name, dtype=self.dtype)
        self._parts = info.checksum

    def finish(self, *, name: str, source: str, licence: str | None) -> None:
        """Write the parts that are known only at the end (header, norms, places, description) and sync every file."""
        if not len(self._index):
            raise ResourceError(f"'{source}' holds no word vectors")
        np.save(self.folder / layout.NORMS, np.concatenate(self._norms))  # [n]
        self.info = self._description(name, source, licence, self._matrix.finish(), self._index.write_places())
        self._index.describe(self.info)
        made = ((layout.NGRAMS, self._ngrams), (layout.PIECES, self._pieces))
        composing = [name for name, form in made if form]
        for file in (layout.MATRIX, layout.NORMS, layout.INDEX, *composing, "."):
            _sync(self.folder / file)

    def _description(self, name: str, source: str, licence: str | None, header: bytes, buckets: int) -> StoreInfo:
        numbers, words = self._matrix.sha256, self._index.words_sha256
        form = f"{len(self._index)} {self.dimensions} {self.dtype} {words} {numbers}"
        form = " ".join(map(str, [form, *filter(None, (self._ngrams, self._pieces, self._parts))]))
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
            ngrams=self._ngrams,
            pieces=self._pieces,
            cross_temperature=self.cross_temperature,
            parts=self._parts,
        )


def _check_form(dimensions: int, dtype: str) -> None:
    if dtype not in layout.DTYPES:
        raise ResourceError(f"expected a dtype of stores, got '{dtype}'", f"use {' or '.join(layout.DTYPES)}")
    if not 1 <= dimensions <= layout.MAX_DIMENSIONS:
        raise ResourceError(f"expected vectors of 1 to {layout.MAX_DIMENSIONS} dimensions, got {dimensions}")


def _put_in_place(temporary: Path, folder: Path) -> bool:
    """Rename the finished store; if another is there by now, that one stays, and the answer is False."""
    try:
        os.rename(temporary, folder)
    except OSError:
        if not (folder / layout.INDEX).is_file():
            raise
        return False
    _sync(folder.parent)
    return True


def _sync(path: Path) -> None:
    """Sync a file or folder to the disk before anything relies on it."""
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


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, which is removed at the end unless it was renamed. Raises OSError."""
    _sweep(parent)
    while True:
        folder = parent / f".{secrets.token_hex(8)}.tmp"
        folder.mkdir()
        try:
            lock = _lock(folder, wait=True)
            if lock is None or _is_still(lock, folder):  # else it was swept before it was locked
                break
            os.close(lock)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    try:
        yield folder
    finally:
        with held_back():  # an impatient second Ctrl-C would leave a part of it
            shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove temporary folders without a living writer. Links are not followed; a failure to remove is passed over."""
    with suppress(OSError):
        for folder in parent.iterdir():
            if not (NAME.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()):
                continue
            lock = _lock(folder, wait=False)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """A descriptor that holds the lock; None if another process has it, or where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor


def _is_still(lock: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.stat(folder, follow_symlinks=False))
    except OSError:
        return False
