"""Equivalent spellings of a word in other code points: composed and decomposed, emoji with and without selectors.

Unicode knows several ways to write one and the same character (UAX 15), and the set and the
keyboard may use different ones: `é` or `e` with an accent, Å the letter or the sign of the ångström.
"""

import unicodedata
from collections.abc import Iterable, Iterator

#: Letters and the signs that are the same letter by definition: Unicode composes towards the letters.
_SIGNS = {
    ord(letter): code
    for code in (0x2126, 0x212B, *range(0x1F71, 0x1F7E), *range(0x1FBB, 0x1FFC))
    if len(letter := unicodedata.normalize("NFC", chr(code))) == 1 and letter != chr(code)
} | {0x03BC: 0x00B5}  # and μ, whose sign µ is but compatible
_SELECTORS = dict.fromkeys((0xFE0E, 0xFE0F))
_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))  # of skin


def equivalents(words: Iterable[str]) -> Iterator[str]:
    """Other spellings of the words, composed ones first; those of an emoji without its selectors and its tone last."""
    for word in words:
        composed = unicodedata.normalize("NFC", word)
        yield composed
        yield "".join(map(_halfway, composed))
        yield unicodedata.normalize("NFD", word)
        yield composed.translate(_SIGNS)
        if not word.isalnum():
            yield from _of_emoji(word)


def _halfway(char: str) -> str:
    """A letter and the last of its marks, as Vietnamese is often typed: ế as ê and an acute accent."""
    parts = unicodedata.decomposition(char)
    return char if not parts or parts[0] == "<" else "".join(chr(int(part, 16)) for part in parts.split())


def _of_emoji(sign: str) -> Iterator[str]:
    for base in (sign, sign.translate(_TONES)):
        bare = base.translate(_SELECTORS)
        yield from (bare, f"{bare[:1]}\ufe0f{bare[1:]}", f"{bare}\ufe0f")
