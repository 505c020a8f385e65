"""A download with a known MD5: resumed where an earlier attempt stopped, and checked before use."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from http.client import HTTPException
from io import BufferedRandom, BufferedReader
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from attncli.errors import ResourceError

TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 4  # connections in a row that bring nothing
PAUSE = 1.0  # seconds before the second connection, more before each further one
CHUNK = 2**18
LONGEST_TEXT = 16 * 2**20  # bytes
FAULTS = (OSError, HTTPException, ValueError)

Report = Callable[[int], None]  # how many bytes of the file are there


class LostError(Exception):
    """The connection broke, or was refused: `final` if another one would fare no better."""

    def __init__(self, why: str, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


def fetch_text(url: str) -> bytes:
    """The content of a small file. Raises ResourceError if it cannot be had."""
    try:
        return b"".join(content for at, content in _chunks(url, 0) if at < LONGEST_TEXT)
    except LostError as error:
        raise _unreachable(url, error) from error


def fetch(url: str, path: Path, md5: str, report: Report) -> None:
    """Complete the file with the content of `url`, whose MD5 is known; its present content is the beginning.

    A file that does not match is deleted and fetched once more, from the start. Raises ResourceError if it cannot be
    fetched or has another checksum, OSError if the disk refuses.
    """
    found = ""
    with open(path, "r+b", opener=itself) as file:
        for _ in range(2):
            _fill(url, file, report)
            if (found := md5_of(file)) == md5:
                return
            file.truncate(0)
    raise ResourceError(f"{url} gives a file with the checksum {found} instead of {md5}", "try again another day")


def md5_of(file: BufferedReader | BufferedRandom) -> str:
    """The MD5 of a whole open file: it guards against accidents, not against an enemy."""
    file.seek(0)
    return file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@contextmanager
def own_folder(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Make the folder if need be, and hold it alone: other processes wait, where the system has locks.

    Only work is saved by this, nothing relies on it. Whoever had the folder before may have removed it when finished:
    then it is made again.
    """
    while (handle := _held(folder, waiting)) is None:
        pass
    try:
        yield
    finally:
        os.close(handle)


def _held(folder: Path, waiting: Callable[[], None]) -> int | None:
    """A descriptor of the folder with the lock; None if the folder was removed before the lock was had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except (FileExistsError, FileNotFoundError):  # it came or went between two looks, unless something else is there
        if folder.is_symlink() or folder.is_file():
            raise
        return None
    _lock(handle, waiting)
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(handle), folder.stat()):
            return handle
    os.close(handle)
    return None


def discard(folder: Path, names: Iterable[str]) -> None:
    """Remove the fetched files of these names from a folder, and the folder if nothing else is in it."""
    with suppress(OSError):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _lock(handle: int, waiting: Callable[[], None]) -> None:
    try:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
    except (ImportError, OSError):
        return


def _fill(url: str, file: BufferedReader | BufferedRandom, report: Report) -> None:
    """Append the missing bytes, over as many connections as it takes, as long as they bring something."""
    failed = 0
    while True:
        before = file.seek(0, os.SEEK_END)
        try:
            for start, content in _chunks(url, before):
                if start != file.tell():  # the server begins at the beginning
                    file.truncate(file.seek(start))
                file.write(content)
                file.flush()  # so that it outlives this process
                report(file.tell())
            return
        except LostError as error:
            failed = 1 if file.seek(0, os.SEEK_END) > before else failed + 1
            if error.final or failed == ATTEMPTS:
                raise _unreachable(url, error) from error
        time.sleep(PAUSE * failed)


def _chunks(url: str, start: int) -> Iterator[tuple[int, bytes]]:
    """The content from byte `start` on, or from the first if the server wants, in pieces with their places.

    Raises LostError if it breaks off.
    """
    try:
        if not url.startswith(("http://", "https://")):
            raise LostError("it is no web address", final=True)
        request = Request(url, headers={"User-Agent": "attn"} | ({"Range": f"bytes={start}-"} if start else {}))
        with urlopen(request, timeout=TIMEOUT) as answer:
            at = start if answer.status == 206 else 0
            end = at + int(answer.headers.get("Content-Length", -1 - at))
            while content := answer.read1(CHUNK):
                yield at, content
                at += len(content)
            if at < end:
                raise LostError(f"it broke off after {at} of {end} bytes")
    except HTTPError as error:
        with error:
            if error.code != 416:  # the file is complete
                raise LostError(f"{error.code} {error.reason}", final=error.code < 500 and error.code != 429) from error
    except FAULTS as error:
        raise LostError(str(getattr(error, "reason", error)) or type(error).__name__) from error


def _unreachable(url: str, error: LostError) -> ResourceError:
    return ResourceError(f"{url} cannot be fetched: {error}", "check the connection and run it again: it resumes")


def itself(path: str, flags: int) -> int:
    """Open a file, made if it is not there, but no link: that could lead anywhere."""
    return os.open(path, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
