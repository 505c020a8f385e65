"""Text for manual pages in the man macros (man(7)): escaped so that every sign is read, and copied, as it is."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

WIDEST = 79  # signs of a line, as manual pages have them

# A plain - is a hyphen and ' a quotation mark to roff, which terminals then show as signs that no shell takes.
_SIGNS = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}


def escape(text: str) -> str:
    """Text that roff prints to the letter, anywhere in a line."""
    shown = "".join(_SIGNS.get(char, char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text)
    return f"\\&{shown}" if shown.startswith(".") else shown


def bold(text: str) -> str:
    """Text to be typed as it is."""
    return f"\\fB{escape(text)}\\fR"


def italic(text: str) -> str:
    """A word to be replaced, such as an argument's name."""
    return f"\\fI{escape(text)}\\fR"


def header(name: str, date: str, source: str, volume: str) -> str:
    """The page's title line, of section 1."""
    return f'.TH {name.upper()} 1 {date} "{escape(source)}" "{escape(volume)}"'


def section(name: str) -> str:
    """A section's heading."""
    return f'.SH "{escape(name.upper())}"'


def subsection(name: str) -> str:
    """A heading under a section."""
    return f'.SS "{escape(name)}"'


def tagged(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Terms that are roff already, each with its plain explanation under it."""
    for term, text in items:
        yield from (".TP", term, escape(text))


def literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines set as they are, as examples are."""
    yield from (".RS 4", ".nf")
    yield from map(escape, lines)
    yield from (".fi", ".RE")


def filled(lines: Iterable[str]) -> Iterator[str]:
    """The page with its paragraphs in lines of at most WIDEST signs; requests and examples stay as they are."""
    as_it_is = False
    for line in lines:
        as_it_is = line == ".nf" or (as_it_is and line != ".fi")
        if as_it_is or line.startswith(".") or len(line) <= WIDEST:
            yield line
        else:
            for part in wrap(line, WIDEST - 2, break_long_words=False, break_on_hyphens=False):
                yield f"\\&{part}" if part.startswith(".") else part
