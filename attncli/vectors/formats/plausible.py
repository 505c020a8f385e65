"""How plausible words and numbers are as those of word vectors, in decimal orders of magnitude of the odds, roughly.

Bytes of float32 taken for text are control characters and no UTF-8; text taken for float32 is 1e-19 (blanks), 1e-9
(digits), 1e3 (capitals) or 1e20 (small letters); and a float32 read from one byte further on is any size at all.
"""

import re
from collections.abc import Sequence

import numpy as np

BAD = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufffd]")  # all controls but the tab
PER_BAD, PER_BLANK, NO_WORD = 5.0, 1.5, 8.0
USUAL = 0.3  # the size of a number where none was seen
MOST = 12.0  # that one number can cost
LETTERS = re.compile(rb"[A-Za-z ]{4}")
IMPOSSIBLE = 1e15
FEW = 16  # numbers in a row: each must tell more, and a second look costs less


def is_text(word: bytes) -> bool:
    """Whether a word is UTF-8 without control characters."""
    return not BAD.search(word.decode("utf-8", "replace"))


def word_cost(word: bytes) -> float:
    """What speaks against a word."""
    bad = len(BAD.findall(word.decode("utf-8", "replace")))
    return PER_BAD * bad + PER_BLANK * (word.count(b" ") + word.count(b"\t")) + NO_WORD * (not word)


def number_cost(numbers: np.ndarray, scale: float | None) -> float:
    """What speaks against numbers of any shape, of which the usual has the size `scale`."""
    slack = 0.0 if scale else 2.0
    orders = _orders(numbers, scale)
    costs = np.maximum(3 * (orders - 1.5 - slack), -orders - 2 - slack)
    return float(np.minimum(np.maximum(costs, 0), MOST).sum())


def doubtful_words(words: Sequence[bytes]) -> np.ndarray:
    """Which of the words [n] are empty or no text."""
    if all(words) and is_text(b"\t".join(words)):
        return np.zeros(len(words), dtype=bool)
    return np.array([not word or not is_text(word) for word in words], dtype=bool)


def doubtful_numbers(numbers: np.ndarray, scale: float | None) -> np.ndarray:
    """Which rows of numbers [n, d] have one of an unusual size: [n]."""
    low, high = (10**-3.5, 10**1.7) if numbers.shape[1] <= FEW and scale else (1e-6, 1e3)
    usual, sizes = scale or USUAL, np.abs(numbers)  # [n, d]
    unusual = ~(sizes <= high * usual)  # one that is no number is so too
    unusual |= (sizes < low * usual) & (sizes > 0)
    doubtful: np.ndarray = unusual.any(axis=1)
    return doubtful


def is_rest_of_word(row: bytes) -> bool:
    """Whether the numbers of a row begin with letters of the word, which make a number of a size that none has."""
    return bool(LETTERS.match(row)) and bool(abs(np.frombuffer(row[:4], "<f4")[0]) > IMPOSSIBLE)


def scale(numbers: np.ndarray) -> float | None:
    """The usual size of the numbers that are not 0; None if there are too few to tell."""
    sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    return float(np.median(sizes)) if sizes.size >= 6 else None


def _orders(numbers: np.ndarray, scale: float | None) -> np.ndarray:
    """Their sizes in decimal orders of magnitude from the usual one: 0 of a zero, 99 of what is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.abs(numbers.astype(np.float64))
        orders = np.log10(sizes / (scale or USUAL))
    orders[sizes == 0] = 0
    orders[~np.isfinite(sizes)] = 99
    return orders
