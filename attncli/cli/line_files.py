"""Files of lines that a command names, `-` for standard input: their size, and the error for those without a line."""

import os
import sys
from collections.abc import Sequence
from stat import S_ISREG

from attncli.corpus.inputs import is_packed
from attncli.errors import UsageError


def no_lines(names: Sequence[str], hint: str) -> UsageError:
    """The error for files without a line; hint: what a line is to have."""
    return UsageError("standard input is empty" if "-" in names else f"there is no line in {names[0]!r}", hint)


def size_of(names: Sequence[str]) -> int | None:
    """The bytes of all files; None where one is packed, or no file."""
    if any(is_packed(name) for name in names):
        return None
    found = [os.fstat(sys.stdin.fileno()) if name == "-" else os.stat(name) for name in names]
    return sum(each.st_size for each in found) if all(S_ISREG(each.st_mode) for each in found) else None
