"""The writing direction of a sentence."""

import unicodedata


def runs_right_to_left(text: str) -> bool:
    """Whether more of its letters are written from right to left than from left to right."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    return sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L")
