"""Files of a model in a Hugging Face cache: blobs by their checksums, and the snapshots that link to them."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from attncli.errors import ResourceError
from attncli.vectors.download import itself

CHUNK = 2**20  # bytes
OTHER_HUB = "try again another day, or another hub: HF_ENDPOINT"
PART = ".attn.incomplete"  # at the end of the name of a blob of which a part is there

Fetch = Callable[["Reporting", int], None]  # appends the rest to the file, of which so many bytes are there
Report = Callable[[int], None]  # how many bytes of the file are there


@dataclass(frozen=True)
class Blob:
    """A file of a model: its path in the repository, its size, and its SHA-256, or git's SHA-1 of a small file."""

    path: str
    size: int
    checksum: str


class Reporting:
    """An open file that tells how far it is written, and takes no more than the bytes of its blob."""

    def __init__(self, file: BinaryIO, blob: Blob, report: Report) -> None:
        self._file, self._blob, self._report = file, blob, report
        self.seek, self.tell, self.truncate, self.flush = file.seek, file.tell, file.truncate, file.flush

    def write(self, data: bytes) -> int:
        """Write, and tell; ResourceError where it is too much."""
        if self._file.tell() + len(data) > self._blob.size:
            raise ResourceError(f"{self._blob.path!r} arrives with more than its {self._blob.size:,} bytes", OTHER_HUB)
        count = self._file.write(data)
        self._report(self._file.tell())
        return count


def whole(blob: Blob, snapshot: Path, folder: Path) -> bool:
    """Whether a file is in the snapshot with its checksum; one with another checksum is removed, with its blob."""
    path = snapshot / blob.path
    if not path.is_file():
        return False
    if _matches(path, blob):
        return True
    real = path.resolve()
    path.unlink()
    if real.parent == (folder / "blobs").resolve():
        real.unlink(missing_ok=True)
    return False


def arrived(blob: Blob, folder: Path, fetch: Fetch, report: Report) -> Path:
    """The blob of a file, fetched if it is not there; a part that is there already is its beginning.

    A file that does not match is fetched once more, from the start. Raises ResourceError where that one does not match
    either.
    """
    path, part = folder / "blobs" / blob.checksum, folder / "blobs" / f"{blob.checksum}{PART}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and _matches(path, blob):
        return path
    for _ in range(2):
        _fill(part, blob, fetch, report)
        if _matches(part, blob):
            os.replace(part, path)
            return path
        part.unlink()
    raise ResourceError(f"{blob.path!r} arrives with another checksum than {blob.checksum}", OTHER_HUB)


def linked(blob: Blob, snapshot: Path, folder: Path) -> None:
    """Have the snapshot link to the blob, or hold a copy where there are no links."""
    path, target = snapshot / blob.path, folder / "blobs" / blob.checksum
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        path.symlink_to(os.path.relpath(target, path.parent))
    except OSError:
        shutil.copyfile(target, path)


def _fill(part: Path, blob: Blob, fetch: Fetch, report: Report) -> None:
    """Complete the part, over as many connections as it takes, as long as they bring something."""
    with open(part, "r+b", opener=itself) as file:
        there = file.seek(0, os.SEEK_END)
        if there > blob.size:
            there = file.truncate(file.seek(0))
        while True:
            report(there)
            try:
                fetch(Reporting(file, blob, report), there)
                return
            except ResourceError:
                raise
            except Exception:
                before, there = there, file.seek(0, os.SEEK_END)
                if there <= before:
                    raise


def _matches(path: Path, blob: Blob) -> bool:
    """Whether a file has the size and the checksum."""
    if path.stat().st_size != blob.size:
        return False
    is_git = len(blob.checksum) == 40
    found = hashlib.sha1(b"blob %d\0" % blob.size, usedforsecurity=False) if is_git else hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest() == blob.checksum
