"""The header of a fastText .bin model, held against the file before anything is allocated.

Source: fastText's `Args::save`, `Dictionary::save` and `Matrix::save`; files of before 2017 begin without the magic
number and lack three of the later fields.
"""

import struct
from dataclasses import dataclass

from attncli.vectors.formats.refusal import refused
from attncli.vectors.ngrams import LONGEST
from attncli.vectors.store.layout import MAX_DIMENSIONS

MAGIC = struct.pack("<i", 793712314)
SETTINGS = struct.Struct("<12id")  # dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate t
COUNTS = struct.Struct("<3iq")  # words and labels, words, labels, tokens
LEAST_ENTRY = 1 + 8 + 1  # bytes a word takes at least: its NUL, its count, its kind


@dataclass(frozen=True)
class Header:
    """What the header says: `words` rows and then `buckets` rows of n-grams, each of `dimensions` numbers."""

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
    """The header in the first bytes of a file; None if they are none."""
    modern = head.startswith(MAGIC)
    at = 8 if modern else 0
    if len(head) < at + SETTINGS.size + COUNTS.size:
        return None
    dimensions, window, _, _, _, _, loss, model, buckets, shortest, longest, _, _ = SETTINGS.unpack_from(head, at)
    words, _, labels, _ = COUNTS.unpack_from(head, at + SETTINGS.size)
    if not modern and not (0 < dimensions <= MAX_DIMENSIONS and 0 < window < 1000 and 0 < loss < 5 and 0 < model < 4):
        return None
    return Header(modern, dimensions, words, buckets, shortest, longest, labels)


def check(path: str, header: Header, most: int) -> None:
    """Refuse what no model of `most` bytes can be, and what attn cannot read."""
    if header.labels:
        raise refused(path, "is a fastText classifier: its vectors are not meant to be compared")
    if not 1 <= header.dimensions <= MAX_DIMENSIONS:
        raise refused(path, f"claims {header.dimensions} dimensions: 1 to {MAX_DIMENSIONS} are possible")
    if header.words < 1 or header.buckets < 0 or header.least_bytes() > most:
        claim = f"claims {header.words} words and {header.buckets} n-grams of {header.dimensions} numbers"
        raise refused(path, f"{claim}, but is too short for them")
    if min(header.shortest, header.longest) < 0 or (header.buckets and header.longest > LONGEST):
        raise refused(path, f"claims n-grams of {header.shortest} to {header.longest} letters")
