"""Sets that the user keeps under a name: adding, listing, removing. Opening them is the catalogue's."""

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttnError, ResourceError, UsageError
from attncli.vectors import places
from attncli.vectors.catalogue import no_such_name, notes_about
from attncli.vectors.store import layout
from attncli.vectors.store.opened import Vectors

if TYPE_CHECKING:
    from attncli.vectors.formats.readers import Progress

OWN = {layout.MATRIX, layout.NORMS, layout.NGRAMS, layout.PIECES, layout.PARTS, layout.INDEX}  # the files of a set
SHOW_ALL = "to list the kept sets: attn vectors list"


@dataclass(frozen=True)
class Kept:
    """A set that `name` opens: its folder, its size on disk in bytes, and the opened set or its fault."""

    name: str
    folder: Path
    size: int
    vectors: Vectors | None
    fault: str | None = None


def add(
    path: str,
    *,
    name: str | None = None,
    limit: int | None = None,
    dtype: str = "float32",
    source: str | None = None,
    licence: str | None = None,
    progress: "Progress | None" = None,
) -> Vectors:
    """Read the file (or its first `limit` words) and keep it as `name` (default: made from the file's name).

    Raises UsageError for a name that cannot be or is taken, ResourceError for a file that is no word vectors.
    """
    from attncli.vectors.formats.readers import import_file
    from attncli.vectors.formats.recognise import recognise

    name = places.name_for(path) if name is None else name
    folder = free_folder(name)
    found = recognise(path)
    read = partial(import_file, found, folder, name=name, dtype=dtype, limit=limit, progress=progress)
    try:
        info = read(source=source, licence=licence)
    except FileExistsError as error:  # another addition was quicker
        raise _taken(name) from error
    return Vectors(folder, notes_about(path, info))


def free_folder(name: str) -> Path:
    """The folder for a new set `name`. Raises UsageError if there cannot be one, AttnError if there is no home."""
    if not places.is_name(name):
        raise UsageError(
            f"{name!r} cannot be a name", f"letters, digits, - _ and + can stand in one, {places.MAX_NAME} at most"
        )
    if name in places.EMBEDDED_SETS:
        raise UsageError(f"{name!r} is an embedded set", "choose another name: --name NAME")
    folder = places.folder_for(name)
    if folder is None:
        raise AttnError("there is no home folder to keep vectors in", "set ATTN_HOME to a folder with room")
    if places.is_store(folder):
        raise _taken(name)
    if os.path.lexists(folder):
        raise AttnError(f"'{folder}' is in the way, and no set of word vectors", "remove it, or choose another --name")
    return folder


def listed() -> Iterator[Kept]:
    """Every set that can be opened, the embedded ones first. A damaged one is listed with its fault."""
    for name, folder in places.kept_sets().items():
        try:
            yield Kept(name, folder, _size(folder), Vectors(folder))
        except ResourceError as error:
            yield Kept(name, folder, _size(folder), None, error.message)


def kept_as(name: str, vectors: Vectors) -> Kept:
    """An opened set with its size on disk."""
    return Kept(name, vectors.folder, _size(vectors.folder), vectors)


def remove(name: str) -> int:
    """Remove the set that `name` opens, at once as far as others can see. Returns the bytes that were freed.

    Raises UsageError for an embedded set, ResourceError if there is none of this name, AttnError if its folder holds
    something else: that is not the set's to remove.
    """
    if name in places.EMBEDDED_SETS:
        raise UsageError(f"{name!r} is an embedded set, which stays", SHOW_ALL)
    folder = places.kept_folder(name)
    if folder is None:
        raise no_such_name(name)
    if others := sorted({*os.listdir(folder), *_listed(folder / layout.PARTS)} - OWN):
        raise AttnError(f"'{folder}' holds {others[0]!r}, which is no part of the set", "move it away first")
    size, aside = _size(folder), folder.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        os.rename(folder, aside)
    except FileNotFoundError as error:  # another removal was quicker
        raise no_such_name(name) from error
    shutil.rmtree(aside, ignore_errors=True)  # out of sight already; the next import sweeps the rest
    return size


def _listed(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() and not folder.is_symlink() else []


def _taken(name: str) -> UsageError:
    return UsageError(
        f"a set named {name!r} is kept already", f"attn vectors remove {name} makes room; or choose another: --name"
    )


def _size(folder: Path) -> int:
    """Bytes of the files in a store, those of its parts too."""
    files = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return sum(path.lstat().st_size for path in files)
