"""Where data goes: standard output, or a file that appears only when it is whole."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from attncli.errors import AttnError, UsageError
from attncli.views.screen import Screen, visible

if TYPE_CHECKING:
    from attncli.heads import Array

_SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT, "16": ColorSystem.STANDARD}


class Sink:
    """Takes finished text; what is written is flushed at once, so that a reader sees each record as it is made."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def json(self, line: str) -> None:
        """One JSON object: UTF-8 whatever the terminal speaks."""
        self._write(line.encode())

    def arrays(self, arrays: "Mapping[str, Array]") -> None:
        """Named arrays as a `.npz`, which holds one sentence."""
        from attncli.npz import write_npz  # NumPy need not be there for text

        if self._stream.tell():
            raise UsageError("a .npz holds one sentence, and more were given", "write JSON lines: -o FILE.json")
        write_npz(self._stream, arrays)

    def lines(self, lines: Iterable[Text], screen: Screen) -> None:
        """Lines for a human, in the encoding and the colours of the screen."""
        system = _SYSTEMS.get(screen.colours)
        for line in lines:
            shown = line.plain if system is None else _ansi(line, system)
            self._stream.write((shown.rstrip(" ") + "\n").encode(screen.encoding, "backslashreplace"))
        self._stream.flush()

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
        yield Sink(sys.stdout.buffer)
    elif _is_device(path):
        with open(path, "wb") as stream:
            yield Sink(stream)
    else:
        yield from _replaced(Path(path))


def _replaced(path: Path) -> Iterator[Sink]:
    """A sink into a file beside `path`, through links; nothing is replaced if it stays empty or its writing fails."""
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".attn-{os.getpid()}.part")
    try:
        with _quoting(path):
            stream = open(beside, "xb")  # noqa: SIM115  (the next statement closes it)
        with stream:
            yield Sink(stream)
            written = stream.tell() > 0
        if written:
            with _quoting(path):
                _keep_mode(target, beside)
                os.replace(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink()


def _keep_mode(old: Path, new: Path) -> None:
    with suppress(FileNotFoundError):
        os.chmod(new, stat.S_IMODE(old.stat().st_mode))


@contextmanager
def _quoting(path: Path) -> Iterator[None]:
    """Name the file that the user typed, not the one beside it."""
    try:
        yield
    except OSError as error:
        raise AttnError(f"cannot write {str(path)!r}: {error.strerror}", "choose another file: -o FILE") from error


def _is_device(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        raise UsageError(f"-o {path!r} is a directory", "name a file in it, such as attention.json")
    return not stat.S_ISREG(mode)


def say(message: str, *, dim: bool = False) -> None:
    """One line on standard error, dim where asked; control characters made visible; a closed stream hears nothing."""
    if sys.stderr is None:
        return
    shown = visible(message, sys.stderr.encoding)
    with suppress(OSError):
        print(f"\x1b[2m{shown}\x1b[0m" if dim else shown, file=sys.stderr, flush=True)
