"""A model's config.json: its sizes, checked, and the family that its model_type names."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from attncli.errors import ResourceError, quoted
from attncli.files.json_files import read_object
from attncli.models.checkpoint.folders import static_error
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


#: Keys that stand for weights that are no plain numbers.
QUANTISED = ("quantization_config", "quantization", "compression_config")
#: Keys of any config that change the computation and are not supported, with what they stand for.
UNSUPPORTED: Mapping[str, str] = {
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), "a mixture of experts"),
    **dict.fromkeys(("alibi", "use_alibi"), "ALiBi positions"),
    "attention_sinks": "attention sinks",
    "attn_logit_softcapping": "capped attention scores",
    "per_layer_config": "a config of its own for each layer",
    "pruned_heads": "a model with heads taken out",
}
MOST = 2**40  # no size of a model is as large


def read_config(folder: Path) -> Config:
    """config.json of the folder, of a family that is supported, with plain numbers as weights, by the family's names.

    Raises:
        ResourceError: no such file, no JSON object, an unknown family, quantised weights, a computation that no family
            here does, or two names for one size that do not agree.
    """
    config = read_object(folder / "config.json")
    if config.get("model_type") == "model2vec":
        raise static_error(folder)
    return accepted(config)


def accepted(config: Config) -> Config:
    """The config by its family's own names, once it is known to ask for nothing that no family here does.

    Raises:
        ResourceError: as `read_config`.
    """
    named = config.get("model_type")
    if not isinstance(named, str) or named not in FAMILIES:
        unsupported = f"models of type {quoted(named)} are not supported"
        found = "config.json names no model_type" if named is None else unsupported
        raise ResourceError(f"{found}: {', '.join(FAMILIES)} are")
    for key in QUANTISED:
        if config.get(key):
            raise ResourceError(
                f"config.json has a {key}, and quantised weights are not supported: F32, F16 and BF16 are",
                "take the checkpoint it was made from",
            )
    for key, meaning in UNSUPPORTED.items():
        if config.get(key):
            raise ResourceError(f"config.json has {key}, and {meaning} is not supported: dense models are")
    return _by_own_names(config, family_of(config).ALIASES)


def _by_own_names(config: Config, aliases: Mapping[str, str]) -> dict[str, Any]:
    """The config with each size under the family's own name, where it has the one that other families use."""
    renamed = {aliases.get(key, key): value for key, value in config.items() if key not in aliases or value is not None}
    for alias, own in aliases.items():
        if config.get(alias) is not None and config[alias] != config.get(own, config[alias]):
            both = f"{own} {quoted(config[own])} and {alias} {quoted(config[alias])}"
            raise ResourceError(f"config.json has {both}, which are two names for one size")
    return renamed


def family_of(config: Config) -> Family:
    """The module of the family; imported here, so that one family does not pay for the others."""
    return cast(Family, import_module(f"attncli.models.families.{FAMILIES[config['model_type']]}"))


def listed(text: str) -> frozenset[str]:
    """The names in the text, blanks between them."""
    return frozenset(text.split())


def size(config: Config, name: str, default: int | None = None) -> int:
    """The positive integer that config.json has under `name`.

    Raises:
        ResourceError: it has none, or something else; the message quotes what was found.
    """
    found = config.get(name, default)
    if type(found) is not int or not 1 <= found < MOST:
        raise ResourceError(f"{name} in config.json is {_quoted(config, name)}; needed is a positive integer")
    return found


def rows_said(config: Config, name: str) -> int | None:
    """How many rows a table has by config.json, None where it does not say."""
    return None if config.get(name) is None else size(config, name)


def epsilon(config: Config, name: str, default: float) -> float:
    """The ε of a norm that config.json has under `name`; ResourceError for what is not between 0 and 1."""
    found = config.get(name, default)
    if type(found) not in (int, float) or not 0 < found < 1:
        raise ResourceError(f"{name} in config.json is {_quoted(config, name)}; needed is a number between 0 and 1")
    return float(found)


def switch(config: Config, name: str, default: bool) -> bool:
    """Whether config.json turns `name` on; null turns it off. ResourceError for what is neither true nor false."""
    found = config.get(name, default)
    if found is not None and (type(found) not in (bool, int) or found not in (0, 1)):
        raise ResourceError(f"{name} in config.json is {_quoted(config, name)}; needed is true or false")
    return bool(found)


def head_size(config: Config, d_model: str, n_head: str) -> int:
    """d_k where the config leaves it to the division of d_model by n_head, both under the names they have there."""
    width, heads = size(config, d_model), size(config, n_head)
    if width % heads:
        raise ResourceError(f"{d_model} {width} in config.json is no multiple of {n_head} {heads}")
    return width // heads


def _quoted(config: Config, name: str) -> str:
    return quoted(config[name]) if name in config else "missing"
