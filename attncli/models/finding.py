"""Where a model lies: a folder that is named, or one in the local Hugging Face cache. Nothing is ever downloaded."""

import os
import re
from pathlib import Path

from attncli.errors import ResourceError
from attncli.spelling import nearest_spellings

NAME = re.compile(r"(?:[\w-][\w.-]*/)?[\w-][\w.-]*", re.ASCII)  # org/name or name; neither starts with a dot
GENERIC = ("model", "final", "checkpoint", "output", "best")  # names of folders that say nothing of the model
COMMIT = re.compile(r"[\w-][\w.-]*", re.ASCII)


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model.

    A folder with a config.json is taken as it is. Otherwise `org/name`, or `name` if just one cached model has it, is
    looked for in the Hugging Face cache.

    Raises:
        ResourceError: there is none, several have that name, or the cache has it in part; the hint is the next step.
    """
    text = str(name_or_path)
    folder = Path(os.path.expanduser(text))
    if (folder / "config.json").is_file():
        return folder
    if folder.is_file():
        raise ResourceError(f"{text!r} is a file; a model is a folder with config.json, safetensors and tokenizer.json")
    if isinstance(name_or_path, Path) or not NAME.fullmatch(text):
        what = "has no config.json" if folder.is_dir() else "does not exist"
        raise ResourceError(f"the folder {text!r} {what}", "a model is a folder as Hugging Face saves it, or ORG/NAME")
    return _snapshot(_cached_name(text))


def cache_folder() -> Path:
    """The Hugging Face cache, by the variables that huggingface_hub reads."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(_expanded(given))
    home = os.environ.get("HF_HOME")
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(_expanded(home)) / "hub" if home else Path(_expanded(caches)) / "huggingface" / "hub"


def cached_models() -> list[str]:
    """The models in the cache as `org/name`, sorted."""
    folder = cache_folder()
    try:
        names = [entry.name for entry in folder.iterdir() if entry.name.startswith("models--")]
    except OSError:
        return []
    return sorted(name.removeprefix("models--").replace("--", "/", 1) for name in names)


def name_of(folder: Path) -> str:
    """`org/name` of a folder in a Hugging Face cache, else the folder's own name."""
    parts = folder.absolute().parts
    if len(parts) > 2 and parts[-2] == "snapshots" and parts[-3].startswith("models--"):
        return parts[-3].removeprefix("models--").replace("--", "/", 1)
    own = folder.resolve()
    return f"{own.parent.name}/{own.name}" if own.name in GENERIC else own.name


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))


def _cached_name(name: str) -> str:
    """The one cached model that `name` means."""
    models = cached_models()
    if name in models:
        return name
    same = [model for model in models if model.rpartition("/")[2] == name]
    if len(same) == 1:
        return same[0]
    if same:
        raise ResourceError(f"{name!r} is the name of {len(same)} cached models", f"say which: {', '.join(same)}")
    raise ResourceError(f"there is no model {name!r} in {str(cache_folder())!r}", _how_to_get(name, models))


def _how_to_get(name: str, models: list[str]) -> str:
    """The command that brings the model, and the cached models that may have been meant."""
    command = f"hf download {name}" if "/" in name else f"hf download ORG/{name}"
    bare = {model.rpartition("/")[2]: model for model in models}
    near = nearest_spellings(name, models if "/" in name else list(bare))
    meant = [bare.get(each, each) for each in near]
    return f"{command} gets it" + (f"; or did you mean {', '.join(meant)}?" if meant else "")


def _snapshot(name: str) -> Path:
    """The folder of the commit that the cached model's main branch stands at."""
    folder = cache_folder() / f"models--{name.replace('/', '--')}"
    hint = f"hf download {name} gets what is missing"
    try:
        commit = (folder / "refs" / "main").read_text("ascii")[:200].strip()
    except (OSError, ValueError):
        commit = _only_snapshot(folder)
    snapshot = folder / "snapshots" / commit
    if not COMMIT.fullmatch(commit) or not snapshot.is_dir():
        raise ResourceError(f"the cached model {name!r} has no snapshot that its refs/main names", hint)
    if not (snapshot / "config.json").is_file():
        raise ResourceError(f"the cached model {name!r} is there in part only: it has no config.json", hint)
    return snapshot


def _only_snapshot(folder: Path) -> str:
    """The commit of a model that was fetched by its commit, so that no branch names it; empty if there are several."""
    try:
        commits = [entry.name for entry in (folder / "snapshots").iterdir()]
    except OSError:
        return ""
    return commits[0] if len(commits) == 1 else ""
