"""Character n-grams of a word and the buckets they share, so that a word that is in no vocabulary has a vector.

Source: Bojanowski, Grave, Joulin, Mikolov, "Enriching Word Vectors with Subword Information" (TACL 2017), section 3.2
and 4; the hash, and that bytes enter it with their sign, as in fastText's `Dictionary::hash` and `computeSubwords`.
"""

from collections.abc import Iterator

OFFSET, PRIME = 2166136261, 16777619  # of FNV-1a, 32 bits
LONGEST = 64  # characters of an n-gram; bounds what one word can cost


def buckets_of(word: str, shortest: int, longest: int, buckets: int) -> list[int]:
    """The bucket of every n-gram of `word`, in the order of fastText; none for a word too short to have any."""
    return [fnv(ngram.encode()) % buckets for ngram in ngrams_of(word, shortest, longest)]


def ngrams_of(word: str, shortest: int, longest: int) -> Iterator[str]:
    """The pieces of `<word>` of `shortest` to `longest` characters, by where they begin; `<` and `>` alone are none."""
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
