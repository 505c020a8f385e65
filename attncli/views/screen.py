"""The screen: its width in cells, colours and encoding; and the one sanitiser of text from outside."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len

Colours = Literal["truecolor", "256", "16", "none"]

NARROWEST = 20  # cells; a narrower screen gets lines of this width
PROMPT = 2  # lines of a terminal for the command and the next prompt


@dataclass(frozen=True)
class Screen:
    """The target of the lines. `colours` "16" and "none" are set with glyphs and numbers only.

    height: the lines of a terminal, 0 of a file or a pipe; whole: whether a page may be longer than that. command: the
    words of the command line that the page is of, if it is known. scale: the name of the scale of colours. light: its
    background is. reorders: a terminal that may set words from right to left itself; elsewhere text stays as it is.
    numbers: a map of heads has its measures in numbers in place of pictures.
    """

    width: int = 80
    colours: Colours = "none"
    encoding: str = "utf-8"
    accessible: bool = False
    scale: str = "auto"
    light: bool = False
    reorders: bool = False
    numbers: bool = False
    height: int = 0
    whole: bool = False
    command: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """The cells that a line may take."""
        return max(self.width, NARROWEST)

    @property
    def room(self) -> int:
        """The lines of a page that a terminal shows whole."""
        return self.height - PROMPT

    @property
    def coloured(self) -> bool:
        """Whether cells can carry a colour scale."""
        return self.colours in ("truecolor", "256")

    def word(self, text: str) -> str:
        """Text of the user's, to the letter, with everything invisible or unprintable as a visible escape."""
        return visible(text, self.encoding)

    def own(self, text: str) -> str:
        """The program's own words, with their typographic signs replaced where the encoding lacks them."""
        if encodes(text, self.encoding):
            return text
        return "".join(char if encodes(char, self.encoding) else _PLAIN.get(char, "?") for char in text)


# Signs that stand in tables have stand-ins of their own width.
_PLAIN = {
    "…": "~",
    "·": ".",
    "×": "x",
    "‖": "|",
    "α": "a",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "−": "-",
    "∞": "inf",
    "√": "sqrt ",
    "σ": "sigma",
    "²": "^2",
    "ᵀ": "^T ",
}


@lru_cache(maxsize=4096)
def encodes(text: str, encoding: str) -> bool:
    """Whether every character of `text` exists in `encoding` (an unknown encoding counts as ASCII)."""
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    except LookupError:
        return text.isascii()
    return True


def visible(text: str, encoding: str = "utf-8") -> str:
    r"""`text` with every character that could act on a terminal, hide, or not be written as an escape like `\x1b`.

    Escaped are control characters, the controls of writing direction, line separators, lone surrogates, invisible
    format characters, and what `encoding` lacks. Joiners stay between letters that join and inside emoji, and so do
    variation selectors. A second pass changes nothing.
    """
    if text.isprintable() and encodes(text, encoding) and not _BLANK.search(text):
        return text
    return "".join(char if _stays(text, place, encoding) else _escape(char) for place, char in enumerate(text))


_JOINERS = "\u200c\u200d"
# Letters that show nothing: fillers, inherent vowels, Mongolian selectors, an empty Braille cell.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0]")
_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # format characters that can be seen


def _stays(text: str, place: int, encoding: str) -> bool:
    char = text[place]
    if char in _JOINERS:
        return 0 < place < len(text) - 1 and all(_joins(each, encoding) for each in (text[place - 1], text[place + 1]))
    return _shows(char) and encodes(char, encoding)


def _shows(char: str) -> bool:
    if _BLANK.match(char) or ord(char) & 0xFFFE == 0xFFFE:  # the second: no characters, in any plane
        return False
    return char.isprintable() or char in _SIGNS or unicodedata.category(char) in ("Zs", "Co", "Cn")


def _joins(char: str, encoding: str) -> bool:
    kind = unicodedata.category(char)
    return not char.isascii() and (kind[0] in "LM" or kind in ("So", "Sk")) and _shows(char) and encodes(char, encoding)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


_LETTER_JOINER = re.compile("[\u200c\u200d](?=[^\\W\\d_])")


def cells(text: str) -> int:
    """The width of sanitised text in terminal cells.

    Rich takes a joiner and what follows it as one sign, which holds for emoji; between letters both have their width.
    """
    return len(text) if text.isascii() else cell_len(_LETTER_JOINER.sub("", text))


def cut(text: str, width: int, mark: str = "…") -> str:
    """`text` in at most `width` cells, ending in `mark` where something was left out."""
    return text if cells(text) <= width else prefix(text, width - cells(mark)) + mark


def prefix(text: str, width: int) -> str:
    """The longest beginning of `text` that fits `width` cells and ends where a sign ends."""
    text = text[: 16 * max(width, 0)]  # marks piled on a letter take no width: there is an end to them
    fitting = 0
    for end in signs(text):
        if cells(text[:end]) > width:
            break
        fitting = end
    return text[:fitting].rstrip(_JOINERS)


def signs(text: str) -> Iterator[int]:
    """Where each sign of `text` ends: a letter with its marks, or an emoji of however many characters."""
    flags = 0  # regional indicators at the end of the sign so far; two of them are a flag
    for place, char in enumerate(text):
        flags = flags + 1 if "\U0001f1e6" <= char <= "\U0001f1ff" else 0
        if place and not (flags and flags % 2 == 0) and not _continues(text[place - 1], char):
            yield place
    if text:
        yield len(text)


def _continues(before: str, char: str) -> bool:
    """Whether `char` belongs to the sign of the character before it: marks, joiners, skin tones, what is joined."""
    joined = before == "\u200d" and not char.isalpha()
    return joined or char in _JOINERS or "\U0001f3fb" <= char <= "\U0001f3ff" or unicodedata.category(char)[0] == "M"


def pad(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """`text` filled with spaces to `width` cells."""
    space = " " * (width - cells(text))
    return text + space if align == "left" else space + text
