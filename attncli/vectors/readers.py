"""Files of word vectors into stores. gensim reads the numbers; what it takes on trust is checked before it does.

attn finds where rows begin and end, and what their words are, and hands gensim blocks of rows under numbers instead
of words. So one block is all that is in memory, words keep their blanks, and no two keys collide. gensim is imported
in `keyed_vectors` and `gensim_data` and nowhere else.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from attncli.errors import ResourceError
from attncli.vectors.layout import StoreInfo
from attncli.vectors.recognise import Recognised, is_row, refused
from attncli.vectors.rows import row_blocks
from attncli.vectors.writing import EnoughError, StoreWriter, create_store

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all


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
    Raises ResourceError naming the line or row that is wrong, and what `create_store` raises.
    """
    path = os.fsencode(os.path.realpath(found.path)).decode("utf-8", "backslashreplace")  # SQLite keeps UTF-8 only
    source = source or path
    with (
        _opened(found) as file,
        create_store(
            folder, name=name, source=source, dimensions=found.dimensions, licence=licence, dtype=dtype
        ) as new,
    ):
        before = _identity(file)
        new.limit = limit
        with suppress(EnoughError):
            _read_rows(found, file, new, progress)
        file.seek(0)
        new.source_sha256 = file_digest(file, "sha256").hexdigest()
        if _identity(file) != before or before[0] != found.size:
            raise refused(found.path, "was changed while it was read")
    return new.info


def keyed_vectors() -> Any:
    """Gensim's class KeyedVectors (gensim ships no types). It takes a second to import, so only this does."""
    from gensim.models import KeyedVectors

    return KeyedVectors


def gensim_data() -> Any:
    """Gensim's module about gensim-data: where its list and its files are. What fetches and runs code is not called."""
    from gensim import downloader

    return downloader


@contextmanager
def _opened(found: Recognised) -> Iterator[BufferedReader]:
    try:
        file = open(found.path, "rb")  # noqa: SIM115  (only its opening is guarded)
    except OSError as error:
        raise ResourceError(f"'{found.path}' cannot be read ({error.strerror})") from error
    with file:
        yield file


def _identity(file: BufferedReader) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _read_rows(found: Recognised, file: BufferedReader, new: StoreWriter, progress: Progress | None) -> None:
    done = 0
    for words, rows in row_blocks(found, file):
        new.undecodable += sum(not _is_utf8(word) for word in words)
        new.add(_decoded(found, words, done), _numbers(found, rows, done))
        done += len(words)
        if progress is not None:
            progress(f"reading {os.path.basename(found.path)} through gensim", file.tell(), found.size)


def _numbers(found: Recognised, rows: list[bytes], before: int) -> np.ndarray:
    """The rows as gensim reads them: [m, d] float32, all finite. `before` counts the rows that came before."""
    layout = b"%d %b\n" if found.kind == "text" else b"%d %b"
    content = b"%d %d\n" % (len(rows), found.dimensions) + b"".join(layout % pair for pair in enumerate(rows))
    try:
        with _as_descriptor(content) as file, np.errstate(over="ignore"):
            loaded = keyed_vectors().load_word2vec_format(file, binary=found.kind == "binary")
    except ValueError as error:
        wrong = next((i for i, row in enumerate(rows) if not is_row(row, found.dimensions)), 0)
        raise refused(found.path, f"has something that is no number in {_where(found, before + wrong)}") from error
    vectors: np.ndarray = loaded.vectors  # [m, d]
    finite = np.isfinite(vectors).all(axis=1)  # [m]
    if not finite.all():
        where = _where(found, before + int(np.argmin(finite)))
        raise refused(found.path, f"has a number that is not finite, or too large, in {where}")
    return vectors


def _where(found: Recognised, row: int) -> str:
    return f"line {found.first_line + row}" if found.kind == "text" else f"row {row + 1}"


@contextmanager
def _as_descriptor(content: bytes) -> Iterator[int]:
    """A file in memory that holds `content`: gensim takes no open file, but a descriptor."""
    log = logging.getLogger("smart_open.compression")  # warns that a descriptor has no ending that says .gz
    level = log.level
    with open(os.memfd_create("rows"), "w+b") if hasattr(os, "memfd_create") else TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        log.setLevel(logging.ERROR)
        try:
            yield file.fileno()
        finally:
            log.setLevel(level)


def _decoded(found: Recognised, words: list[bytes], before: int) -> list[str]:
    """The words as text; bytes that are not UTF-8 become escapes, so that different words stay different."""
    nul = next((i for i, word in enumerate(words) if b"\0" in word), None)
    if nul is not None:
        raise refused(found.path, f"has a NUL character in the word of {_where(found, before + nul)}")
    return [word.decode("utf-8", "backslashreplace") for word in words]


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True
