"""The temporary folders in which stores are written, beside their place. What a kill left behind, the next one removes.

A draft is locked by its writer for as long as that lives: the system lets go of a lock with the process, however it
ended. So a draft that can be locked belongs to nobody. No lock is needed for a store to be right, only for tidiness.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attncli.interrupts import held_back

NAME = re.compile(r"\.[0-9a-f]{16}\.tmp")


@contextmanager
def draft(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, which is removed at the end unless it was renamed. Raises OSError."""
    _sweep(parent)
    while True:
        folder = parent / f".{secrets.token_hex(8)}.tmp"
        folder.mkdir()
        try:
            lock = _lock(folder, wait=True)
            if lock is None or _is_still(lock, folder):  # else it was swept before it was locked
                break
            os.close(lock)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    try:
        yield folder
    finally:
        with held_back():  # an impatient second Ctrl-C would leave a part of it
            shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove the drafts that nobody is writing any more. Links are not followed; what cannot be removed stays."""
    with suppress(OSError):
        for folder in parent.iterdir():
            if not (NAME.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()):
                continue
            lock = _lock(folder, wait=False)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """A descriptor that holds the lock; None if another process has it, or where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor


def _is_still(lock: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.stat(folder, follow_symlinks=False))
    except OSError:
        return False
