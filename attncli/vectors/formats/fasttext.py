"""fastText's own .bin models: the header, held against the file, and the words and n-grams, read through gensim.

Source of the header: fastText's `Args::save`, `Dictionary::save` and `Matrix::save`; files of before 2017 begin without
the magic number and lack three of the later fields.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import SEEK_CUR

import numpy as np

from attncli.vectors.formats.content import Content, read_exactly, refused
from attncli.vectors.formats.recognise import SAMPLE, Recognised
from attncli.vectors.formats.word2vec import as_text, is_utf8
from attncli.vectors.gensim_parts import fasttext_parts
from attncli.vectors.store.layout import LONGEST_NGRAM, MAX_DIMENSIONS
from attncli.vectors.store.writing import StoreWriter

MAGIC = struct.pack("<i", 793712314)
SETTINGS = struct.Struct("<12id")  # dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate t
COUNTS = struct.Struct("<3iq")  # words and labels, words, labels, tokens
LEAST_ENTRY = 1 + 8 + 1  # bytes a word takes at least: its NUL, its count, its kind
BLOCK_BYTES = 4 * 2**20
MAX_WORD = 64 * 2**10  # bytes


@dataclass(frozen=True)
class Header:
    """The header of a model: `words` rows and then `buckets` rows of n-grams, each of `dimensions` numbers."""

    modern: bool  # begins with the magic number
    dimensions: int
    words: int
    buckets: int
    shortest: int
    longest: int
    labels: int

    def least_bytes(self) -> int:
        """The smallest file that can have this header: two matrices follow the vocabulary."""
        before = 8 * self.modern + SETTINGS.size + COUNTS.size + 8 * self.modern
        rows = self.words + self.buckets
        return before + LEAST_ENTRY * self.words + 2 * (16 + self.modern) + 4 * self.dimensions * rows


def header_of(head: bytes) -> Header | None:
    """The header in the first bytes of a file; None for other bytes."""
    modern = head.startswith(MAGIC)
    at = 8 if modern else 0
    if len(head) < at + SETTINGS.size + COUNTS.size:
        return None
    dimensions, window, _, _, _, _, loss, model, buckets, shortest, longest, _, _ = SETTINGS.unpack_from(head, at)
    words, _, labels, _ = COUNTS.unpack_from(head, at + SETTINGS.size)
    if not modern and not (0 < dimensions <= MAX_DIMENSIONS and 0 < window < 1000 and 0 < loss < 5 and 0 < model < 4):
        return None
    return Header(modern, dimensions, words, buckets, shortest, longest, labels)


def check_header(path: str, header: Header, most: int) -> None:
    """Refuse headers that no model of `most` bytes can have, and models that attn cannot read."""
    if header.labels:
        raise refused(path, "is a fastText classifier: its vectors are not meant to be compared")
    if not 1 <= header.dimensions <= MAX_DIMENSIONS:
        raise refused(path, f"claims {header.dimensions} dimensions: 1 to {MAX_DIMENSIONS} are possible")
    if header.words < 1 or header.buckets < 0 or header.least_bytes() > most:
        claim = f"claims {header.words} words and {header.buckets} n-grams of {header.dimensions} numbers"
        raise refused(path, f"{claim}, but is too short for them")
    if min(header.shortest, header.longest) < 0 or (header.buckets and header.longest > LONGEST_NGRAM):
        raise refused(path, f"claims n-grams of {header.shortest} to {header.longest} letters")


class FastText:
    """A model: the vector of a word is the mean of its own row and those of its n-grams, as gensim composes it."""

    def __init__(self, found: Recognised, content: Content) -> None:
        self._content = content
        header = header_of(content.stream.read(SAMPLE))
        if header is None:
            raise refused(found.path, "was changed while it was read")
        check_header(found.path, header, content.most)
        self._header: Header = header
        self.dimensions = header.dimensions

    def fill(self, new: StoreWriter, report: Callable[[], None]) -> None:
        """Add the n-grams, then the words, which are made of them. ResourceError where the file ends early."""
        words = self._vocabulary()
        report()
        rows = self._begin_matrix(len(words) + self._header.buckets, self.dimensions)
        self._skip(4 * self.dimensions * len(words))
        ngrams = self._ngrams(new, report)  # [buckets, d]
        self._check_rest()
        self._content.stream.seek(rows)
        at = 0
        for block in self._blocks(len(words)):  # [m, d]
            some = words[at : at + len(block)]
            at += len(block)
            texts = [as_text(word) for word in some]
            new.undecodable += sum(not is_utf8(word) for word in some)
            new.add(texts, self._composed(texts, block, ngrams))
            report()

    def _vocabulary(self) -> list[bytes]:
        """The words in the order of their rows. Read as Latin-1, in which no two words are equal."""
        gensim, _ = fasttext_parts()
        reader = _Strict(self._content)
        self._content.stream.seek(0)
        fields = [*gensim._NEW_HEADER_FORMAT] if self._header.modern else [("dim ws", "2i"), *gensim._OLD_HEADER_FORMAT]
        for _, form in [("magic version", "2i")] * self._header.modern + fields:
            gensim._struct_unpack(reader, "@" + form)
        counts, total, _, _ = gensim._load_vocab(reader, self._header.modern, encoding="latin-1")
        if len(counts) != total:
            raise refused(self._content.path, "has the same word twice")
        return [word.encode("latin-1") for word in counts]

    def _begin_matrix(self, rows: int | None, dimensions: int | None) -> int:
        """Read the head of a matrix of that form, any form for None, and give the place of its first number."""
        gensim, _ = fasttext_parts()
        reader = _Strict(self._content)
        if self._header.modern and gensim._struct_unpack(reader, "@b") != (0,):
            raise refused(self._content.path, "is a compressed fastText model (.ftz), which gensim does not read")
        shape = gensim._struct_unpack(reader, "@2q")
        if shape != (shape[0] if rows is None else rows, shape[1] if dimensions is None else dimensions):
            raise refused(self._content.path, f"claims a matrix of {shape[0]} rows of {shape[1]} numbers")
        self._form = shape
        return self._content.stream.tell()

    def _ngrams(self, new: StoreWriter, report: Callable[[], None]) -> np.ndarray | None:
        """Copy the rows of the n-grams into the store, mapped [buckets, d]; None if no word can have any."""
        header = self._header
        if not (header.buckets and header.shortest <= header.longest):
            self._skip(4 * self.dimensions * header.buckets)
            return None

        def blocks() -> Iterator[np.ndarray]:
            for block in self._blocks(header.buckets):
                yield block
                report()

        return new.add_ngrams(blocks(), header.shortest, header.longest)

    def _composed(self, words: list[str], rows: np.ndarray, ngrams: np.ndarray | None) -> np.ndarray:
        """The rows [m, d] of words with those of their n-grams, by gensim's own arithmetic."""
        _, keyed_vectors = fasttext_parts()
        model = keyed_vectors(self.dimensions, self._header.shortest, self._header.longest, self._header.buckets)
        model.index_to_key, model.vectors_vocab, model.vectors_ngrams = words, rows, ngrams
        model.recalc_char_ngram_buckets()
        with np.errstate(all="ignore"):  # a sum beyond float32 becomes an infinity, which is refused
            model.adjust_vectors()
        composed: np.ndarray = model.vectors
        return composed

    def _blocks(self, rows: int) -> Iterator[np.ndarray]:
        """The next rows in blocks [m, d] float32."""
        width = 4 * self.dimensions
        step = max(1, BLOCK_BYTES // width)
        for start in range(0, rows, step):
            content = read_exactly(self._content, width * min(step, rows - start))
            yield np.frombuffer(content, dtype="<f4").reshape(-1, self.dimensions)

    def _check_rest(self) -> None:
        """A whole model ends with its second matrix, which is for training only."""
        self._begin_matrix(None, None)
        rows, columns = self._form
        if rows < 0 or columns < 0:
            raise refused(self._content.path, f"claims a matrix of {rows} rows of {columns} numbers")
        self._skip(4 * rows * columns)
        if self._content.stream.read(1):
            raise refused(self._content.path, "has bytes after its end")

    def _skip(self, size: int) -> None:
        stream = self._content.stream
        if stream.tell() + size > self._content.most:
            raise refused(self._content.path, "is cut off")
        if size:
            stream.seek(size - 1, SEEK_CUR)
            read_exactly(self._content, 1)


class _Strict:
    """The file for gensim to read: it raises where the content ends, and bounds the length of a word."""

    def __init__(self, content: Content) -> None:
        self.name = content.path
        self._content, self._letters = content, 0

    def read(self, size: int) -> bytes:
        self._letters = self._letters + 1 if size == 1 else 0
        if self._letters > MAX_WORD:
            raise refused(self.name, f"has a word of more than {MAX_WORD // 1024} KB")
        return read_exactly(self._content, size)
