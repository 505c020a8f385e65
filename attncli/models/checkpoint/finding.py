"""The folder or file of a model: a named one, or one in a place where names are looked for. Nothing is downloaded."""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from attncli.errors import ResourceError
from attncli.files.fetching import MODELS, cached_name, package_command, pull_command
from attncli.models.checkpoint.places import (
    PLACES,
    Found,
    cache_folder,
    cached,
    found_models,
    matching,
    own_folder,
    package_of,
    plain,
)
from attncli.text.spelling import nearest_spellings

NAME = re.compile(r"(?:[\w-][\w.-]*/)?[\w-][\w.-]*", re.ASCII)  # org/name or name; neither starts with a dot
GENERIC = re.compile(r"model|final|checkpoint(?:-\d+)?|output|best")  # names of folders that do not name the model
PART = re.compile(r"0_\w+", re.ASCII)  # the first module of sentence-transformers, in the folder that has the name
#: Models of one word, as the hub knew them first → their names.
OLD = {
    **{name: f"openai-community/{name}" for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")},
    **{name: f"google-bert/{name}" for name in ("bert-base-uncased", "bert-base-cased", "bert-large-uncased")},
    **{name: f"distilbert/{name}" for name in ("distilbert-base-uncased", "distilgpt2", "distilroberta-base")},
    **{name: f"FacebookAI/{name}" for name in ("roberta-base", "roberta-large", "xlm-roberta-base")},
    **{name: f"google-t5/{name}" for name in ("t5-small", "t5-base")},
}
ADDRESS = re.compile(r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)((?:[\w.-]+/)?[\w.-]+)", re.ASCII)
FEWEST, MOST_NEAR = 3, 3  # characters that begin a name, to be taken for a part of it; names that are suggested
COMMIT = re.compile(r"[\w-][\w.-]*", re.ASCII)


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model, or its file if it is a GGUF file.

    A file or folder of that name comes first. Otherwise `org/name`, or `name` if just one model has it, is looked for
    in the Hugging Face cache, then in `models` of attn's own folder, then among installed packages that ship a model.

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
    if found := find_named(text):
        return path_of(found)
    where = f"in {str(cache_folder())!r}, in {str(own_folder())!r} or in an installed package"
    raise ResourceError(f"no folder {text!r}, and no model of that name {where}", _how_to_get(text))


def find_named(name: str) -> Found | None:
    """The model that a name means, in the first place that has one; ResourceError for several, None for none."""
    for place, models in PLACES.items():
        found = matching(plain(name) if place == "package" else name, models())
        if len(found) > 1:
            raise _several(name, found)
        if found:
            return found[0]
    return None


def path_of(found: Found) -> Path:
    """The folder or file of a model that was found by its name; a cached one at the commit of its main branch."""
    if found.place != "cache":
        return _on_disk(str(found.path), found.path)
    from attncli.models.checkpoint.folders import model_folder

    return model_folder(found.name, _snapshot(found.path, found.name))


def name_of(folder: Path) -> str:
    """`org/name` of a folder in a Hugging Face cache, the name of the package it is in, else the folder's own name."""
    if known := cached_name(folder) or package_of(folder):
        return known
    own = folder.resolve()
    if PART.fullmatch(own.name):
        own = own.parent
    return f"{own.parent.name}/{own.name}" if GENERIC.fullmatch(own.name) else own.name


def _on_disk(text: str, place: Path) -> Path:
    """The folder of the model at `place`."""
    from attncli.models.checkpoint.folders import file_error, model_folder

    if not os.path.isdir(place):
        from attncli.files.gguf_file import is_gguf  # few models are a file

        if is_gguf(place):
            return place
        raise file_error(text, place)
    if place.resolve().name.startswith(MODELS) and os.path.isdir(place / "snapshots"):
        return model_folder(text, _snapshot(place, text))
    try:
        return model_folder(text, place)
    except ResourceError as error:
        if NAME.fullmatch(text) and (hidden := matching(text, cached())):
            raise ResourceError(
                f"{error.message} (it comes before {hidden[0].name} in the cache)", error.hint
            ) from None
        raise


def _by_name(name: str) -> str:
    """The command that opens the model `name` of the hub."""
    there = any(each.name == name for each in cached())
    return f"--model {name}" if there else f"{pull_command(name)}, then --model {name}"


def _several(name: str, found: Sequence[Found]) -> ResourceError:
    """The error for a name of several models in one place."""
    where = {"cache": "cached models", "home": "models in $ATTN_HOME/models", "package": "models of a package"}
    full = (
        [each.name for each in found] if len({each.name for each in found}) > 1 else [str(each.path) for each in found]
    )
    return ResourceError(
        f"{name!r} is the name of {len(found)} {where[found[0].place]}", f"give a full name: {', '.join(full)}"
    )


def _how_to_get(name: str) -> str:
    """The command that fetches the model, and the models of similar names that are there."""
    command = package_command(name) or f"{pull_command(OLD.get(name, name if '/' in name else f'ORG/{name}'))} gets it"
    meant = _near(name, [each.name for each in found_models()])
    return command + (f"; or did you mean {', '.join(meant)}?" if meant else "")


def _near(name: str, known: Sequence[str]) -> list[str]:
    """The names of models that have this one from the beginning or a hyphen on, then those spelt most like it."""
    bare = {each.rpartition("/")[2]: each for each in known}
    listed = [each for each in known if "/" in each] if "/" in name else list(bare)
    part = f"-{plain(name)}"
    longer = [each for each in listed if len(part) > FEWEST and part in f"-{plain(each)}"]
    near = dict.fromkeys([*sorted(longer, key=len), *nearest_spellings(name, listed)])
    return [bare.get(each, each) for each in near][:MOST_NEAR]


def _snapshot(folder: Path, name: str) -> Path:
    """The snapshot of a cached model's main branch."""
    from attncli.models.checkpoint.folders import is_recognised

    missing = f"{pull_command(cached_name(folder / 'snapshots') or name)} gets the missing files"
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
