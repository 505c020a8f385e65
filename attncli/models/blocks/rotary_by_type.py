"""A rotation for each type of layer, by the objects that a config has for them: one for windows, one for all keys."""

from collections.abc import Collection, Mapping
from typing import Any

from attncli.errors import ResourceError, quoted
from attncli.models.blocks.rotary import KEYS, Rotary, rotary_of
from attncli.models.checkpoint.config import Config

FULL, SLIDING = "full_attention", "sliding_attention"


def read_rotaries(
    config: Config,
    d_k: int,
    positions: int,
    bases: Mapping[str, tuple[str, float]],
    scaled: Collection[str] = (FULL,),
) -> dict[str, Rotary]:
    """The rotation of each type of layer, by `rope_parameters`, and `rope_scaling` for those in `scaled`.

    bases: the types, with the key that holds the base of each in older configs, and its default.

    Raises:
        ResourceError: as of `rotary.read_rotary`; `rope_parameters` that are not by type.
    """
    given, scaling = config.nested("rope_parameters"), config.nested("rope_scaling")
    if given is not None and not given.values.keys() <= bases.keys():
        raise config.error("rope_parameters", f"an object for each of {', '.join(bases)}")
    found = {}
    for kind, (key, default) in bases.items():
        own = _read_own(given, kind) | (_read_all(scaling) if kind in scaled else {})
        found[kind] = rotary_of({"rope_theta": config.get(key, default), **own}, d_k, positions, base=default)
    return found


def _read_own(given: Config | None, kind: str) -> dict[str, Any]:
    """The keys of a type's own object; without one no scaling."""
    own = given.nested(kind) if given is not None else None
    return {"rope_type": "default"} if own is None else _read_all(own)


def _read_all(own: Config | None) -> dict[str, Any]:
    if own is None:
        return {}
    own.honoured |= KEYS
    if any(isinstance(value, Mapping) for value in own.values.values()):
        raise ResourceError(
            f"rotary scaling in config.json: expected one object for all layers, got {quoted(own.values)}"
        )
    return own.values
