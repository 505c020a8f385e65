"""Files of word vectors into stores: one reader a format, one way into the store."""

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Protocol

from attncli.vectors.formats.content import Content, opened, refused
from attncli.vectors.formats.recognise import Recognised
from attncli.vectors.gensim_parts import keyed_vectors
from attncli.vectors.store.layout import StoreInfo, UnstorableError
from attncli.vectors.store.writing import EnoughError, StoreWriter, create_store

__all__ = ["Progress", "import_file", "keyed_vectors"]

Progress = Callable[[str, int, int], None]  # the work, bytes done, bytes in all

CHECKSUM_BLOCK = 2**20  # bytes
SLOW_TEXT = 100 * 2**20  # bytes of text from which on it takes a while


class Reader(Protocol):
    """A reader of one format: the dimensions are known before a store is begun."""

    dimensions: int

    def fill(self, new: StoreWriter, report: Callable[[], None]) -> None:
        """Put everything into the store, calling `report` after each block."""


def import_file(
    found: Recognised,
    folder: Path,
    *,
    name: str,
    dtype: str = "float32",
    limit: int | None = None,
    source: str | None = None,
    licence: str | None = None,
    progress: Progress | None = None,
) -> StoreInfo:
    """Read the file, or its first `limit` words, through gensim into the store `folder`.

    `source` says where the file came from (default: its path).
    Raises ResourceError naming the line or row that is wrong, what `create_store` raises, and FileExistsError if
    another store came first, which stays.
    """
    path = os.fsencode(os.path.realpath(found.path)).decode("utf-8", "backslashreplace")  # SQLite keeps UTF-8 only
    if found.kind == "static" and licence is None:
        from attncli.vectors.formats.static import licence_of

        licence = licence_of(found.path)
    begin = partial(create_store, folder, name=name, source=source or path, licence=licence, dtype=dtype)

    def report() -> None:
        if progress is not None:
            progress(_doing(found), content.done(), found.size)

    with opened(found.path) as content, _checksum(content) as checksum:
        before = _identity(content)
        reader = _reader(found, content)
        with begin(dimensions=reader.dimensions) as new:
            new.limit = limit
            with _naming(found.path), suppress(EnoughError):
                reader.fill(new, report)
            new.source_sha256 = checksum.result()
            if _identity(content) != before or before[0] != found.size:
                raise refused(found.path, "was changed while it was read")
    if not new.came_first:
        raise FileExistsError(errno.EEXIST, "another store came first", str(folder))
    return new.info


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Errors of the store about a word or a number, with the file's name."""
    try:
        yield
    except UnstorableError as error:
        raise refused(path, f"cannot be kept: {error.message}") from error


@contextmanager
def _checksum(content: Content) -> Iterator["Future[str]"]:
    """The SHA-256 of the file as it is, computed in a thread while the file is being read."""
    stop = Event()

    def digest() -> str:
        total = sha256()
        with open(content.path, "rb") as file:
            if not os.path.samestat(os.fstat(file.fileno()), os.fstat(content.file.fileno())):
                raise refused(content.path, "was changed while it was read")
            while not stop.is_set() and (block := file.read(CHECKSUM_BLOCK)):
                total.update(block)
        return total.hexdigest()

    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(digest)
        finally:
            stop.set()


def _reader(found: Recognised, content: Content) -> Reader:
    if found.kind == "fasttext":
        from attncli.vectors.formats.fasttext import FastText

        return FastText(found, content)
    if found.kind == "pickle":
        from attncli.vectors.formats.pickled import Pickled

        return Pickled(found, content)
    if found.kind == "static":
        from attncli.vectors.formats.static import Static

        return Static(found, content)
    from attncli.vectors.formats.word2vec import Word2vec

    return Word2vec(found, content)


def _doing(found: Recognised) -> str:
    name = os.path.basename(found.path)
    if found.kind == "text" and found.size > SLOW_TEXT:
        return f"reading {name} through gensim (text takes a minute or two a gigabyte, this once)"
    return f"reading {name}" if found.kind == "static" else f"reading {name} through gensim"


def _identity(content: Content) -> tuple[int, int]:
    status = os.fstat(content.file.fileno())
    return status.st_size, status.st_mtime_ns
