"""The sets of gensim-data, fetched as plain files, without the code that gensim itself would fetch and run.

gensim's downloader says where the list and the files are. Its own `load` is not called: it runs an `__init__.py` that
comes with each set, and stumbles over what an interrupted download leaves behind.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from attncli.errors import ResourceError
from attncli.vectors import places
from attncli.vectors.download import discard, fetch, fetch_text, itself, md5_of, own_folder
from attncli.vectors.gensim_parts import gensim_data
from attncli.vectors.keeping import add, free_folder
from attncli.vectors.store.index import is_regular
from attncli.vectors.store.opened import Vectors

Progress = Callable[[str, int, int], None]  # the work, bytes done, bytes in all


@dataclass(frozen=True)
class Offer:
    """A set of gensim-data: its files in their order, the MD5 of each, and its entry in the list."""

    name: str
    urls: tuple[str, ...]
    checksums: tuple[str, ...]
    size: int  # bytes to download
    words: int | None
    dimensions: int | None
    licence: str | None
    description: str


def pull(name: str, progress: Progress = lambda *_: None) -> Vectors:
    """Fetch the gensim-data set `name` and keep it under this name.

    Raises UsageError if a set is kept under it, ResourceError for what gensim-data does not have or does not give.
    """
    kept = places.name_for(f"{name}.gz")
    folder = free_folder(kept)
    offered = offer(name)
    downloads = folder.parent.parent / "downloads" / kept
    whole = f"{kept}.gz"
    with own_folder(downloads, lambda: progress(f"waiting for another download of {name}", 0, offered.size)):
        if places.is_store(folder):  # that other one has done it
            discard(downloads, [*_names(offered), whole])
            return Vectors(folder)
        path = _gensims_own(offered) or _downloaded(offered, downloads, progress)
        try:
            vectors = add(str(path), name=kept, source=offered.urls[0], licence=offered.licence, progress=progress)
        except ResourceError:
            discard(downloads, [*_names(offered), whole])
            raise
        discard(downloads, [*_names(offered), whole])
    return vectors


def offer(name: str) -> Offer:
    """The entry of the set `name` in gensim-data's list. Raises ResourceError if it has none, or cannot be asked."""
    try:
        found = _list()
    except ResourceError as error:
        raise ResourceError(f"{name!r} cannot be pulled: {error.message}", error.hint) from error
    sets, texts = found["models"], found["corpora"]
    if name not in sets:
        if name in texts:
            raise ResourceError(f"{name!r} is a collection of texts, not a set of word vectors", _some_of(sets))
        near = get_close_matches(name, sets, n=1)
        hint = f"did you mean {near[0]}?" if near else _some_of(sets)
        raise ResourceError(f"gensim-data has no word vectors named {name!r}", hint)
    try:
        return _offer(name, sets[name])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"the list of gensim-data says nothing usable about {name!r}"
        raise ResourceError(why, "choose another set") from error


def _list() -> dict[str, Any]:
    """The list of gensim-data: from its place, else the copy that gensim kept the last time."""
    data = gensim_data()
    try:
        content = fetch_text(data.DATA_LIST_URL)
    except ResourceError:
        try:
            content = (Path(data.BASE_DIR) / "information.json").read_bytes()
        except OSError:
            content = b""
        if not content:
            raise
    try:
        found = json.loads(content)
        return {kind: dict(found[kind]) for kind in ("models", "corpora")}
    except (ValueError, KeyError, TypeError) as error:
        raise ResourceError(f"{data.DATA_LIST_URL} does not give the list of gensim-data", "try again later") from error


def _offer(name: str, entry: dict[str, Any]) -> Offer:
    """The files and checksums of a set, named as `gensim.downloader._download` names them."""
    base = f"{gensim_data().DOWNLOAD_BASE_URL}/{name}/{name}.gz"
    parts = int(entry["parts"])
    split = parts > 1
    dimension = entry.get("parameters", {}).get("dimension")
    return Offer(
        name,
        tuple(f"{base}_0{part}" for part in range(parts)) if split else (base,),
        tuple(str(entry[f"checksum-{part}"]) for part in range(parts)) if split else (str(entry["checksum"]),),
        int(entry.get("file_size") or 0),
        _whole(entry.get("num_records")),
        _whole(dimension),
        str(entry["license"]) if entry.get("license") else None,
        " ".join(str(entry.get("description", "")).split()),
    )


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isascii() and str(value).isdigit() else None


def _some_of(sets: dict[str, Any]) -> str:
    return "it has " + ", ".join(sorted(name for name in sets if not name.startswith("_")))


def _gensims_own(offered: Offer) -> Path | None:
    """The file as gensim's downloader left it, if it is there and sound."""
    path = Path(gensim_data().BASE_DIR) / offered.name / f"{offered.name}.gz"
    if len(offered.urls) > 1 or not is_regular(path):
        return None
    try:
        with open(path, "rb") as file:
            return path if md5_of(file) == offered.checksums[0] else None
    except OSError:
        return None


def _downloaded(offered: Offer, folder: Path, progress: Progress) -> Path:
    """Fetch the files of the set into `folder`, and join them if they are several."""
    paths = [folder / name for name in _names(offered)]
    done = 0

    def report(at: int) -> None:
        progress(f"downloading {offered.name}", done + at, max(offered.size, done + at))

    for url, checksum, path in zip(offered.urls, offered.checksums, paths, strict=True):
        fetch(url, path, checksum, report)
        done += path.stat().st_size
    return paths[0] if len(paths) == 1 else _joined(paths, folder / f"{folder.name}.gz")


def _names(offered: Offer) -> list[str]:
    """The names of the files of a set on the disk."""
    return [url.rpartition("/")[2] for url in offered.urls]


def _joined(paths: list[Path], whole: Path) -> Path:
    with open(whole, "wb", opener=itself) as file:
        for path in paths:
            with open(path, "rb") as part:
                copyfileobj(part, file)
    return whole
