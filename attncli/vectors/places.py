"""Folders and names of stores. Imports neither NumPy nor sqlite3: completion uses it at every key."""

import os
from pathlib import Path

EMBEDDED = "attn-en"  # of the sets that come with attn the one for every text that it knows a word of
WORLD = "attn-world"  # the one for all other texts, and for two languages
EMBEDDED_SETS = (EMBEDDED, WORLD)
MAX_NAME = 100
INDEX = "index.sqlite"


def home() -> Path | None:
    """The folder of attn's own files: $ATTN_HOME, else $XDG_DATA_HOME/attn, else ~/.local/share/attn.

    None where there is no home folder at all.
    """
    if chosen := os.environ.get("ATTN_HOME"):
        return Path(chosen)
    if shared := os.environ.get("XDG_DATA_HOME"):
        return Path(shared) / "attn"
    try:
        return Path.home() / ".local" / "share" / "attn"
    except RuntimeError:
        return None


def embedded(name: str = EMBEDDED) -> Path:
    """The folder of an embedded set: in the installed package, else at the root of the checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "data" / name
    return inside if inside.is_dir() else package.parent / "data" / name


def embedded_sets() -> dict[str, Path]:
    """The embedded sets by name: the first one in any case, the others where they are there."""
    folders = {name: embedded(name) for name in EMBEDDED_SETS}
    return {name: folder for name, folder in folders.items() if name == EMBEDDED or folder.is_dir()}


def is_name(name: str) -> bool:
    """Whether a set can be kept under this name: letters, digits, `-`, `_` and `+`, not over 100 characters.

    No dot and no slash, so that a name is never a path or a file's name, nor the other way round.
    """
    return 0 < len(name) <= MAX_NAME and name[0].isalnum() and all(c.isalnum() or c in "-_+" for c in name)


def name_for(path: str) -> str:
    """The name under which a file's set is kept: the file's, with `-` for characters that a name cannot have."""
    stem = os.path.splitext(os.path.basename(os.path.normpath(path)))[0]
    name = "".join(c if c.isalnum() or c in "_+" else "-" for c in stem).strip("-_+")
    return name[:MAX_NAME] or "vectors"


def folder_for(name: str, key: str = "") -> Path | None:
    """The folder of the set `name`. `key` distinguishes sets from files of the same name."""
    root = home()
    if root is None or not is_name(name) or not (key == "" or key.isalnum()):
        return None
    return root / "vectors" / (f"{name}@{key}" if key else name)


def kept_sets() -> dict[str, Path]:
    """Every set that can be opened now, under the name that opens it, the embedded ones first.

    A plain name opens what the user kept under it, else the latest that was read from a file of that name; the others
    go by their folder's name, `name@key`.
    """
    sets = embedded_sets()
    for name, folder in sorted(_kept(), key=lambda kept: (kept[0], *_latest_first(kept[1]))):
        sets.setdefault(folder.name if name in sets else name, folder)
    return sets


def kept_names() -> list[str]:
    """The names of all sets that can be opened now, the embedded ones first."""
    return list(kept_sets())


def kept_folder(name: str) -> Path | None:
    """The store that `name` opens; None if there is none."""
    return kept_sets().get(name)


def is_store(folder: Path) -> bool:
    """Whether it is a real folder with an index in it. A link is not: it could lead anywhere."""
    return not folder.is_symlink() and (folder / INDEX).is_file()


def _kept() -> list[tuple[str, Path]]:
    root = home()
    try:
        entries = [] if root is None else list((root / "vectors").iterdir())
    except OSError:
        entries = []
    named = ((entry.name.partition("@")[0], entry) for entry in entries)
    return [(name, entry) for name, entry in named if is_name(name) and is_store(entry)]


def _latest_first(folder: Path) -> tuple[bool, int]:
    """Sorts a set kept by name before those read from files, and of these the latest first."""
    try:
        return "@" in folder.name, -folder.stat().st_mtime_ns
    except OSError:  # removed meanwhile
        return True, 0
