"""SentencePiece's table of characters and what they become: a double array (Darts) and the texts that it points to."""

import numpy as np

LONGEST = 256  # bytes that a character may become; the longest of Unicode's compatibility forms has 33


def is_sound(rules: bytes) -> bool:
    """Whether no text leads outside the table: every step to a unit that there is, every end to a text of its own.

    A unit has its label in bits 0–7, whether something ends there in bit 8, and how far the next one is in bits 10–30
    (bit 9: times 256); bit 31 marks an end, whose other bits are the place of its text.
    """
    size = int.from_bytes(rules[:4], "little")
    units = np.frombuffer(rules, "<u4", size // 4, 4).astype(np.int64)  # [n]
    texts = np.frombuffer(rules, np.uint8, offset=4 + size)  # [bytes]
    steps = np.flatnonzero(units >> 31 == 0)
    far = units[steps] >> 10 << ((units[steps] & 512) >> 6)
    following = steps ^ far
    if not len(steps) or (following | 255).max() >= len(units):
        return False
    places = units[following[units[steps] & 256 > 0]] & 0x7FFFFFFF
    return _are_texts(texts, places)


def _are_texts(texts: np.ndarray, places: np.ndarray) -> bool:
    """Whether a short text that ends with 0 starts at each place."""
    ends = np.flatnonzero(texts == 0)
    if not len(ends) or ends[-1] != len(texts) - 1 or places.max(initial=0) >= len(texts):
        return False
    longest = (ends[np.searchsorted(ends, places)] - places).max(initial=0)
    try:
        texts.tobytes().decode()
    except UnicodeDecodeError:
        return False
    return bool(longest <= LONGEST and not (texts[places] & 0xC0 == 0x80).any())
