"""The places that models are found in by name: the Hugging Face cache, attn's own folder, and installed packages.

Imports no NumPy, and nothing of a package is imported: completion asks at every key.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from attncli.files.fetching import MODELS
from attncli.files.folders import entries
from attncli.vectors.places import home

MARKS = ("config.json", "modules.json", "adapter_config.json")  # files that make a folder that of a model
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
GGUF = ".gguf"
DISTRIBUTION = ".dist-info"
MAX_RECORD = 2**24  # bytes of the list of a package's files


class Found(NamedTuple):
    """A model by its name: the place that it is in, and its folder or file (in a cache the folder with snapshots)."""

    name: str
    place: str
    path: Path


def cache_folder() -> Path:
    """The Hugging Face cache, by the variables that huggingface_hub reads."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(_expanded(given))
    hugging = os.environ.get("HF_HOME")
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(_expanded(hugging)) / "hub" if hugging else Path(_expanded(caches)) / "huggingface" / "hub"


def own_folder() -> Path | None:
    """The folder of the user's own models, `models` in $ATTN_HOME; None where there is no home."""
    root = home()
    return None if root is None else root / "models"


def relations_folder() -> Path | None:
    """The folder of the relations that heads of models are known for (`attn heads --treebank`); None without a home."""
    root = home()
    return None if root is None else root / "relations"


def cached() -> list[Found]:
    """The models in the cache, as `org/name` or `name`."""
    folder = cache_folder()
    names = [each for each in _names(folder) if each.startswith(MODELS)]
    return sorted(Found(each.removeprefix(MODELS).replace("--", "/", 1), "cache", folder / each) for each in names)


def own() -> list[Found]:
    """The models in attn's own folder: folders `name` and `org/name`, and GGUF files."""
    root = own_folder()
    if root is None:
        return []
    inside = [Path(name) for name in _names(root)]
    nested = [each / name for each in inside if not _is_model(root / each) for name in _names(root / each)]
    found = (each for each in (*inside, *nested) if _is_model(root / each))
    return sorted(Found(each.as_posix().removesuffix(GGUF), "home", root / each) for each in found)


def packaged() -> list[Found]:
    """The models that installed packages ship, under the names of the packages, as their lists of files say."""
    found: dict[str, list[Found]] = {}
    for folder in dict.fromkeys(sys.path):
        for name in _names(Path(folder)) if folder else ():
            if name.endswith(DISTRIBUTION):
                package = plain(name.removesuffix(DISTRIBUTION).rpartition("-")[0])
                models = [Found(package, "package", path) for path in dict.fromkeys(_shipped(Path(folder), name))]
                found.setdefault(package, models)  # the first on the path is the one that Python imports
    return sorted(each for models in found.values() for each in models)


#: The places in the order in which a name is looked for.
PLACES: Mapping[str, Callable[[], list[Found]]] = {"cache": cached, "home": own, "package": packaged}


def found_models() -> Iterator[Found]:
    """The models of all places, in the order in which a name is looked for."""
    for models in PLACES.values():
        yield from models()


def model_names() -> list[str]:
    """The names of all models, each once."""
    return list(dict.fromkeys(each.name for each in found_models()))


def matching(name: str, models: Sequence[Found]) -> list[Found]:
    """The models that a name means: those of just that name, else those of it in any organisation."""
    exact = [each for each in models if each.name == name]
    return exact or [each for each in models if each.name.rpartition("/")[2] == name]


def plain(name: str) -> str:
    """The name of a package as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_of(path: Path) -> str | None:
    """The name of the installed package whose model is at `path`, if it ships no other."""
    if not {"site-packages", "dist-packages"} & {*path.parts}:
        return None
    models = packaged()
    names = [each.name for each in models if each.path == path]
    return next((name for name in names if sum(each.name == name for each in models) == 1), None)


def _shipped(folder: Path, distribution: str) -> Iterator[Path]:
    """The folders with config.json and safetensors and the GGUF files among the files that a package lists."""
    listed = _listed(folder / distribution / "RECORD")
    for file in listed:
        weights = file.name in WEIGHTS and file.parent / "config.json" in listed
        if (weights or file.suffix == GGUF) and os.path.isfile(folder / file):
            yield folder / (file.parent if weights else file)


def _listed(record: Path) -> dict[PurePosixPath, None]:
    """The files that a package lists below its own folder; none where no model can be among them."""
    try:
        with open(record, "rb") as file:
            text = file.read(MAX_RECORD).decode("utf-8", "replace")
    except OSError:
        return {}
    if GGUF not in text and not any(name in text for name in WEIGHTS):
        return {}
    files = (PurePosixPath(line.rsplit(",", 2)[0].strip('"')) for line in text.splitlines())
    return dict.fromkeys(file for file in files if not file.is_absolute() and ".." not in file.parts)


def _is_model(path: Path) -> bool:
    """Whether it is a folder that its files make one of a model, or a GGUF file."""
    if path.suffix == GGUF:
        return os.path.isfile(path)
    return any(os.path.isfile(path / mark) for mark in MARKS)


def _names(folder: Path) -> list[str]:
    return [name for name in entries(folder) or [] if not name.startswith(".")]


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))
