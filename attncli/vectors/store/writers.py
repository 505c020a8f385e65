"""The files of a store in the making: matrices as .npy, block by block, and the index. Same input, same bytes."""

import io
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from attncli.vectors.store import layout
from attncli.vectors.store.directions import directions, lengths_of
from attncli.vectors.store.layout import WORDS_PER_BLOCK, StoreInfo, UnstorableError


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

        The lengths are those of the rows as stored; of int8, which keep a direction, those of the rows given.

        Raises OSError, perhaps only with the next block or at the end.
        """
        if rows.ndim != 2 or rows.shape[1] != self._dimensions:
            raise ValueError(f"rows of shape {rows.shape} in a matrix of {self._dimensions} dimensions")
        with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses an overflow
            stored, lengths = directions(rows) if self._dtype == "int8" else self._rounded(rows)
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

    def _rounded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        stored = np.ascontiguousarray(rows, dtype=layout.DTYPES[self._dtype])  # [m, d]
        return stored, lengths_of(stored).astype("<f4")  # [m]

    def _append(self, rows: memoryview) -> None:
        self._file.write(rows)
        self._sum.update(rows)

    def _wait(self) -> None:
        """Wait until the block under way is written; raises its error."""
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


class IndexWriter:
    """The index of a store in the making. Holds four bytes a word, and a set of the words to know a duplicate."""

    def __init__(self, path: Path) -> None:
        self._sum = sha256()
        self._seen: set[str] = set()
        self._pending: list[str] = []  # words of the block that is not yet full
        self._hashes: list[np.ndarray] = []
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("page_size=4096", "journal_mode=OFF", "synchronous=OFF", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")  # no journal: a store that failed is thrown away
        self._connection.executescript("BEGIN;" + layout.SCHEMA)

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def words_sha256(self) -> str:
        """Over all words in row order, each followed by NUL."""
        return self._sum.hexdigest()

    def is_new(self, word: str) -> bool:
        """Whether the word is the first of its kind; from now on it is not."""
        before = len(self._seen)
        self._seen.add(word)
        return len(self._seen) > before

    def add(self, words: Sequence[str]) -> None:
        """Append words that were new. Raises UnstorableError for a word with a NUL in it."""
        for word in words:
            if layout.SEPARATOR in word:
                raise UnstorableError(f"a word contains the character NUL: '{word}'")
            self._sum.update(_encoded(word + layout.SEPARATOR))
        self._hashes.append(np.fromiter(map(layout.word_hash, words), dtype="<u4", count=len(words)))  # [m]
        self._pending += words
        self._write_blocks(at_least=WORDS_PER_BLOCK)

    def write_places(self) -> int:
        """Write the last words, and for bucket b the (hash, row) pairs with hash mod buckets = b. Returns buckets."""
        self._write_blocks(at_least=1)
        hashes = np.concatenate(self._hashes)  # [n]
        buckets = -(-len(hashes) // WORDS_PER_BLOCK)
        order = np.argsort(hashes % buckets, kind="stable").astype("<u4")  # [n]
        pairs = np.stack([hashes[order], order], axis=1)  # [n, 2]
        ends = np.cumsum(np.bincount(hashes % buckets, minlength=buckets))  # [buckets]
        groups = (pairs[start:end].tobytes() for start, end in zip([0, *ends[:-1]], ends, strict=True))
        self._write_records("places", 0, groups)
        return buckets

    def describe(self, info: StoreInfo) -> None:
        """Write the `meta` table, and with it the file."""
        self._connection.executemany("INSERT INTO meta VALUES (?, ?)", layout.meta_rows(info))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._connection.close()

    def _write_blocks(self, at_least: int) -> None:
        """Write pending words out in blocks of WORDS_PER_BLOCK, as long as `at_least` are pending."""
        first = (len(self) - len(self._pending)) // WORDS_PER_BLOCK
        starts = range(0, len(self._pending) - at_least + 1, WORDS_PER_BLOCK)
        blocks = (layout.SEPARATOR.join(self._pending[start : start + WORDS_PER_BLOCK]) for start in starts)
        self._write_records("words", first, map(_encoded, blocks))
        del self._pending[: len(starts) * WORDS_PER_BLOCK]

    def _write_records(self, table: str, first: int, contents: Iterable[bytes]) -> None:
        records = ((n, content, layout.record_crc(table, n, content)) for n, content in enumerate(contents, first))
        self._connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", records)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
