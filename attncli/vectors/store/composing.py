"""Vectors for words that a set lacks: the buckets of their n-grams, or the tokens that they are cut into.

Source of the n-grams: Bojanowski, Grave, Joulin, Mikolov, "Enriching Word Vectors with Subword Information" (TACL
2017), section 3.2 and 4; the hash, and that bytes enter it with their sign, as in fastText's `Dictionary::hash` and
`computeSubwords`.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from attncli.errors import ResourceError
from attncli.extras import package
from attncli.tokenizer.encoding import open_encoder
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.vectors.store import layout
from attncli.vectors.store.index import damaged, is_regular
from attncli.vectors.store.layout import Pieces

OFFSET, PRIME = 2166136261, 16777619  # of FNV-1a, 32 bits
SKIP = "without it: --unknown skip"


def buckets_of(word: str, shortest: int, longest: int, buckets: int) -> list[int]:
    """The bucket of every n-gram of `word`, in the order of fastText; none for a word too short to have any."""
    return [fnv(ngram.encode()) % buckets for ngram in ngrams_of(word, shortest, longest)]


def ngrams_of(word: str, shortest: int, longest: int) -> Iterator[str]:
    """The pieces of `<word>` of `shortest` to `longest` characters, by where they begin; not `<` and `>` alone."""
    bounded = f"<{word}>"
    for start in range(len(bounded)):
        for end in range(start + max(shortest, 1), min(start + longest, len(bounded)) + 1):
            if bounded[start:end] not in ("<", ">") or 0 < start < end < len(bounded):
                yield bounded[start:end]


def fnv(ngram: bytes) -> int:
    """32-bit FNV-1a hash; a byte over 127 enters as the negative number that a C `int8_t` makes of it."""
    value = OFFSET
    for byte in ngram:
        value = (value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * PRIME & 0xFFFFFFFF
    return value


def read_pieces(folder: Path, form: Pieces) -> bytes:
    """The tokenizer.json of a store. ResourceError if it is not as it was written."""
    path = folder / layout.PIECES
    data = path.read_bytes() if is_regular(path) and path.stat().st_size == form.size else b""
    if sha256(data).hexdigest() != form.sha256:
        raise damaged(folder, f"its {layout.PIECES} is not as it was written")
    return data


class PieceTokenizer:
    """The tokenizer of a set, in this process if every part of it is of a known form, else in one that can be ended."""

    def __init__(self, folder: Path, form: Pieces, name: str, rows: int) -> None:
        """Open it; rows is how many tokens the set has.

        Raises:
            ResourceError: it is damaged, no tokenizer, or the library is not installed.
        """
        package("tokenizers", f"a word that {name} lacks ({SKIP})")
        self._name, self._rows, self._unknown = name, rows, form.unknown
        data = read_pieces(folder, form)
        try:
            self._encode = open_encoder(data, folder, {}, rows).encode
        except FaultyTokenizerError as fault:
            raise ResourceError(f"the tokenizer of {name} cannot be read: {fault}", SKIP) from None

    def ids(self, word: str) -> list[int]:
        """The tokens of a word, as StaticModel.tokenize of model2vec: neither special ones nor the unknown one.

        Raises:
            ResourceError: the tokenizer fails on it.
        """
        try:
            word.encode()
            found = self._encode(word)
        except UnicodeEncodeError:  # bytes that are no text have no tokens
            return []
        except FaultyTokenizerError as fault:
            raise ResourceError(f"the tokenizer of {self._name} cannot read {word[:60]!r}: {fault}", SKIP) from None
        ids = [id for id, added in zip(found.ids, found.special, strict=True) if not added and id != self._unknown]
        if not all(0 <= id < self._rows for id in ids):
            raise ResourceError(f"the tokenizer of {self._name} gives {word[:60]!r} tokens without a vector", SKIP)
        return ids
