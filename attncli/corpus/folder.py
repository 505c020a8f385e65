"""The folder of a run: one run at a time writes there, and removes only plain files under names of its own.

The lock is the system's, on a file that stays: it ends with the process, however that ends. It holds between machines
where those of the file system do (NFS from Linux 2.6.12 on); without such locks, other runs are not kept out. The
process that hands out the shards takes it, workers do not.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from attncli.corpus.tables import table_classes
from attncli.errors import AttnError, Setting, UsageError
from attncli.settings.corpus import COLLECT, TABLES

PARTS, SUMS, TEXT = "parts", "sums", "text"
RECORDS = tuple(table.name for table in table_classes(COLLECT, per_text=True))  # each in a folder of its name
MANIFEST, PLAN, ERRORS, LOCK = "manifest.json", "plan.json", "errors.ndjson", ".lock"
UNFINISHED = ".attn-"  # how the name of a file begins that is being written

FOLDERS = (PARTS, SUMS, *RECORDS, TEXT)
FILES = (MANIFEST, PLAN, ERRORS, LOCK, *(f"{name}.{table}" for name in COLLECT for table in TABLES))
HALF = re.compile(re.escape(UNFINISHED) + r"[0-9a-f]{32}-.+")
LAID_OUT = re.compile(r"standard-input\.txt|[0-9a-f]{8}-\d+-\d+\.txt")


@contextmanager
def whole_file(path: Path, sync: bool = True) -> Iterator[BinaryIO]:
    """A file that takes its place when it is whole, and with `sync` on the disk; if anything fails nothing is there."""
    beside = path.with_name(f"{UNFINISHED}{uuid4().hex}-{path.name}")
    try:
        with open(beside, "xb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()


def remove_own(folder: Path, named: Callable[[str], object]) -> None:
    """Remove the plain files of such names; never through a link; files that cannot be removed stay."""
    with suppress(OSError):
        for path in folder.iterdir() if _is(folder, stat.S_ISDIR) else ():
            if named(path.name) and _is(path, stat.S_ISREG):
                with suppress(OSError):
                    path.unlink()


def sweep(folder: Path) -> None:
    """Remove the half-written files of a killed process, in the folder and its own folders."""
    for each in (folder, *(folder / name for name in FOLDERS)):
        remove_own(each, HALF.fullmatch)


def _is(path: Path, kind: object) -> bool:
    """Whether it is there and itself of a kind; a link is not."""
    try:
        return bool(kind(path.lstat().st_mode))  # type: ignore[operator]
    except OSError:
        return False


def check_folder(folder: Path, resume: bool) -> None:
    """Check that a run may write there: to a new or empty folder, or with `resume` to one that a run was begun in.

    Raises:
        UsageError: it is a file, or holds files of other programs.
    """
    if folder.exists() and not folder.is_dir():
        reason = "expected a folder, got a file"
        raise UsageError(reason, "name a folder for parts and tables", setting="output", value=str(folder))
    there = [path for path in folder.iterdir() if not _is_nothing(path)] if folder.exists() else []
    if there and not resume:
        hint = ("resume it: ", Setting("resume"), ", or name another folder")
        raise UsageError("expected an empty folder", hint, setting="output", value=str(folder))
    if there and not _is(folder / PLAN, stat.S_ISREG):
        reason = "expected an empty folder, or one of an earlier run"
        raise UsageError(reason, "name another folder", setting="output", value=str(folder))
    _check_kinds(folder)


def _is_nothing(path: Path) -> bool:
    """Whether a path is an empty folder, the lock, or a half-written file of a killed run."""
    if _is(path, stat.S_ISDIR):
        return not any(not HALF.fullmatch(each.name) for each in path.iterdir())
    return path.name == LOCK or HALF.fullmatch(path.name) is not None


def _check_kinds(folder: Path) -> None:
    """Check that paths with names of a run's own are of its kinds: a link could lead to a file of another owner."""
    expected = [(name, stat.S_ISDIR, "folder") for name in FOLDERS] + [(name, stat.S_ISREG, "file") for name in FILES]
    for name, kind, wanted in expected:
        if os.path.lexists(folder / name) and not _is(folder / name, kind):
            found = "link" if (folder / name).is_symlink() else "folder" if wanted == "file" else "file"
            raise UsageError(
                f"{str(folder / name)!r} is a {found}, where a run has a {wanted} of its own",
                "move it away, or name another folder: -o DIR",
            )


@contextmanager
def locked_folder(folder: Path, resume: bool) -> Iterator[None]:
    """The folder under an exclusive lock, made if it does not exist.

    Raises:
        UsageError: as `check_folder` does.
        AttnError: another run writes there.
    """
    if not (folder / LOCK).exists():
        check_folder(folder, resume)  # nothing is put into a folder of another owner
    _check_kinds(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        check_folder(folder, resume)
        sweep(folder)
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock; None where there are no locks."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AttnError(
            f"another run is writing to -o {str(folder)!r}", "wait for it, or name another folder: -o DIR"
        ) from None
    except (ImportError, OSError):
        os.close(lock)
        return None
    return lock


def prepare(folder: Path) -> None:
    """Make the folders of a run whose text is there, and remove the manifest, which says that all is done."""
    for name in (PARTS, SUMS, *RECORDS):
        (folder / name).mkdir(exist_ok=True)
    remove_own(folder, MANIFEST.__eq__)


def clear(folder: Path) -> None:
    """Remove a folder in which nothing was begun, unless something else is in it."""
    remove_own(folder / TEXT, LAID_OUT.fullmatch)
    for name in FOLDERS:
        with suppress(OSError):
            (folder / name).rmdir()
    remove_own(folder, {PLAN, LOCK}.__contains__)
    with suppress(OSError):
        folder.rmdir()
