"""The nearest known spellings of an unknown word."""

from collections.abc import Sequence
from unicodedata import normalize

import numpy as np

WORDS_AT_ONCE = 16_384  # bounds the memory, and keeps the tables in the cache
MAX_LENGTH = 40  # code points of a word that is worth correcting; time and memory grow with its square


def nearest_spellings(word: str, known: Sequence[str], top: int = 3) -> list[str]:
    """Up to `top` of `known` that take the fewest edits to become `word`, earlier ones first among equals.

    Case counts for nothing. Only words of about the same length are looked at (a third more or less, at least two
    letters), and one that shares nothing with `word`, or looks just like it, is never named. A word over 40 code points
    has no suggestions.
    """
    target = normalize("NFC", word).casefold()
    if not 0 < len(target) <= MAX_LENGTH:
        return []
    reach = max(2, len(target) // 3)
    lengths = np.fromiter(map(len, known), np.int64, len(known))  # [words]
    near = np.flatnonzero((np.abs(lengths - len(target)) <= reach) & (lengths > 0)).tolist()
    folded = [normalize("NFC", known[place]).casefold()[: MAX_LENGTH * 2] for place in near]
    parts = (folded[start : start + WORDS_AT_ONCE] for start in range(0, len(folded), WORDS_AT_ONCE))
    distances = np.concatenate([np.zeros(0, np.int16), *(edit_distances(target, part) for part in parts)])  # [n]
    best = np.argsort(distances, kind="stable")[:top]
    named = [known[near[i]] for i in best if distances[i] < max(len(target), len(known[near[i]]))]
    return [other for other in named if normalize("NFC", other) != normalize("NFC", word)]


def edit_distances(word: str, others: Sequence[str]) -> np.ndarray:
    """Distances [n] from `word` to each of `others`: insertions, deletions, substitutions, swaps of two neighbours.

    The optimal string alignment distance (Damerau 1964 with Wagner and Fischer's table, 1974): one table for all
    words at once, where every cell is an array [n].
    """
    letters = _code_points(others)  # [longest, n]
    lengths = np.array([len(other) for other in others], dtype=np.intp)  # [n]
    longest, n = letters.shape
    above = np.zeros((longest + 1, n), dtype=np.int16)  # two lines up: the table's line i - 2
    line = np.broadcast_to(np.arange(longest + 1, dtype=np.int16)[:, None], (longest + 1, n)).copy()
    for i, letter in enumerate(map(ord, word), 1):
        same = letters == letter  # [longest, n]
        swapped = letters == ord(word[i - 2]) if i > 1 else None
        above, line = line, _next_line(i, above, line, same, swapped)
    return line[lengths, np.arange(n)]  # [n]


def _next_line(i: int, above: np.ndarray, line: np.ndarray, same: np.ndarray, swapped: np.ndarray | None) -> np.ndarray:
    """Line i of the table, [longest + 1, n], from lines i - 2 and i - 1 and from where the letters agree."""
    following = np.empty_like(line)
    following[0] = i
    np.minimum(line[1:] + 1, line[:-1] + ~same, out=following[1:])  # delete, or keep and substitute
    for j in range(1, len(line)):
        np.minimum(following[j], following[j - 1] + 1, out=following[j])  # insert
        if swapped is not None and j > 1:
            swap = swapped[j - 1] & same[j - 2]
            np.minimum(following[j], np.where(swap, above[j - 2] + 1, following[j]), out=following[j])
    return following


def _code_points(words: Sequence[str]) -> np.ndarray:
    """[longest, n]: the code points of each word down its column, 0 below its end."""
    if not words:
        return np.zeros((0, 0), dtype=np.uint32)
    padded = np.array(words, dtype=np.str_)  # [n]
    return np.ascontiguousarray(padded.view(np.uint32).reshape(len(words), -1).T)
