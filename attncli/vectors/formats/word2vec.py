"""word2vec files, text and binary, and GloVe: gensim reads the numbers; all that it trusts is checked before.

attn finds where rows begin and end, and what their words are, and hands gensim the numbers, a block at a time. So one
block is all that is in memory, words keep their blanks, and no two keys collide.
"""

from collections.abc import Callable

import numpy as np

from attncli.vectors.formats.content import Content, refused
from attncli.vectors.formats.recognise import Recognised, is_row
from attncli.vectors.formats.rows import row_blocks
from attncli.vectors.gensim_parts import load_numbers
from attncli.vectors.store.writing import StoreWriter


class Word2vec:
    """The rows of such a file, read once from beginning to end."""

    def __init__(self, found: Recognised, content: Content) -> None:
        self.dimensions = found.dimensions
        self._found, self._content = found, content

    def fill(self, new: StoreWriter, report: Callable[[], None]) -> None:
        """Add all rows to the store, calling `report` after each. ResourceError names the line or row at fault."""
        done = 0
        for words, rows in row_blocks(self._found, self._content.stream):
            new.undecodable += sum(not is_utf8(word) for word in words)
            new.add(self._decoded(words, done), self._numbers(rows, done))
            done += len(words)
            report()

    def _numbers(self, rows: list[bytes], before: int) -> np.ndarray:
        """The rows as gensim reads them: [m, d] float32, all finite. `before` counts the rows that came before."""
        binary, path = self._found.kind == "binary", self._found.path
        try:
            vectors = load_numbers(rows, self.dimensions, binary)  # [m, d]
        except ValueError as error:
            wrong = next((i for i, row in enumerate(rows) if not is_row(row, self.dimensions)), 0)
            raise refused(path, f"has something that is no number in {self._where(before + wrong)}") from error
        finite = np.isfinite(vectors).all(axis=1)  # [m]
        if not finite.all():
            where = self._where(before + int(np.argmin(finite)))
            raise refused(path, f"has a number that is not finite, or too large, in {where}")
        return vectors

    def _where(self, row: int) -> str:
        return f"line {self._found.first_line + row}" if self._found.kind == "text" else f"row {row + 1}"

    def _decoded(self, words: list[bytes], before: int) -> list[str]:
        nul = next((i for i, word in enumerate(words) if b"\0" in word), None)
        if nul is not None:
            raise refused(self._found.path, f"has a NUL character in the word of {self._where(before + nul)}")
        return [as_text(word) for word in words]


def as_text(word: bytes) -> str:
    """A word of a file. Bytes that are not UTF-8 become escapes, so that different words stay different."""
    return word.decode("utf-8", "backslashreplace")


def is_utf8(word: bytes) -> bool:
    """Whether the word is UTF-8."""
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True
