"""The models that are there by name: listing them with their faults, telling about one, removing one."""

import os
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attncli.errors import AttnError, ResourceError, UsageError
from attncli.extras import package, uninstall_command
from attncli.files.json_files import read_object
from attncli.files.safetensors_file import DTYPES
from attncli.models.checkpoint.card import licence_of, special_tokens
from attncli.models.checkpoint.finding import find_model, find_named, path_of
from attncli.models.checkpoint.places import GGUF, Found, found_models
from attncli.models.model import Model, open_model

SHOW_ALL = "attn models list lists the models"


@dataclass(frozen=True)
class Listed:
    """A model that `name` opens: its place, its folder or file, its bytes on the disk, and the model or its fault.

    family: the model_type of its config.json, also where attn does not read it; None where it cannot be told.
    """

    name: str
    place: str
    path: Path
    size: int
    family: str | None
    model: Model | None
    fault: str | None = None

    @property
    def licence(self) -> str | None:
        """The licence that its card names."""
        return licence_of(self.path)

    @property
    def special(self) -> list[str]:
        """Its special tokens, as its files name them, else those that are added to a text."""
        named = special_tokens(self.path)
        added = () if named or self.model is None else self.model.read("a").tokens
        return named or list(dict.fromkeys(each.piece for each in added if each.special))


def listed() -> Iterator[Listed]:
    """Every model that a name opens, in the order in which names are looked for. An unreadable one has its fault.

    Models of one package have their paths for names.
    """
    models = list(found_models())
    first = {found.name: found for found in reversed(models)}
    counts = Counter(found.name for found in models if found.place == "package")
    for found in models:
        if found.place == first[found.name].place:
            yield _listed(found._replace(name=str(found.path)) if counts[found.name] > 1 else found)


def about(name: str) -> Listed:
    """The model that a name or path opens. Raises ResourceError if it cannot be opened."""
    found = None if os.path.lexists(os.path.expanduser(name)) else find_named(name)
    path = find_model(name) if found is None else path_of(found)
    model = open_model(path)
    place, whole = ("disk", path) if found is None else (found.place, found.path)
    return Listed(name if found is None else found.name, place, path, size_of(whole), model.family, model)


def remove(name: str) -> int:
    """Remove the model that `name` opens, at once as far as others can see. Returns the bytes that were freed.

    Raises UsageError for a model of a package, ResourceError if there is none of this name.
    """
    found = find_named(name)
    if found is None:
        raise ResourceError(f"no model has the name {name!r}", SHOW_ALL)
    if found.place == "package":
        raise UsageError(f"{name!r} belongs to an installed package", uninstall_command(found.name))
    size = size_of(found.path)
    if found.path.is_symlink() or found.path.is_file():
        found.path.unlink()
        return size
    aside = found.path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        os.rename(found.path, aside)
    except FileNotFoundError as error:  # another removal was quicker
        raise ResourceError(f"no model has the name {name!r}", SHOW_ALL) from error
    shutil.rmtree(aside, ignore_errors=True)
    return size


def size_of(path: Path) -> int:
    """The bytes of a file, or of the files in a folder, one that several names lead to once."""
    if path.is_file():
        return path.stat().st_size
    files: dict[tuple[int, int], int] = {}
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                found = os.stat(os.path.join(folder, name))
            except OSError:  # a link to a file that is not there
                continue
            if stat.S_ISREG(found.st_mode):
                files[found.st_dev, found.st_ino] = found.st_size
    return sum(files.values())


def _listed(found: Found) -> Listed:
    size, path = size_of(found.path), found.path
    try:
        path = path_of(found)
        model = open_model(path)
        if path.is_file() and not {*model.dtypes} <= {*DTYPES}:
            package("gguf", "a quantised GGUF file")
    except (AttnError, OSError) as error:
        return Listed(found.name, found.place, path, size, _family(path), None, str(error))
    return Listed(found.name, found.place, path, size, model.family, model)


def _family(path: Path) -> str | None:
    """The model_type of a config.json, if it can be read."""
    try:
        found = None if path.suffix == GGUF else read_object(path / "config.json").get("model_type")
    except ResourceError:
        return None
    return found if isinstance(found, str) else None
