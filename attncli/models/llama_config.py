"""What the config.json of Llama, Mistral, Qwen2 and Qwen3 says of their blocks, all of it read and checked at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attncli.errors import ResourceError
from attncli.masks import Window
from attncli.models.activations import Activation, activation_named
from attncli.models.config import head_size, positive, size
from attncli.models.decoder_layers import refuse_unsupported
from attncli.models.family import Config, ModelShape
from attncli.models.rotary import Rotary, rotary_of

#: What the config of each model means by leaving a key out.
QWEN = {"max_position_embeddings": 32_768, "num_key_value_heads": 32, "sliding_window": 4096, "max_window_layers": 28}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "llama": {"max_position_embeddings": 2048},
    "mistral": {"max_position_embeddings": 131_072, "num_key_value_heads": 8, "sliding_window": 4096},
    "qwen2": QWEN,
    "qwen3": {**QWEN, "head_dim": 128},
}
#: The names that a config has for a block's attention, and whether it has a window.
LAYER_TYPES = {"full_attention": False, "sliding_attention": True}


@dataclass(frozen=True)
class LlamaConfig:
    """Every number of the blocks.

    eps: the RMS norms' ε; windows: of each block, None for all keys; biased: the linear layers that must have a bias
    (q, k, v, o, gate, up, down); head_norms: whether queries and keys have an RMS norm each.
    """

    shape: ModelShape
    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    windows: tuple[Window | None, ...]
    biased: frozenset[str]
    head_norms: bool


def read(config: Config) -> LlamaConfig:
    """What the config says.

    Raises:
        ResourceError: it lacks a size, or asks for what is not supported.
    """
    refuse_unsupported(config)
    config = {**DEFAULTS[config["model_type"]], **config}
    d_k = _head_size(config)
    rotary = rotary_of(config, d_k)
    return LlamaConfig(
        shape=_shape(config, d_k, rotary.reach),
        d_ff=size(config, "intermediate_size"),
        eps=positive(config, "rms_norm_eps", 1e-6),
        activation=activation_named(config.get("hidden_act", "silu")),
        rotary=rotary,
        windows=tuple(_window(config, number) for number in range(size(config, "num_hidden_layers"))),
        biased=_biased(config),
        head_norms=config["model_type"] == "qwen3",
    )


def _head_size(config: Config) -> int:
    if config.get("head_dim") is None:
        return head_size(config, "hidden_size", "num_attention_heads")
    return size(config, "head_dim")


def _shape(config: Config, d_k: int, positions: int) -> ModelShape:
    n_layer, n_head = size(config, "num_hidden_layers"), size(config, "num_attention_heads")
    n_kv_head = n_head if config.get("num_key_value_heads") is None else size(config, "num_key_value_heads")
    if n_head % n_kv_head:
        raise ResourceError(
            f"in config.json num_attention_heads {n_head} is no multiple of num_key_value_heads {n_kv_head}"
        )
    return ModelShape(n_layer, n_head, n_kv_head, size(config, "hidden_size"), d_k, positions, causal=True)


def _window(config: Config, number: int) -> Window | None:
    """The keys that block `number` sees: a window of W counts the token itself (Jiang et al. 2023, section 2)."""
    if not _slides(config, number) or config.get("sliding_window") is None:
        return None
    return size(config, "sliding_window") - 1, 0


def _slides(config: Config, number: int) -> bool:
    """Whether block `number` has a window: Mistral's all have, Qwen's those of the config, if it turns them on."""
    if not config["model_type"].startswith("qwen"):
        return bool(config["model_type"] == "mistral")
    types = config.get("layer_types")
    slides = number >= _first_window(config) if types is None else LAYER_TYPES[_layer_type(types, number)]
    return slides and bool(config.get("use_sliding_window"))


def _first_window(config: Config) -> int:
    return 0 if config["max_window_layers"] == 0 else size(config, "max_window_layers")


def _layer_type(types: object, number: int) -> str:
    name = types[number] if isinstance(types, list) and number < len(types) else None
    if not isinstance(name, str) or name not in LAYER_TYPES:
        raise ResourceError(
            f"layer_types in config.json has {name!r} for layer {number}; supported: {', '.join(LAYER_TYPES)}"
        )
    return name


def _biased(config: Config) -> frozenset[str]:
    """The linear layers that must have a bias. Mistral's have none; Qwen2's q, k and v have one whatever is said."""
    attention = config["model_type"] in ("llama", "qwen3") and config.get("attention_bias")
    own = "qkv" if config["model_type"] == "qwen2" else "qkvo" if attention else ""
    return frozenset(own) | (frozenset(("gate", "up", "down")) if config.get("mlp_bias") else frozenset())
