"""A file that appears only when it is whole: written beside its place under a unique name, then renamed."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from attncli.errors import AttnError, Setting
from attncli.interrupts import held_back

HINT = ("choose another file: ", Setting("output", "FILE"))


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A stream whose bytes replace the file `path`, through links; nothing is replaced if it stays empty or fails.

    Raises:
        AttnError: no file can be made there; it names the file that the user typed, not the one beside it.
    """
    target = Path(os.path.realpath(path))
    beside = _unused(target)
    try:
        with _quoting(path):
            stream = open(beside, "xb")  # noqa: SIM115  (the next statement closes it)
        with stream:
            yield stream
            written = stream.tell() > 0
        if written:
            with _quoting(path):
                _keep_mode(target, beside)
                os.replace(beside, target)
    finally:
        with held_back(), suppress(OSError):
            beside.unlink()


def _unused(target: Path) -> Path:
    """A unique name; the number of a process is not, in containers it is the same at every run."""
    while os.path.lexists(path := target.with_name(f".attn-{os.urandom(8).hex()}.part")):
        pass
    return path


def _keep_mode(old: Path, new: Path) -> None:
    with suppress(FileNotFoundError):
        os.chmod(new, stat.S_IMODE(old.stat().st_mode))


@contextmanager
def _quoting(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AttnError(f"cannot write {str(path)!r}: {error.strerror}", HINT) from error
