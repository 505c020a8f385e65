"""Bytes as text in UTF-8, or an error that names the first other byte and the command that converts it."""

import codecs
from contextlib import suppress
from pathlib import Path

from attncli.errors import AttnError

LONGEST_LINE = 2**24  # bytes
WIDE = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class NotTextError(AttnError):
    """Bytes that are no text in UTF-8."""


class WideTextError(NotTextError):
    """A text whose first bytes mark it as UTF-16 or UTF-32."""


def text_of(line: bytes) -> str:
    """The text of a line.

    Raises:
        NotTextError: it names the first byte that is not UTF-8, counted from 1, or is NUL.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise NotTextError(
            f"byte {error.start + 1} is not UTF-8 (0x{line[error.start]:02x})",
            "if it is Latin-1, convert it first: iconv -f latin1 -t utf-8",
        ) from None
    if "\0" in text:
        hint = "if it is UTF-16, convert it first: iconv -f utf-16 -t utf-8"
        raise NotTextError(f"byte {line.index(0) + 1} is NUL, which no text has", hint)
    return text


def without_mark(beginning: bytes) -> bytes:
    """The first line of a text without the mark of UTF-8.

    Raises:
        WideTextError: it has the mark of another encoding.
    """
    for mark, name in WIDE:
        if beginning.startswith(mark):
            hint = f"convert it first: iconv -f {name.lower()} -t utf-8"
            raise WideTextError(f"byte 1 begins a text in {name}: expected UTF-8", hint)
    return beginning.removeprefix(codecs.BOM_UTF8)


def fault_in(path: str | Path) -> NotTextError:
    """The error for a file that is not text, with the line if the file can be read again."""
    with suppress(OSError), open(path, "rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            try:
                text_of(without_mark(line) if number == 1 else line)
            except NotTextError as error:
                return NotTextError(f"{str(path)!r} is not text in UTF-8: line {number}, {error.message}", error.hint)
    return NotTextError(f"{str(path)!r} is not text in UTF-8", "give plain text: sentences or paragraphs")
