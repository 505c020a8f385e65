"""The folder of a model: a named one, or one in the local Hugging Face cache. Nothing is ever downloaded."""

import os
import re
import stat
from pathlib import Path

from attncli.errors import ResourceError
from attncli.files.fetching import MODELS, cached_name, download_command
from attncli.text.spelling import nearest_spellings

NAME = re.compile(r"(?:[\w-][\w.-]*/)?[\w-][\w.-]*", re.ASCII)  # org/name or name; neither starts with a dot
GENERIC = re.compile(r"model|final|checkpoint(?:-\d+)?|output|best")  # names of folders that do not name the model
PART = re.compile(r"0_\w+", re.ASCII)  # the first module of sentence-transformers, in the folder that has the name
ADDRESS = re.compile(r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)((?:[\w.-]+/)?[\w.-]+)", re.ASCII)
COMMIT = re.compile(r"[\w-][\w.-]*", re.ASCII)


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model.

    A file or folder of that name comes first. Otherwise `org/name`, or `name` if just one cached model has it,
    is looked for in the Hugging Face cache.

    Raises:
        ResourceError: no such model, several of that name, or an incomplete cached one; the hint is the next step.
    """
    text = str(name_or_path)
    place = Path(os.path.expanduser(text))
    if text and os.path.lexists(place):
        return _on_disk(text, place)
    if address := ADDRESS.match(text):
        raise ResourceError(f"{text!r} is an address: attn opens folders only", _by_name(address[1]))
    if isinstance(name_or_path, Path) or not NAME.fullmatch(text):
        from attncli.models.checkpoint.folders import absent_error  # only an error needs it

        raise absent_error(text)
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
    if cached := cached_name(folder):
        return cached
    own = folder.resolve()
    if PART.fullmatch(own.name):
        own = own.parent
    return f"{own.parent.name}/{own.name}" if GENERIC.fullmatch(own.name) else own.name


def _on_disk(text: str, place: Path) -> Path:
    """The folder of the model at `place`."""
    from attncli.models.checkpoint.folders import file_error, model_folder

    if not os.path.isdir(place):
        raise file_error(text, place)
    if place.resolve().name.startswith(MODELS) and os.path.isdir(place / "snapshots"):
        return model_folder(text, _current(place, text))
    try:
        return model_folder(text, place)
    except ResourceError as error:
        if NAME.fullmatch(text) and (cached := [m for m in cached_models() if text in (m, m.rpartition("/")[2])]):
            raise ResourceError(f"{error.message} (it comes before {cached[0]} in the cache)", error.hint) from None
        raise


def _by_name(name: str) -> str:
    """The command that opens the model `name` of the hub."""
    return f"--model {name}" if name in cached_models() else f"{download_command(name)}, then --model {name}"


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
        raise ResourceError(
            f"{name!r} is the name of {len(same)} cached models", f"give a full name: {', '.join(same)}"
        )
    raise ResourceError(
        f"no folder {name!r}, and no model of that name in {str(cache_folder())!r}", _how_to_get(name, models)
    )


def _how_to_get(name: str, models: list[str]) -> str:
    """The command that fetches the model, and the cached models of similar names."""
    command = f"{download_command(name if '/' in name else f'ORG/{name}')} gets it"
    bare = {model.rpartition("/")[2]: model for model in models}
    near = nearest_spellings(name, models if "/" in name else list(bare))
    meant = [bare.get(each, each) for each in near]
    return command + (f"; or did you mean {', '.join(meant)}?" if meant else "")


def _snapshot(name: str) -> Path:
    """The model of the cached `name`, at the commit of its main branch."""
    from attncli.models.checkpoint.folders import model_folder

    return model_folder(name, _current(cache_folder() / f"{MODELS}{name.replace('/', '--')}", name))


def _current(folder: Path, name: str) -> Path:
    """The snapshot of a cached model's main branch."""
    from attncli.models.checkpoint.folders import is_recognised

    missing = f"{download_command(cached_name(folder / 'snapshots') or name)} gets the missing files"
    commit = _branch(folder / "refs" / "main") or _only_snapshot(folder)
    snapshot = folder / "snapshots" / commit
    if not COMMIT.fullmatch(commit) or not os.path.isdir(snapshot):
        raise ResourceError(f"the cached model {name!r} has no snapshot of the commit in its refs/main", missing)
    if not is_recognised(snapshot):
        raise ResourceError(f"the cached model {name!r} is incomplete: it has no config.json", missing)
    return snapshot


def _branch(path: Path) -> str:
    """The commit of a branch; empty if the file does not hold one. A pipe is not waited for."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return file.read(200).decode("ascii").strip() if regular else ""
    except (OSError, ValueError):
        return ""


def _only_snapshot(folder: Path) -> str:
    """The commit of a model that was fetched by its commit, so that no branch names it; empty if there are several."""
    commits = [entry.name for entry in _entries(folder / "snapshots")]
    return commits[0] if len(commits) == 1 else ""


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
