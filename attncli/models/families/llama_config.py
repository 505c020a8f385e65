"""What the config.json of Llama, Mistral, Qwen2 and Qwen3 says of their blocks, all of it read and checked at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attncli.attention.masks import Window
from attncli.errors import ResourceError, quoted
from attncli.models.blocks.activations import Activation, activation_named
from attncli.models.blocks.layers import dense_arrays
from attncli.models.blocks.rotary import rotary_of
from attncli.models.checkpoint.config import epsilon, head_size, listed, rows_said, size, switch
from attncli.models.checkpoint.rotary_config import Rotary
from attncli.models.family import Arrays, Config, ModelShape

#: What the config of each model means by leaving a key out.
QWEN = {"max_position_embeddings": 32_768, "num_key_value_heads": 32, "sliding_window": 4096, "max_window_layers": 28}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "llama": {"max_position_embeddings": 2048},
    "mistral": {"max_position_embeddings": 131_072, "num_key_value_heads": 8, "sliding_window": 4096},
    "qwen2": QWEN,
    "qwen3": {**QWEN, "head_dim": 128},
}
TIED = {"embed_tokens.weight": ("lm_head.weight",)}
#: The keys that all of them honour, or that change nothing in any of them, and those that each has besides.
KEYS = listed(
    """hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim hidden_act
    rms_norm_eps max_position_embeddings original_max_position_embeddings rope_theta rope_scaling rope_parameters
    partial_rotary_factor is_causal is_decoder add_cross_attention max_window_layers"""
)
OWN_KEYS: Mapping[str, frozenset[str]] = {
    "llama": frozenset({"attention_bias", "mlp_bias"}),
    "mistral": frozenset({"sliding_window", "layer_types"}),
    "qwen2": frozenset({"use_sliding_window", "sliding_window", "layer_types", "attention_bias"}),
    "qwen3": frozenset({"use_sliding_window", "sliding_window", "layer_types", "attention_bias"}),
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
    config = {**DEFAULTS[config["model_type"]], **config}
    d_k, types = _head_size(config), _layer_types(config)
    rotary = rotary_of(config, d_k)
    return LlamaConfig(
        shape=_shape(config, d_k, rotary.reach),
        d_ff=size(config, "intermediate_size"),
        eps=epsilon(config, "rms_norm_eps", 1e-6),
        activation=activation_named(config.get("hidden_act", "silu")),
        rotary=rotary,
        windows=tuple(_window(config, types, number) for number in range(size(config, "num_hidden_layers"))),
        biased=_biased(config),
        head_norms=config["model_type"] == "qwen3",
    )


def keys(config: Config) -> frozenset[str]:
    """The keys that it honours, or that change nothing here; a rotation's own keys are named as in `rope_scaling.x`."""
    return KEYS | OWN_KEYS[config["model_type"]]


def ties(config: Config) -> bool:
    """Whether the embedding is the output layer too: if the config says so."""
    return switch(config, "tie_word_embeddings", False)


def arrays(config: Config) -> Arrays:
    """Every array with its shape, block by block."""
    config = {**DEFAULTS[config["model_type"]], **config}
    d_model = size(config, "hidden_size")
    yield "embed_tokens.weight", (rows_said(config, "vocab_size"), d_model)
    for number in range(size(config, "num_hidden_layers")):
        yield from _block_arrays(config, f"layers.{number}")
    yield "norm.weight", (d_model,)


def _block_arrays(config: Config, name: str) -> Arrays:
    d_model, d_ff, d_k = size(config, "hidden_size"), size(config, "intermediate_size"), _head_size(config)
    n_head, n_kv_head = _head_counts(config)
    biased = _biased(config)
    inner = {"q": (d_model, n_head * d_k), "k": (d_model, n_kv_head * d_k), "v": (d_model, n_kv_head * d_k)}
    attention = inner | {"o": (n_head * d_k, d_model)}
    mlp = {"gate": (d_model, d_ff), "up": (d_model, d_ff), "down": (d_ff, d_model)}
    for part, sizes in {"self_attn": attention, "mlp": mlp}.items():
        for layer, shape in sizes.items():
            yield from dense_arrays({f"{name}.{part}.{layer}_proj": shape}, layer in biased)
    yield from ((f"{name}.{norm}_layernorm.weight", (d_model,)) for norm in ("input", "post_attention"))
    if config["model_type"] == "qwen3":
        yield from ((f"{name}.self_attn.{part}_norm.weight", (d_k,)) for part in "qk")


def _head_size(config: Config) -> int:
    if config.get("head_dim") is None:
        return head_size(config, "hidden_size", "num_attention_heads")
    return size(config, "head_dim")


def _shape(config: Config, d_k: int, positions: int) -> ModelShape:
    n_layer, (n_head, n_kv_head) = size(config, "num_hidden_layers"), _head_counts(config)
    causal = switch(config, "is_causal", True)
    return ModelShape(n_layer, n_head, n_kv_head, size(config, "hidden_size"), d_k, positions, causal)


def _head_counts(config: Config) -> tuple[int, int]:
    n_head = size(config, "num_attention_heads")
    n_kv_head = n_head if config.get("num_key_value_heads") is None else size(config, "num_key_value_heads")
    if n_head % n_kv_head:
        raise ResourceError(
            f"in config.json num_attention_heads {n_head} is no multiple of num_key_value_heads {n_kv_head}"
        )
    return n_head, n_kv_head


def _window(config: Config, types: list[str] | None, number: int) -> Window | None:
    """The keys that block `number` sees: a window of W counts the token itself (Jiang et al. 2023, section 2).

    Without a causal mask it is W to each side, the token not counted: so transformers has it.
    """
    if not _slides(config, types, number):
        return None
    width = size(config, "sliding_window")
    return (width - 1, 0) if switch(config, "is_causal", True) else (width, width)


def _slides(config: Config, types: list[str] | None, number: int) -> bool:
    """Whether block `number` has a window: by layer_types, else all of Mistral's and the last of Qwen's."""
    can = _has_windows(config)
    if types is None:
        return can and (config["model_type"] == "mistral" or number >= _first_window(config))
    slides = LAYER_TYPES[types[number]]
    if slides and not can:
        raise ResourceError("layer_types in config.json has sliding_attention, and sliding_window has no length")
    return slides


def _has_windows(config: Config) -> bool:
    """Whether the config turns windows on: Qwen's has a switch."""
    if config["model_type"] == "llama":
        return False
    on = config["model_type"] == "mistral" or switch(config, "use_sliding_window", False)
    return on and config.get("sliding_window") is not None


def _first_window(config: Config) -> int:
    return 0 if config["max_window_layers"] == 0 else size(config, "max_window_layers")


def _layer_types(config: Config) -> list[str] | None:
    """The name of every block's attention; None where the config does not say, and for Llama, which does not ask."""
    types = config.get("layer_types")
    if types is None or config["model_type"] == "llama":
        return None
    n_layer = size(config, "num_hidden_layers")
    if not isinstance(types, list) or len(types) != n_layer:
        raise ResourceError(f"layer_types in config.json is {quoted(types)}; needed is a list of {n_layer:,} names")
    for name in types:
        if not isinstance(name, str) or name not in LAYER_TYPES:
            raise ResourceError(f"layer_types in config.json has {quoted(name)}; supported: {', '.join(LAYER_TYPES)}")
    return types


def _biased(config: Config) -> frozenset[str]:
    """The linear layers that have a bias. Mistral's have none; Qwen2's q, k and v have one whatever is said."""
    kind = config["model_type"]
    attention = kind in ("llama", "qwen3") and switch(config, "attention_bias", False)
    own = "qkv" if kind == "qwen2" else "qkvo" if attention else ""
    mlp = kind == "llama" and switch(config, "mlp_bias", False)
    return frozenset(own) | (frozenset(("gate", "up", "down")) if mlp else frozenset())
