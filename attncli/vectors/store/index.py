"""Reading index.sqlite: word -> row and row -> word, every record checked before it is used; many words at once too."""

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from attncli.errors import ResourceError
from attncli.vectors.store import layout
from attncli.vectors.store.layout import WORDS_PER_BLOCK, StoreInfo

RECORDS_PER_QUERY = 900  # older SQLites take at most 999 variables in one statement
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
LARGEST = 500_000  # words of a set whose words are worth holding: some 60 MB


class Index:
    """The index of the store `folder`, opened anew for each batch of questions (some 0.1 ms), so nothing is left open.

    Raises ResourceError for a folder that is no store and wherever the file was altered.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not is_regular(folder / layout.INDEX):
            raise ResourceError(f"'{folder}' is not a store of word vectors: it has no {layout.INDEX}")
        with self._opened() as connection:
            (size,) = connection.execute(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            ).fetchone()
            rows = dict(connection.execute("SELECT key, value FROM meta"))
        if size != os.path.getsize(folder / layout.INDEX):
            raise damaged(folder, f"its {layout.INDEX} has not the {size} bytes that it should")
        try:
            self.info: StoreInfo = layout.info_from(rows)
        except (TypeError, ValueError) as error:
            raise damaged(folder, str(error)) from error

    def find(self, words: Iterable[str]) -> dict[str, int]:
        """The row of each of `words` that is in the set; any number of words, two queries a 900."""
        hashes = {word: layout.word_hash(word) for word in words}
        if not hashes:
            return {}
        with self._opened() as connection:
            buckets = self._records(connection, "places", {h % self.info.buckets for h in hashes.values()})
            candidates = [(w, row) for w, h in hashes.items() for row in _rows_of(buckets[h % self.info.buckets], h)]
            if outside := [row for _, row in candidates if row >= self.info.words]:
                raise damaged(self.folder, f"its {layout.INDEX} leads to row {outside[0]} of {self.info.words}")
            found = self._words_at(connection, [row for _, row in candidates])
        return {word: row for (word, row), there in zip(candidates, found, strict=True) if word == there}

    def words_at(self, rows: Sequence[int]) -> list[str]:
        """The word of each row, in the order asked."""
        with self._opened() as connection:
            return self._words_at(connection, rows)

    def first_words(self, count: int) -> list[str]:
        """The words of the first `count` rows (most sets begin with the most frequent word), in row order."""
        count = min(count, self.info.words)
        blocks = range(-(-count // WORDS_PER_BLOCK))
        with self._opened() as connection:
            contents = self._records(connection, "words", blocks)
            return [word for block in blocks for word in self._split(block, contents[block])][:count]

    def _words_at(self, connection: sqlite3.Connection, rows: Sequence[int]) -> list[str]:
        if any(not 0 <= row < self.info.words for row in rows):
            raise IndexError(f"a row outside 0…{self.info.words - 1}")
        contents = self._records(connection, "words", {row // WORDS_PER_BLOCK for row in rows})
        blocks = {block: self._split(block, content) for block, content in contents.items()}
        return [blocks[row // WORDS_PER_BLOCK][row % WORDS_PER_BLOCK] for row in rows]

    def _split(self, block: int, content: bytes) -> list[str]:
        try:
            words = content.decode("utf-8", "surrogatepass").split(layout.SEPARATOR)
        except UnicodeDecodeError as error:
            raise damaged(self.folder, f"block {block} of its words is not UTF-8") from error
        if len(words) != min(WORDS_PER_BLOCK, self.info.words - block * WORDS_PER_BLOCK):
            raise damaged(self.folder, f"block {block} of its words has the wrong length")
        return words

    def _records(self, connection: sqlite3.Connection, table: str, numbers: Iterable[int]) -> dict[int, bytes]:
        """The content of the records with these numbers, all of them, each checked."""
        wanted, records = sorted(int(number) for number in numbers), {}
        for start in range(0, len(wanted), RECORDS_PER_QUERY):
            some = wanted[start : start + RECORDS_PER_QUERY]
            query = f"SELECT number, content, crc FROM {table} WHERE number IN ({','.join('?' * len(some))})"
            for number, content, crc in connection.execute(query, some):
                if not isinstance(content, bytes) or crc != layout.record_crc(table, number, content):
                    raise damaged(self.folder, f"record {number} of its {table} does not match its check")
                records[number] = content
        if len(records) != len(wanted):
            raise damaged(self.folder, f"some of its {table} are missing")
        return records

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection; `immutable` takes no lock and looks for no journal, so any disk will do."""
        path = os.fsencode((self.folder / layout.INDEX).absolute())
        quoted = "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in path)
        try:
            with closing(sqlite3.connect(f"file://{quoted}?mode=ro&immutable=1", uri=True)) as connection:
                yield connection
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            reason = str(error).splitlines()[0][:100]  # SQLite quotes text of the file in it
            raise damaged(self.folder, f"its index cannot be read ({reason})") from error


def _rows_of(bucket: bytes, hash_: int) -> list[int]:
    """The rows in the bucket's (hash, row) pairs with this hash: one, or none, rarely two."""
    wanted, rows = hash_.to_bytes(4, "little"), []
    at = -1 if len(bucket) % 8 else bucket.find(wanted)
    while at >= 0:
        if at % 8 == 0:  # where a hash stands, and no row
            rows.append(int.from_bytes(bucket[at + 4 : at + 8], "little"))
        at = bucket.find(wanted, at + 1)
    return rows


def is_regular(path: Path) -> bool:
    """Whether it is a file (or a link to one): opening a pipe or a device could wait for ever."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


class DamagedError(ResourceError):
    """A store that is not as it was written; `why` names the difference."""

    why: str


def damaged(folder: Path, why: str) -> DamagedError:
    """The error for a store, with the way to a sound one; for the parts of a set that of the set."""
    if folder.name == layout.PARTS and is_regular(folder.parent / layout.INDEX):
        where = f"in its {layout.PARTS}, "
        return damaged(folder.parent, where + why.removeprefix(where))
    again = f"remove it (attn vectors remove {folder.name}, or that folder: {folder}), then: attn vectors add FILE"
    error = DamagedError(f"the store '{folder}' is damaged: {why}", again)
    error.why = why
    return error


class Lexicon:
    """Look-ups in a set. The table is made once as many words were asked for as the set has, which takes as long."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._asked = 0
        self._rows: dict[str, int] | None = None

    def find(self, words: Iterable[str]) -> dict[str, int]:
        """The row of each of `words` that is in the set. Raises ResourceError where the index was altered."""
        asked = dict.fromkeys(words)
        if self._rows is None and self._asked >= self._index.info.words <= LARGEST:
            self._rows = {word: row for row, word in enumerate(self._index.first_words(self._index.info.words))}
        if self._rows is None:
            self._asked += len(asked)
            return self._index.find(asked)
        return {word: self._rows[word] for word in asked if word in self._rows}
