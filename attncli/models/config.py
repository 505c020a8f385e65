"""A model's config.json: its sizes, checked, and the family that its model_type names."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from attncli.checkpoint.files import read_object
from attncli.errors import ResourceError
from attncli.models.family import Config, Family

#: model_type → the module that has its blocks.
FAMILIES: Mapping[str, str] = {
    "bert": "bert",
    "roberta": "bert",
    "xlm-roberta": "bert",
    "camembert": "bert",
    "electra": "bert",
    "distilbert": "distilbert",
    "gpt2": "gpt2",
    "llama": "llama",
    "mistral": "llama",
    "qwen2": "llama",
    "qwen3": "llama",
}


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of the folder, of a family that is supported and with plain numbers as weights.

    Raises:
        ResourceError: no such file, no JSON object, an unknown family, quantised weights.
    """
    config = read_object(folder / "config.json")
    named = config.get("model_type")
    if not isinstance(named, str) or named not in FAMILIES:
        found = "config.json names no model_type" if named is None else f"models of type {named!r} are not supported"
        raise ResourceError(f"{found}: {', '.join(FAMILIES)} are")
    if config.get("quantization_config"):
        raise ResourceError(
            "config.json has a quantization_config, and quantised weights are not supported: F32, F16 and BF16 are",
            "take the checkpoint it was made from",
        )
    return config


def family_of(config: Config) -> Family:
    """The module of the family; imported here, so that one family does not pay for the others."""
    return cast(Family, import_module(f"attncli.models.{FAMILIES[config['model_type']]}"))


def size(config: Config, name: str, default: int | None = None) -> int:
    """The positive integer that config.json has under `name`.

    Raises:
        ResourceError: it has none, or something else; the message quotes what was found.
    """
    found = config.get(name, default)
    if type(found) is not int or found < 1:
        raise ResourceError(f"{name} in config.json is {_quoted(config, name)}; needed is a positive integer")
    return found


def positive(config: Config, name: str, default: float | None = None) -> float:
    """The positive finite number that config.json has under `name`; ResourceError where it has none."""
    found = config.get(name, default)
    if type(found) not in (int, float) or not 0 < found < 1e300:
        raise ResourceError(f"{name} in config.json is {_quoted(config, name)}; needed is a positive number")
    return float(found)


def head_size(config: Config, d_model: str, n_head: str) -> int:
    """d_k where the config leaves it to the division of d_model by n_head, both under the names they have there."""
    width, heads = size(config, d_model), size(config, n_head)
    if width % heads:
        raise ResourceError(f"{d_model} {width} in config.json is no multiple of {n_head} {heads}")
    return width // heads


def _quoted(config: Config, name: str) -> str:
    text = repr(config[name]) if name in config else "missing"
    return text if len(text) <= 60 else f"{text[:60]}…"
