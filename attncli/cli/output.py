"""The destination of data: standard output, or a file that appears only when it is whole."""

import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, BinaryIO, TextIO

from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from attncli.cli.terminal import encoding_of, reorders
from attncli.errors import AttnError, FinalError, UsageError, shortened
from attncli.files.replacing import replacing
from attncli.views.screen import Screen, visible
from attncli.views.terminal.bidi import isolated, isolated_line

if TYPE_CHECKING:
    from attncli.files.parquet import ParquetWriter, Table

LONGEST = 1000  # characters of a line on standard error
_SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT, "16": ColorSystem.STANDARD}


# In JSON the controls below U+0020 are escaped as it is.
_ACTS = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def _as_json(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


class Sink:
    """Takes finished text and flushes it at once, so that a reader sees each record as it is made."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._records = 0  # written so far, of documents and rows
        self._table: ParquetWriter | None = None

    def json(self, line: str) -> None:
        """One JSON object in UTF-8; on a terminal, characters that would act on it are escaped."""
        self._write((_ACTS.sub(_as_json, line) if self._stream.isatty() else line).encode())

    def document(self, write: Callable[[BinaryIO], object]) -> None:
        """A whole document, which holds one sentence."""
        write(self._stream)
        self._records += 1
        self._stream.flush()

    def check_room(self, kind: str, lines: Sequence[str] = ("json", "csv")) -> None:
        """Check that a document may still be written; FinalError, since no later one could be either.

        lines: the formats that hold many sentences.
        """
        if self._records:
            hint = f"name one sentence, or write lines: {', '.join(f'-o FILE.{each}' for each in lines)}"
            raise FinalError(f"a .{kind} holds one sentence, and more were given", hint)

    def rows(self, rows: Iterable[Sequence[object]], line: int | None = None, cells: str = "guarded") -> None:
        """Rows of CSV for one sentence, the first of them the heads of the columns, which a file has once.

        The first column is the number of the sentence, from 0, and in a batch its `line` of the input, from 1.
        A terminal gets what would act on it as visible escapes; `cells` as `--csv` says.
        """
        from attncli.files.csv_cells import CsvWriter  # for those who ask for it

        text = io.TextIOWrapper(self._stream, "utf-8", newline="", write_through=True)
        writer = CsvWriter(text, cells, visible if self._stream.isatty() else str)
        remaining = iter(rows)
        head = next(remaining)
        which = {"sentence": self._records} | ({} if line is None else {"line": line})
        if not self._records:
            writer.write([[*which, *head]])
        writer.write([*which.values(), *row] for row in remaining)
        text.detach()
        self._records += 1
        self._stream.flush()

    def table(self, table: "Table", line: int | None = None) -> None:
        """Rows of Parquet for one sentence, with the columns before them that `rows` has."""
        which = {"sentence": self._records} | ({} if line is None else {"line": line})
        if self._table is None:
            from attncli.files.parquet import ParquetWriter  # for those who ask for it

            kinds = dict.fromkeys(which, "whole") | {**table.kinds}
            self._table = ParquetWriter(self._stream, kinds, table.schema, table.version)
        self._table.add([(*which.values(), *row) for row in table.rows])
        self._records += 1

    def close(self) -> None:
        """Write the end of a table."""
        if self._table is not None:
            self._table.close()
            self._stream.flush()

    def text(self, text: str) -> None:
        """Text in UTF-8 as it is, which cannot act on a terminal."""
        self._stream.write(text.encode())
        self._stream.flush()

    def lines(self, lines: Iterable[Text], screen: Screen) -> None:
        """Lines for a human, in the encoding and the colours of the screen."""
        system = _SYSTEMS.get(screen.colours)
        for line in map(isolated_line, lines) if screen.reorders else lines:
            shown = line.plain if system is None else _ansi(line, system)
            self._stream.write((shown.rstrip(" ") + "\n").encode(screen.encoding, "backslashreplace"))
        self._stream.flush()

    @contextmanager
    def running(self, screen: Screen) -> Iterator[Callable[[str], None]]:
        """Takes text that is written as it comes; a line that is begun is ended, after an interrupt too."""
        last = "\n"

        def write(text: str) -> None:
            nonlocal last
            last = text[-1:] or last
            self._stream.write(text.encode(screen.encoding, "backslashreplace"))
            self._stream.flush()

        try:
            yield write
        finally:
            if last != "\n":
                write("\n")

    def _write(self, data: bytes) -> None:
        self._stream.write(data + b"\n")
        self._stream.flush()


def _ansi(line: Text, system: ColorSystem) -> str:
    segments = line.render(_CONSOLE)
    return "".join(each.style.render(each.text, color_system=system) if each.style else each.text for each in segments)


_CONSOLE = Console(file=sys.stderr, color_system=None)  # only so that Text can look up its styles; prints nothing


@contextmanager
def open_sink(path: str | None) -> Iterator[Sink]:
    """Standard output, or `path`: a new file is written beside it and takes its place when all went well."""
    if path is None:
        if sys.stdout is None:  # closed by the caller (`>&-`)
            raise AttnError("standard output is closed", "write to a file instead: -o FILE.json")
        with closing(Sink(sys.stdout.buffer)) as sink:
            yield sink
    else:
        with _opened(path) as stream, closing(Sink(stream)) as sink:
            yield sink


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    return open(path, "wb") if _is_device(path) else replacing(path)


def _is_device(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        hint = "name a file in it, such as attention.json"
        raise UsageError("expected a file, got a folder", hint, setting="output", value=path)
    return not stat.S_ISREG(mode)


_LISTENER: ContextVar[Callable[[str], object] | None] = ContextVar("listener", default=None)


@contextmanager
def saying_to(listener: Callable[[str], object]) -> Iterator[None]:
    """Send messages to `listener` meanwhile: a line on standard error would disturb a full screen."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def say(message: str, *, dim: bool = False, whole: bool = False) -> None:
    """Print one line on standard error, dim where asked, with control characters made visible.

    The middle of a line longer than LONGEST is left out, unless it is needed `whole`, as a command to be typed is.
    Nothing is printed on a closed stream.
    """
    message = message if whole else shortened(message, LONGEST)
    if listener := _LISTENER.get():
        listener(message)
        return
    if sys.stderr is None:
        return
    shown = printable(message, sys.stderr)
    shown = shown if whole else shortened(shown, LONGEST)  # an escape takes more room than its character
    with suppress(OSError):
        print(f"\x1b[2m{shown}\x1b[0m" if dim else shown, file=sys.stderr, flush=True)


def printable(text: str, stream: TextIO | None) -> str:
    """Text that quotes others as a stream may show it: no control character acts, no word moves to another place."""
    shown = visible(text, encoding_of(stream))
    return isolated(shown) if reorders(stream) else shown
