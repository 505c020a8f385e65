"""The known family that is nearest to a model of an unknown type, by the names of its arrays."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import HEADS, Names, safetensors_paths
from attncli.models.families import FAMILIES, family_of, read_family
from attncli.models.family import Family

LEAST = 0.3  # the share of names in common from which a family counts as near
LAYERS, SIZE = 24, 64  # of a config that says nothing


def unknown_type(model_type: str, folder: Path) -> ResourceError:
    """The error for a model_type that no family has, with the nearest family."""
    near = nearest_family(array_names(folder))
    known = "its arrays have the names of no family that attn reads"
    if near is not None:
        known = f"by the names of its arrays it is nearest to {near}, as which it would give wrong numbers"
    reason = f"model_type in config.json: {quoted(model_type)} is not supported; {known}"
    return ResourceError(reason, f"supported are {', '.join(sorted(FAMILIES))}")


def nearest_family(names: Iterable[str]) -> str | None:
    """The model_type whose arrays have most names in common with these; None where none has many.

    Of kin whose names are the same, the first is named.
    """
    given, shares = frozenset(names), dict[str, float]()
    for model_type, (family, own) in typical_names().items():
        found = frozenset(_plain(each) for each in _bare(given, family.names))
        shares[model_type] = len(own & found) / len(own | found)
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= LEAST else None


def typical_names() -> Mapping[str, tuple[Family, frozenset[str]]]:
    """The family of each model_type, with the names of its arrays, the numbers of blocks left out."""
    return _typical_names(tuple(FAMILIES))


@lru_cache(maxsize=1)
def _typical_names(model_types: tuple[str, ...]) -> Mapping[str, tuple[Family, frozenset[str]]]:
    found: dict[str, tuple[Family, frozenset[str]]] = {}
    for model_type in model_types:
        with suppress(ResourceError):  # of a type that has no defaults, kin have
            family = read_family(_Sizes({"model_type": model_type, **family_of(model_type).typical}))
            found[model_type] = family, frozenset(_plain(name) for name, _ in family.arrays())
    return found


def array_names(folder: Path) -> Iterator[str]:
    """The names of the arrays of a folder; none where its files cannot be read."""
    from attncli.files.safetensors_file import SafetensorsFile

    try:
        for path in safetensors_paths(folder):
            yield from SafetensorsFile(path).arrays
    except ResourceError:
        return


class _Sizes(Config):
    """A config that says nothing but the type: every size has its default, or else the same number."""

    def size(self, name: str, default: int | None = None) -> int:
        """The default, or the same number for every size."""
        self.get(name)
        return default or (LAYERS if "layer" in name else SIZE)

    def head_size(self, d_model: str, n_head: str) -> int:
        """The dimensions of a head."""
        return SIZE


def _bare(names: Iterable[str], family: Names) -> Iterator[str]:
    """The names without prefixes, buffers and heads."""
    for name in map(family.bare, names):
        if not name.startswith((*HEADS, *family.heads)) and not family.is_buffer(name):
            yield name


def _plain(name: str) -> str:
    """A name without the numbers of blocks and experts."""
    return re.sub(r"(?<![^.])\d+(?![^.])", "#", name)
