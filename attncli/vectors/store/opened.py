"""An opened vector set: rows and words out of a store. Imports neither gensim nor scipy."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from attncli.text.spelling import nearest_spellings
from attncli.vectors.store import layout
from attncli.vectors.store.index import Index, Lexicon, damaged, is_regular
from attncli.vectors.store.layout import StoreInfo
from attncli.vectors.store.matrix import StoredMatrix
from attncli.vectors.store.nearest import nearest

if TYPE_CHECKING:
    from attncli.vectors.store.composing import PieceTokenizer

ROWS_AT_ONCE = 4096  # of those that gensim is given
REMEMBERED = 10_000  # words whose composed vectors are kept at hand
SPELLINGS_AMONG = 100_000  # rows, the most frequent words: bounds the time in a set of millions to some 0.1 s


class Vectors:
    """The vector set in the store `folder`: `words` words of `dimensions` numbers, row by row. Immutable.

    Opening costs the same for any size, and of the matrix only the rows that are asked for are read. `notes`
    are sentences the user should see once. Raises ResourceError if the folder is no store, or a damaged one.
    """

    def __init__(self, folder: Path, notes: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.notes = notes
        self.index = Index(folder)
        self.info: StoreInfo = self.index.info
        self._lexicon = Lexicon(self.index)
        self.name, self.words, self.dimensions = self.info.name, self.info.words, self.info.dimensions
        shape, header = (self.words, self.dimensions), (self.info.matrix_offset, self.info.matrix_header_crc)
        self.matrix = StoredMatrix(folder, layout.MATRIX, self.info.dtype, shape, *header)  # [words, dimensions]
        self._ngrams = self._open_ngrams()  # [buckets, dimensions]
        self._remembered: dict[str, np.ndarray | None] = {}  # words composed of parts, None: of no part

    def __repr__(self) -> str:
        return f"<Vectors {self.name!r}: {self.words} words, {self.dimensions} dimensions>"

    def find(self, words: Iterable[str]) -> dict[str, int]:
        """The row of each word that is in the set, in one batch. Words are looked up as they are, to the letter."""
        return self._lexicon.find(words)

    def rows(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The vectors of these rows: [len(indices), dimensions] float64. IndexError for a row that is not there."""
        chosen = np.asarray(indices, dtype=np.intp)  # [m]
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.words):
            raise IndexError(f"rows {chosen.min()} to {chosen.max()} of a set that has 0 to {self.words - 1}")
        return self._values(self.matrix[chosen], chosen).astype(np.float64, copy=False)  # [m, d]

    def text(self, indices: Sequence[int] | np.ndarray) -> list[str]:
        """The words of these rows, in the order asked. IndexError for a row that is not there."""
        return self.index.words_at([int(index) for index in indices])

    def blocks(self, rows: int, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """The vectors of all rows in order or those from `start` to `stop`, `rows` at a time: [b, dimensions]."""
        for block in self.matrix.blocks(rows, start, stop):
            yield self._values(block, slice(start, start + len(block)))
            start += len(block)

    def near(self, vectors: np.ndarray, top: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The rows nearest by cosine to each of `vectors` [m, dimensions]: rows [m, top] and cosines [m, top].

        Exact, best first, equals in row order; a zero vector has cosine 0. One pass over the set in blocks.
        Raises ValueError if `vectors` has another shape or holds a NaN or an infinity.
        """
        try:
            rows, cosines = nearest(self.matrix, None if self._directed else self.norms, vectors, top)
        except FloatingPointError as error:
            raise damaged(self.folder, str(error)) from error
        return rows, self._finite(cosines)

    def spellings(self, word: str, top: int = 3) -> list[str]:
        """The known words spelt most like `word`, best first, out of the first 100,000 of the set."""
        return nearest_spellings(word, self._frequent, top)

    @property
    def composed_of(self) -> str | None:
        """`n-grams`, `pieces` (tokens of the set), `parts` (of words, see parts.py); None: they are not composed."""
        made_of = {"n-grams": self.info.ngrams, "pieces": self.info.pieces, "parts": self.info.parts}
        return next((name for name, form in made_of.items() if form), None)

    @property
    def composes(self) -> bool:
        """Whether a word that is not in the set can be given a vector, made of what `composed_of` says."""
        return self.composed_of is not None

    def composed(self, words: Iterable[str]) -> dict[str, np.ndarray]:
        """The vectors [dimensions] of those of the words that can be composed, for all in as few reads as there can be.

        Raises ResourceError for a tokenizer that cannot be run.
        """
        if self.composed_of == "parts":
            return self._of_parts(dict.fromkeys(words))
        made = ((word, self.compose(word)) for word in dict.fromkeys(words))
        return {word: vector for word, vector in made if vector is not None}

    def _of_parts(self, words: Collection[str]) -> dict[str, np.ndarray]:
        """The vectors of those words that have parts, composed once: a sentence is read and then embedded."""
        from attncli.vectors.store.parts import composed_of_parts  # for unknown words alone

        remembered = self._remembered = self._remembered if len(self._remembered) < REMEMBERED else {}
        new = [word for word in words if word not in remembered]
        made = composed_of_parts(self.parts, new, float(self.norms[0])) if new else {}
        remembered.update((word, made.get(word)) for word in new)
        return {word: vector for word in words if (vector := remembered[word]) is not None}

    def compose(self, word: str) -> np.ndarray | None:
        """The mean of the vectors [dimensions] of the n-grams, tokens or parts of `word`, which need not be in the set.

        As fastText and gensim's FastTextKeyedVectors do for unknown words (Bojanowski et al. 2017, section 3.2), and
        model2vec's StaticModel.encode, without normalising the mean; of parts see `parts.composed_of_parts`. None where
        the word has none of them. Reads the rows it needs. Raises ResourceError for a tokenizer that cannot be run.
        """
        if self.composed_of == "parts":
            return self.composed([word]).get(word)
        if self.info.pieces is not None:
            ids = self._pieces.ids(word)
            return self.rows(ids).mean(axis=0) if ids else None
        form = self.info.ngrams
        if self._ngrams is None or form is None:
            return None
        from attncli.vectors.store.composing import buckets_of  # for unknown words alone

        try:
            buckets = buckets_of(word, form.shortest, form.longest, form.buckets)
        except UnicodeEncodeError:  # bytes that are no text have no characters
            return None
        if not buckets:
            return None
        rows = self._finite(self._ngrams[np.asarray(buckets)])
        total: np.ndarray = rows.astype(np.float32).sum(axis=0)  # [d], added up as gensim does
        return total.astype(np.float64) / len(buckets)

    def to_gensim(self) -> Any:
        """A gensim KeyedVectors with the same words and rows (float32), held in memory."""
        from attncli.vectors.gensim_parts import keyed_vectors

        loaded = keyed_vectors()(self.dimensions)
        rows, at = np.empty((self.words, self.dimensions), np.float32), 0
        for block in self.blocks(ROWS_AT_ONCE):
            rows[at : at + len(block)] = block
            at += len(block)
        loaded.add_vectors(self.index.first_words(self.words), rows)
        return loaded

    @property
    def _directed(self) -> bool:
        """Whether the matrix holds directions, whose lengths are the norms."""
        return self.info.dtype == "int8"

    def _values(self, numbers: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """The vectors of rows [m, d] that are stored as these numbers, float64 where they are directions."""
        if not self._directed:
            return self._finite(numbers)
        from attncli.vectors.store.directions import restored  # for sets of directions alone

        return self._finite(restored(numbers, self.norms[rows]))

    def _finite(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers as they are. ResourceError if they are not finite: only finite ones were written."""
        if not np.isfinite(numbers).all():
            raise damaged(self.folder, "some of its numbers are not finite")
        return numbers

    def _open_ngrams(self) -> StoredMatrix | None:
        form = self.info.ngrams
        if form is None:
            return None
        shape = (form.buckets, self.dimensions)
        return StoredMatrix(self.folder, layout.NGRAMS, self.info.ngram_dtype, shape, form.offset, form.header_crc)

    @cached_property
    def parts(self) -> "Vectors":
        """The parts of unknown words, of a set that has them, as a set of their own. ResourceError: not as written."""
        folder = self.folder / layout.PARTS
        if not is_regular(folder / layout.INDEX):
            raise damaged(self.folder, f"it has no {layout.PARTS}/{layout.INDEX}")
        parts = Vectors(folder)
        if (parts.info.checksum, parts.info.parts, parts.dimensions) != (self.info.parts, None, self.dimensions):
            raise damaged(self.folder, f"its {layout.PARTS} are not those that were written")
        return parts

    @cached_property
    def _pieces(self) -> "PieceTokenizer":
        from attncli.vectors.store.composing import PieceTokenizer  # for unknown words alone

        assert self.info.pieces is not None
        return PieceTokenizer(self.folder, self.info.pieces, self.name, self.words)

    @cached_property
    def _frequent(self) -> list[str]:
        return self.index.first_words(SPELLINGS_AMONG)

    @cached_property
    def norms(self) -> np.ndarray:
        """The length of every row: [words] float32, checked against their checksum. Read whole."""
        path = self.folder / layout.NORMS
        content = path.read_bytes() if is_regular(path) else b""
        if len(content) != self.info.norms_bytes or crc32(content) != self.info.norms_crc:
            raise damaged(self.folder, f"its {layout.NORMS} is not as it was written")
        return np.frombuffer(content[-4 * self.words :], dtype="<f4")
