"""Which sentences a command works on: the argument, the lines of standard input, or the example."""

import codecs
import os
import stat
import sys
from collections.abc import Iterator

from attncli.errors import UsageError

EXAMPLE = "Bark is very cute and he is a dog"


def is_batch(argument: str | None) -> bool:
    """Whether sentences come a line at a time, from `-`, a pipe or a redirected file."""
    return argument == "-" or (argument is None and _is_piped())


def read_lines() -> Iterator[tuple[int, bytes]]:
    """The lines of standard input that are not blank, with their numbers from 1, each as soon as it is complete.

    Raises:
        UsageError: there is no standard input, or nothing in it.
    """
    empty = True
    for number, line in enumerate(sys.stdin.buffer if sys.stdin else (), start=1):
        if line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").strip():
            empty = False
            yield number, line.rstrip(b"\r\n")
    if empty:
        raise UsageError("standard input is empty", "pipe a sentence a line, or name one: attn explain 'A sentence'")


def _is_piped() -> bool:
    """A pipe, a redirected file or a socket; a terminal, /dev/null or a closed stream is not."""
    if sys.stdin is None:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
