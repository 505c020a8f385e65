"""Signs that can be words: emoji and currencies, and whole stretches such as `C++`, `.NET`, `:)` and `<unk>`.

A vector set decides: a sign that it has is a word. One that it lacks is an unknown word if it is an emoji, a currency
or another symbol, and nothing if it is punctuation, or a sign of ASCII's such as + or %.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

Span = tuple[int, int]

_ASCII_SIGNS = "%&+<=>|~^`"
# Every character is reduced to a kind first: s symbol, r half of a flag, v modifier after a sign,
# k keycap, z joiner, d base of a keycap, q sign of ASCII's.
_KINDS = (
    dict.fromkeys("\ufe0e\ufe0f", "v") | {"\u20e3": "k", "\u200d": "z"}
    | dict.fromkeys("0123456789#*", "d") | dict.fromkeys(_ASCII_SIGNS, "q")
)  # fmt: skip
_SIGN = re.compile(r"rr|[sr]v*(?:z[sr]v*)*|dv?k|q")
_MAY_BE = re.compile(rf"[^\x00-\x7f]|[${re.escape(_ASCII_SIGNS)}]")
_EMOTICON = r"[<>]?[:;=8xX][-o*'^]?[()\[\]{}dDpPoO3/\\|@*]+|[()\[\]]+[-o*']?[:;=]|<3|\^[_.-]?\^|-_-|[oO][_.][oO]|:'\("
_WHOLE = re.compile(_EMOTICON)
_ORDINARY = re.compile(r"[\w'’＇\-‐‑.,\"“”‘„«»()\[\]{}?!;:…–—/·]*")  # words with punctuation, and no sign
_LEADING_DOT = re.compile(r"\.\w")
_AFTER, _AROUND = ",.;:!?…", "\"“”„'’‘«»()[]{},.;:!?…"


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    if char in _KINDS:
        return _KINDS[char]
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return "v"  # a tone of skin, or a letter of a region's flag
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return "r"
    return "s" if unicodedata.category(char) in ("So", "Sc", "Sm") else " "


def signs_of(text: str) -> Iterator[Span]:
    """The signs of a text, each emoji whole with all that it is made of."""
    if not _MAY_BE.search(text):
        return
    yield from (match.span() for match in _SIGN.finditer("".join(map(_kind, text))))


def is_reported(sign: str) -> bool:
    """Whether a sign that a set lacks is an unknown word, and not just punctuation or a digit on a keycap."""
    return _kind(sign[0]) in "sr"


def wholes_of(text: str) -> Iterator[tuple[Span, ...]]:
    """The spans that may be one word with signs in it, at most one to a stretch between blanks: longest first."""
    for match in re.finditer(r"\S+", text):
        stretch, start = match.group(), match.start()
        if _ORDINARY.fullmatch(stretch) and not _LEADING_DOT.match(stretch) and not may_be_emoticon(stretch):
            continue
        inner = len(stretch) - len(stretch.lstrip(_AROUND))
        ends = (len(stretch), len(stretch.rstrip(_AFTER)), len(stretch.rstrip(_AROUND)))
        spans = [(start, start + ends[0]), (start, start + ends[1]), (start, start + ends[2])]
        if inner and not _LEADING_DOT.match(stretch):
            spans.append((start + inner, start + ends[2]))
        yield tuple(dict.fromkeys((a, b) for a, b in spans if a < b))


def may_be_emoticon(stretch: str) -> bool:
    """Whether it is a face made of punctuation, perhaps with punctuation after it."""
    return bool(_WHOLE.fullmatch(stretch) or _WHOLE.fullmatch(stretch.rstrip(_AFTER)))
