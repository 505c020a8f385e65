"""Bytes of a file that must stay as it was when it was opened: arrays are read from it later, piece by piece.

Nothing is mapped: a mapped file that another program cuts ends the process that reads it, without a word.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError


class Identity(NamedTuple):
    """The facts about a file that change when it is replaced, cut or written to."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, file: BinaryIO) -> "Identity":
        """Of an open file."""
        found = os.fstat(file.fileno())
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class UnchangedFile(NamedTuple):
    """A file, and its identity when it was opened."""

    path: Path
    identity: Identity

    def fill(self, into: memoryview, places: Iterator[tuple[int, int]]) -> None:
        """Read the bytes at the places, (start, length or −1 for all that is left), one behind the other.

        Raises:
            ResourceError: the file cannot be read, or has changed.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                whole = Identity.of(file) == self.identity
                for start, length in places:
                    part = into if length < 0 else into[:length]
                    whole, into = whole and _read_into(file, start, part), into[len(part) :]
                whole = whole and Identity.of(file) == self.identity
        except OSError as error:
            raise ResourceError(f"cannot read {str(self.path)!r}: {error.strerror or error}") from None
        if not whole:
            raise ResourceError(f"{str(self.path)!r} was changed while it was read", "run it again on the whole file")


def places_of(start: int, row_bytes: int, rows: Array | None) -> Iterator[tuple[int, int]]:
    """The places of the rows, consecutive ones in one piece; of the whole array if rows is None."""
    if rows is None:
        yield start, -1
        return
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for first, after in pairwise([0, *breaks.tolist(), len(rows)] if len(rows) else []):
        yield start + int(rows[first]) * row_bytes, (after - first) * row_bytes


def _read_into(file: Any, start: int, into: memoryview) -> bool:
    """Whether the file had as many bytes there as the view takes."""
    file.seek(start)
    while len(into):
        count = file.readinto(into)
        if not count:
            return False
        into = into[count:]
    return True
