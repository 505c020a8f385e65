"""GPT-2 (Radford et al. 2019, section 2.3): learned positions, and a layer norm before each half of a block.

Its linear layers keep their weights as `[d_in, d_out]`, the other way round than every other family.
"""

import math

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.activations import activation_named
from attncli.models.blocks.layers import embedding, feed_forward, join_heads, linear, normed, norms, split_heads, take
from attncli.models.checkpoint.config import epsilon, head_size, listed, rows_said, size, switch
from attncli.models.family import Arrays, Config, ModelLayer, ModelShape, Tensors

LAYERS = "n_layer"
ALIASES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}
TIED = {"wte.weight": ("lm_head.weight",)}
KEYS = listed(
    """n_embd n_positions n_head n_layer n_inner activation_function layer_norm_epsilon scale_attn_weights
    scale_attn_by_inverse_layer_idx is_causal is_decoder add_cross_attention"""
)


def keys(config: Config) -> frozenset[str]:
    """The keys that it honours; of cross-attention only what it does without another text, which is nothing."""
    return KEYS


def ties(config: Config) -> bool:
    """Whether the embedding is the output layer too: unless the config says no."""
    return switch(config, "tie_word_embeddings", True)


def shape(config: Config) -> ModelShape:
    """Its sizes; ResourceError for a config that lacks one or asks for what is not supported."""
    n_head, d_k = size(config, "n_head"), head_size(config, "n_embd", "n_head")
    positions, causal = size(config, "n_positions", 1024), switch(config, "is_causal", True)
    return ModelShape(size(config, "n_layer"), n_head, n_head, n_head * d_k, d_k, positions, causal)


def arrays(config: Config) -> Arrays:
    """Every array with its shape, block by block."""
    d_model, d_ff = size(config, "n_embd"), _inner_size(config)
    yield "wte.weight", (rows_said(config, "vocab_size"), d_model)
    yield "wpe.weight", (size(config, "n_positions", 1024), d_model)
    for number in range(size(config, "n_layer")):
        name = f"h.{number}"
        sizes = {"attn.c_attn": (d_model, 3 * d_model), "attn.c_proj": (d_model, d_model)}
        for part, (d_in, d_out) in (sizes | {"mlp.c_fc": (d_model, d_ff), "mlp.c_proj": (d_ff, d_model)}).items():
            yield from ((f"{name}.{part}.weight", (d_in, d_out)), (f"{name}.{part}.bias", (d_out,)))
        yield from norms(d_model, f"{name}.ln_1", f"{name}.ln_2")
    yield from norms(d_model, "ln_f")


def embed(config: Config, tensors: Tensors, ids: Array) -> Array:
    """The embedding of each token and of its position, added."""
    d_model = size(config, "n_embd")
    x = embedding(tensors, "wte.weight", ids, d_model)  # [n, d_model]
    return x + embedding(tensors, "wpe.weight", np.arange(len(ids)), d_model)


def layer(config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
    """One block: a = x + Attention(LayerNorm(x)); output = a + FeedForward(LayerNorm(a))."""
    name, n_head, d_model, d_ff = f"h.{number}", size(config, "n_head"), x.shape[-1], _inner_size(config)
    causal = switch(config, "is_causal", True)
    fused = linear(
        _normed(config, tensors, f"{name}.ln_1", x), *_dense(tensors, f"{name}.attn.c_attn", d_model, 3 * d_model)
    )
    q, k, v = (split_heads(part, n_head) for part in np.split(fused, 3, axis=-1))  # [n_head, n, d_k]
    scoring = Scoring(scale=_scale(config, q.shape[-1], number))
    attention = attend(q, k, v, **scoring.arguments, causal=causal)
    mixing, bias = _dense(tensors, f"{name}.attn.c_proj", d_model, d_model)
    a = x + linear(join_heads(attention.context), mixing, bias)  # [n, d_model]
    inner = _dense(tensors, f"{name}.mlp.c_fc", d_model, d_ff)
    outer = _dense(tensors, f"{name}.mlp.c_proj", d_ff, d_model)
    f = activation_named(config.get("activation_function", "gelu_new"))
    output = a + feed_forward(_normed(config, tensors, f"{name}.ln_2", a), inner, outer, f)  # [n, d_model]
    return ModelLayer(q, k, v, attention, mixing.T, output, scoring)


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output after the last layer norm."""
    return _normed(config, tensors, "ln_f", x)


def _inner_size(config: Config) -> int:
    return 4 * size(config, "n_embd") if config.get("n_inner") is None else size(config, "n_inner")


def _normed(config: Config, tensors: Tensors, name: str, x: Array) -> Array:
    return normed(tensors, name, x, epsilon(config, "layer_norm_epsilon", 1e-5))


def _dense(tensors: Tensors, name: str, d_in: int, d_out: int) -> tuple[Array, Array]:
    """The weight, turned round to `[d_out, d_in]`, and the bias `[d_out]` of the linear layer `name`."""
    return take(tensors, f"{name}.weight", d_in, d_out).T, take(tensors, f"{name}.bias", d_out)


def _scale(config: Config, d_k: int, number: int) -> float:
    """What q·k is multiplied with: 1/√d_k unless the config drops it, divided by number + 1 if the config asks."""
    scale = 1 / math.sqrt(d_k) if switch(config, "scale_attn_weights", True) else 1.0
    return scale / (number + 1) if switch(config, "scale_attn_by_inverse_layer_idx", False) else scale
