"""The set that a name or path opens: the embedded one, a kept one, a store, or a file imported once."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttnError, ResourceError
from attncli.vectors import places
from attncli.vectors.store.layout import StoreInfo
from attncli.vectors.store.opened import Vectors

if TYPE_CHECKING:
    from attncli.vectors.formats.readers import Progress
    from attncli.vectors.formats.recognise import Recognised

#: The files of a folder of static vectors that make another set of it when they change.
STATIC = tuple(
    f"{part}{file}" for part in ("", "0_StaticEmbedding/") for file in ("model.safetensors", "tokenizer.json")
)


class EmbeddedSets:
    """The sets that come with attn, for texts whose language is not known before: `usual`, and `world` for the others.

    Each is opened when it is first needed.
    """

    @cached_property
    def usual(self) -> Vectors:
        """The set of every text that it knows a word of."""
        return Vectors(places.embedded())

    @cached_property
    def world(self) -> Vectors | None:
        """The set of many languages; None where it is not there."""
        folder = places.embedded_sets().get(places.WORLD)
        return None if folder is None else Vectors(folder)


def open_vectors(name_or_path: str | os.PathLike[str] | None = None, *, progress: "Progress | None" = None) -> Vectors:
    """Open a set of word vectors, memory-mapped.

    name_or_path: a path if it has a separator or an ending, else the name of a kept set, else a file; None: the
        embedded set. A file is imported by gensim at its first use, and kept.
    progress: called during an import, with what is being done, and how much of how much.

    Returns: a set of `words` rows and `dimensions`; `find(words)` gives the numbers of their rows, `rows(numbers)` the
        vectors `[n, d_model]`, `near(vectors)` the nearest rows, `to_gensim()` the same set in gensim.

    Raises:
        ResourceError: no such set or file, or one that is damaged or of an unknown format; the hint is the next step.
    """
    if name_or_path is None:
        return Vectors(places.embedded())
    wanted = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and not _is_path(wanted):
        if kept := places.kept_folder(wanted):
            return Vectors(kept)
        if not os.path.lexists(wanted):
            raise no_such_name(wanted)
    if os.path.isfile(os.path.join(wanted, places.INDEX)):
        return Vectors(Path(wanted))
    return _open_file(wanted, progress)


def _is_path(wanted: str) -> bool:
    separators = [os.sep, os.altsep or os.sep]
    return any(separator in wanted for separator in separators) or bool(os.path.splitext(wanted)[1])


def no_such_name(wanted: str) -> ResourceError:
    """The error for a name that opens nothing, with the nearest that does."""
    from difflib import get_close_matches

    close = get_close_matches(wanted, places.kept_names(), n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"there is {', '.join(places.kept_names()[:5])}; or name a file"
    return ResourceError(f"there are no word vectors named '{wanted}', and no such file", hint)


def _open_file(path: str, progress: "Progress | None") -> Vectors:
    """The store made from this very file; made now if it is not there."""
    name = places.name_for(path)
    folder = places.folder_for(name, _identity(path))
    if folder is not None and places.is_store(folder):
        return Vectors(folder)
    from attncli.vectors.formats.recognise import recognise

    found = recognise(path)
    try:
        return _import(found, folder, name, progress)
    except OSError as error:
        note = f"'{path}' could not be kept ({error.strerror}): it will be read again the next time"
        return _import_for_now(found, name, note, progress)


def _identity(path: str) -> str:
    """Tells this content at this path from any other, without reading it: a new file, date or inode is a new set.

    The time of the last change of the inode cannot be set by hand, so an older date does not hide a replacement.
    gensim's side file for the matrix counts as well, and so do the files of a folder.
    """
    from hashlib import sha256

    try:
        beside = [f"{path}.vectors.npy", *(os.path.join(path, name) for name in STATIC)]
        files = [os.stat(path), *(os.stat(file) for file in beside if os.path.isfile(file))]
    except (OSError, ValueError):
        return "none"  # `recognise` will say why
    times = [(file.st_size, file.st_mtime_ns, file.st_ctime_ns, file.st_dev, file.st_ino) for file in files]
    return sha256(f"{os.path.realpath(path)!r} {times}".encode()).hexdigest()[:16]


def _import(found: "Recognised", folder: Path | None, name: str, progress: "Progress | None") -> Vectors:
    from attncli.vectors.formats.readers import import_file

    if folder is None:
        raise FileNotFoundError(None, "there is no home folder")
    try:
        info = import_file(found, folder, name=name, progress=progress)
    except FileExistsError:  # another first use was quicker
        if not places.is_store(folder):
            raise
        return Vectors(folder)
    return Vectors(folder, notes_about(found.path, info))


def _import_for_now(found: "Recognised", name: str, note: str, progress: "Progress | None") -> Vectors:
    """The set in a temporary folder that is removed at exit: for a home that is read-only, full or not there."""
    import atexit
    import shutil
    import tempfile

    try:
        folder = Path(tempfile.mkdtemp(prefix="attn-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        vectors = _import(found, folder / name, name, progress)
    except OSError as error:
        why = f"{note}; a temporary folder would not take it either ({error.strerror})"
        raise AttnError(why, "make room, or set ATTN_HOME to a folder with room") from error
    return Vectors(vectors.folder, (note, *vectors.notes))


def notes_about(path: str, info: StoreInfo) -> tuple[str, ...]:
    """Notes for the user about a file just read, one sentence each."""
    counted = (
        (info.duplicates, "rows left out, whose word came before"),
        (info.undecodable, "words that are not UTF-8, kept with \\x escapes"),
        (info.zeros, "zero vectors, which are similar to nothing"),
    )
    return tuple(f"'{path}': {count} {what}" for count, what in counted if count)
