"""The form of a store on disk: a folder that holds one vector set and never changes.

    vectors.npy    [n, d] float16, float32 or int8, C order, little endian: rows are read on demand
    norms.npy      [n] float32: the Euclidean length of every row, for cosines; int8 numbers say its direction alone
    ngrams.npy     [buckets, d], only of a fastText model: what unknown words are composed of, mapped as well
    tokenizer.json only of a folder of static vectors whose rows are tokens: cuts unknown words into those
    parts/         a store of its own, only of a set that composes unknown words of the parts of words (see parts.py)
    index.sqlite   meta    key -> value: the fields of `StoreInfo`, and a check over them
                   words   block -> its WORDS_PER_BLOCK words in row order, joined by NUL
                   places  bucket -> (hash, row) pairs of every word whose hash falls into it

Words are kept in blocks and hashes in buckets, not one to a record, for three reasons: the index is half the size;
each direction is one B-tree look-up; and each record carries a CRC over its number and content. So every answer is
checked, "not in the set" too: the bucket that should have held the word was read whole and is sound. One altered
byte is an error, never another word.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields
from math import inf
from zlib import crc32

from attncli.errors import ResourceError

MATRIX = "vectors.npy"
NORMS = "norms.npy"
NGRAMS = "ngrams.npy"
PIECES = "tokenizer.json"
PARTS = "parts"
INDEX = "index.sqlite"
VERSION = 1
WORDS_PER_BLOCK = 32
DTYPES = {"float16": "<f2", "float32": "<f4", "int8": "|i1"}
MAX_DIMENSIONS = 65_536
MAX_TOKENIZER = 2**27  # bytes; the largest vocabularies in use take a quarter
LONGEST_NGRAM = 64  # characters; bounds the cost of one word
MAX_HEADER = 4096  # bytes; NumPy writes 128
SEPARATOR = "\0"

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE words (number INTEGER PRIMARY KEY, content BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE places (number INTEGER PRIMARY KEY, content BLOB NOT NULL, crc INTEGER NOT NULL);
"""


def ngram_dtype(dtype: str) -> str:
    """The dtype of the n-grams of a set: its own, but float16 beside int8, whose lengths are kept for words alone."""
    return "float16" if dtype == "int8" else dtype


class UnstorableError(ResourceError):
    """A word or a number that no store can hold."""


@dataclass(frozen=True)
class Ngrams:
    """The form of ngrams.npy: n-grams of `shortest` to `longest` characters share `buckets` rows."""

    buckets: int
    shortest: int
    longest: int
    offset: int  # bytes before the first number
    header_crc: int
    sha256: str  # of the numbers, without the header

    def __str__(self) -> str:
        return " ".join(map(str, astuple(self)))

    @classmethod
    def parse(cls, text: str) -> "Ngrams":
        """The form that `str` gave as text; ValueError for one that a store cannot have."""
        *numbers, sha256 = text.split(" ")
        buckets, shortest, longest, offset, header_crc = map(int, numbers)
        form = cls(buckets, shortest, longest, offset, header_crc, sha256)
        if not (form.buckets > 0 <= form.shortest <= form.longest <= LONGEST_NGRAM and 0 < form.offset <= MAX_HEADER):
            raise ValueError(f"it claims impossible n-grams: {text}")
        return form


@dataclass(frozen=True)
class Pieces:
    """The form of tokenizer.json, whose token ids are rows of the set; `unknown`: of unknown pieces, -1: none."""

    size: int  # bytes
    unknown: int
    sha256: str

    def __str__(self) -> str:
        return " ".join(map(str, astuple(self)))

    @classmethod
    def parse(cls, text: str) -> "Pieces":
        """The form that `str` gave as text; ValueError for one that a store cannot have."""
        size, unknown, sha256 = text.split(" ")
        form = cls(int(size), int(unknown), sha256)
        if not (0 < form.size <= MAX_TOKENIZER and form.unknown >= -1):
            raise ValueError(f"it claims an impossible tokenizer: {text}")
        return form


def parse_temperature(text: str) -> float:
    """A temperature that `repr` gave as text; ValueError for one that no softmax can have."""
    if not 0 < float(text) < inf:
        raise ValueError(f"it claims an impossible temperature: {text}")
    return float(text)


def parse_checksum(text: str) -> str:
    """The checksum of another store; ValueError for what is none."""
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError(f"it claims an impossible checksum of parts: {text[:80]}")
    return text


#: Facts of `meta` as text, which a set to which they do not apply, and an older one, has not → how they are read.
OPTIONAL: Mapping[str, Callable[[str], object]] = {
    "ngrams": Ngrams.parse,
    "pieces": Pieces.parse,
    "cross_temperature": parse_temperature,
    "parts": parse_checksum,
}


@dataclass(frozen=True)
class StoreInfo:
    """The description of a store; every field is a row of its `meta` table, the last four only where they apply.

    `checksum` names the content (words, numbers, dtype) and nothing else: not the set's name, not its source.
    """

    name: str
    words: int
    dimensions: int
    dtype: str
    source: str
    licence: str | None
    checksum: str
    buckets: int
    matrix_offset: int  # bytes before the first number of vectors.npy
    matrix_header_crc: int
    matrix_sha256: str  # of the numbers, without the header
    words_sha256: str  # of the words in row order, each followed by NUL
    norms_bytes: int
    norms_crc: int
    source_sha256: str | None = None
    duplicates: int = 0  # rows of the source left out because their word came before
    undecodable: int = 0  # words that were not UTF-8 and are kept with \xNN escapes
    zeros: int = 0  # rows of length 0
    version: int = VERSION
    ngrams: Ngrams | None = None  # None: no words can be composed of them, and `meta` has no such row
    pieces: Pieces | None = None  # the same
    cross_temperature: float | None = None  # of attention from one text to another; None: the general one
    parts: str | None = None  # the checksum of the store of parts that unknown words are composed of

    @property
    def ngram_dtype(self) -> str:
        """The dtype of ngrams.npy."""
        return ngram_dtype(self.dtype)

    @property
    def matrix_bytes(self) -> int:
        """Size of vectors.npy in bytes."""
        return self.matrix_offset + self.words * self.dimensions * int(DTYPES[self.dtype][-1])


def meta_rows(info: StoreInfo) -> list[tuple[str, object]]:
    """The rows of the `meta` table, in key order, the last a check over the others."""
    rows = sorted((field.name, getattr(info, field.name)) for field in fields(info) if field.name not in OPTIONAL)
    rows += [(name, str(fact)) for name in OPTIONAL if (fact := getattr(info, name))]
    return [*rows, ("~check", meta_check(dict(rows)))]


def meta_check(meta: Mapping[str, object]) -> int:
    """CRC-32 over keys and values in key order."""
    return crc32("\0".join(f"{key}={meta[key]!r}" for key in sorted(meta)).encode())


def info_from(meta: dict[str, object]) -> StoreInfo:
    """The StoreInfo whose rows these are; ValueError if a row is altered, missing or too many."""
    check = meta.pop("~check", None)
    if check != meta_check(meta):
        raise ValueError("its description does not match its check")
    if meta.get("version") != VERSION:
        raise ValueError(f"it has format {meta.get('version')}, this attn reads format {VERSION}")
    if meta.keys() | OPTIONAL.keys() != {field.name for field in fields(StoreInfo)}:
        raise ValueError("its description is incomplete")
    _check_types(meta)
    facts = {name: read(str(meta[name])) for name, read in OPTIONAL.items() if name in meta}
    info = StoreInfo(**(meta | facts))  # type: ignore[arg-type]  # the check vouches for the types
    if info.dtype not in DTYPES or not (0 < info.dimensions <= MAX_DIMENSIONS and info.words > 0 < info.buckets):
        raise ValueError(f"it claims {info.words} words of {info.dimensions} {info.dtype} numbers")
    if not 0 < info.matrix_offset <= MAX_HEADER:
        raise ValueError(f"it claims a header of {info.matrix_offset} bytes")
    return info


def _check_types(meta: Mapping[str, object]) -> None:
    """ValueError unless texts are texts and counts are counts, which no check over them says."""
    for field in fields(StoreInfo):
        value = meta.get(field.name)
        absent = value is None and (field.name in OPTIONAL or "None" in str(field.type))
        if not absent and type(value) is not (int if field.type is int or field.type == "int" else str):
            raise ValueError(f"its {field.name} is {str(value)[:40]!r}")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"its {field.name} is {value}")


def record_crc(table: str, number: int, content: bytes) -> int:
    """The check of one record of `words` or `places`: binds the content to its table and number."""
    return crc32(content, crc32(f"{table}:{number}:".encode()))


def word_hash(word: str) -> int:
    """32-bit hash of a word, the same on every machine. Collisions are resolved by comparing the words themselves."""
    return crc32(word.encode("utf-8", "surrogatepass"))
