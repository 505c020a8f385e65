"""The families of models: a file each, and one row here for each model_type that config.json may name."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import Config, refuse_quantised, refuse_unsupported
from attncli.models.family import Family

#: model_type → the file of its family, whose `FAMILY` is the class.
FAMILIES: Mapping[str, str] = {
    "bert": "bert",
    "bloom": "bloom",
    "cohere": "cohere",
    "roberta": "bert",
    "xlm-roberta": "bert",
    "camembert": "bert",
    "electra": "bert",
    "xlm-roberta-xl": "xlm_roberta_xl",
    "distilbert": "distilbert",
    "mpnet": "mpnet",
    "albert": "albert",
    "modernbert": "modernbert",
    "nomic_bert": "nomic_bert",
    "deberta": "deberta",
    "deberta-v2": "deberta_v2",
    "falcon": "falcon",
    "gpt2": "gpt2",
    "gpt_neo": "gpt_neo",
    "encoder-decoder": "bert2bert",
    **dict.fromkeys(("t5", "mt5", "umt5"), "t5"),
    **dict.fromkeys(("bart", "mbart", "blenderbot", "blenderbot-small"), "bart"),
    **dict.fromkeys(("marian", "pegasus", "m2m_100"), "marian"),
    "gpt_neox": "gpt_neox",
    "gptj": "gptj",
    "llama": "llama",
    "mistral": "llama",
    "opt": "opt",
    "phi": "phi",
    "qwen2": "llama",
    "qwen3": "llama",
    "stablelm": "stablelm",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3_text": "gemma3",
    "gemma3": "gemma3",
    "phi3": "phi3",
    "olmo": "olmo",
    "olmo2": "olmo2",
    "starcoder2": "starcoder2",
    "smollm3": "smollm3",
    "granite": "granite",
    "mixtral": "mixtral",
    "qwen3_moe": "qwen_moe",
    "qwen2_moe": "qwen_moe",
    "olmoe": "olmoe",
}


def read_family(config: Config) -> Family:
    """The family that model_type names, with the numbers of the config. No other family is imported.

    Raises:
        ResourceError: an unknown model_type, quantised weights, two values for one size, a size that is missing, or a
            computation that the family does not do.
    """
    refuse_quantised(config)
    family = family_of(config.get("model_type"))
    config.rename(family.aliases)
    read = family.read(config)
    refuse_unsupported(config)
    return read


def family_of(model_type: object) -> type[Family]:
    """The class of the family that a model_type names; ResourceError for an unknown one."""
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        got = "no such key" if model_type is None else quoted(model_type)
        raise ResourceError(f"model_type in config.json: expected one of {', '.join(FAMILIES)}, got {got}")
    return cast(type[Family], import_module(f"{__name__}.{FAMILIES[model_type]}").FAMILY)
