"""GPT-2 (Radford et al. 2019, section 2.3): learned positions, and a layer norm before each half of a block.

Its linear layers keep their weights as `[d_in, d_out]`, the other way round than every other family.
"""

import math

import numpy as np

from attncli.attention import attend
from attncli.models.activations import activation_named
from attncli.models.config import head_size, positive, size
from attncli.models.decoder_layers import refuse_unsupported
from attncli.models.family import Config, ModelLayer, ModelShape, Tensors
from attncli.models.layers import embedding, feed_forward, join_heads, linear, normed, split_heads, take
from attncli.similarity import Array


def shape(config: Config) -> ModelShape:
    """Its sizes; ResourceError for a config that lacks one or asks for what is not supported."""
    refuse_unsupported(config)
    n_head, d_k = size(config, "n_head"), head_size(config, "n_embd", "n_head")
    positions = size(config, "n_positions", 1024)
    return ModelShape(size(config, "n_layer"), n_head, n_head, n_head * d_k, d_k, positions, causal=True)


def embed(config: Config, tensors: Tensors, ids: Array) -> Array:
    """The embedding of each token and of its position, added."""
    d_model = size(config, "n_embd")
    x = embedding(tensors, "wte.weight", ids, d_model)  # [n, d_model]
    return x + embedding(tensors, "wpe.weight", np.arange(len(ids)), d_model)


def layer(config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
    """One block: a = x + Attention(LayerNorm(x)); output = a + FeedForward(LayerNorm(a))."""
    name, n_head, d_model = f"h.{number}", size(config, "n_head"), x.shape[-1]
    d_ff = 4 * d_model if config.get("n_inner") is None else size(config, "n_inner")
    fused = linear(
        _normed(config, tensors, f"{name}.ln_1", x), *_dense(tensors, f"{name}.attn.c_attn", d_model, 3 * d_model)
    )
    q, k, v = (split_heads(part, n_head) for part in np.split(fused, 3, axis=-1))  # [n_head, n, d_k]
    attention = attend(q, k, v, scale=_scale(config, q.shape[-1], number), causal=True)
    mixing, bias = _dense(tensors, f"{name}.attn.c_proj", d_model, d_model)
    a = x + linear(join_heads(attention.context), mixing, bias)  # [n, d_model]
    inner = _dense(tensors, f"{name}.mlp.c_fc", d_model, d_ff)
    outer = _dense(tensors, f"{name}.mlp.c_proj", d_ff, d_model)
    f = activation_named(config.get("activation_function", "gelu_new"))
    output = a + feed_forward(_normed(config, tensors, f"{name}.ln_2", a), inner, outer, f)  # [n, d_model]
    return ModelLayer(q, k, v, attention, mixing.T, output)


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output after the last layer norm."""
    return _normed(config, tensors, "ln_f", x)


def _normed(config: Config, tensors: Tensors, name: str, x: Array) -> Array:
    return normed(tensors, name, x, positive(config, "layer_norm_epsilon", 1e-5))


def _dense(tensors: Tensors, name: str, d_in: int, d_out: int) -> tuple[Array, Array]:
    """The weight, turned round to `[d_out, d_in]`, and the bias `[d_out]` of the linear layer `name`."""
    return take(tensors, f"{name}.weight", d_in, d_out).T, take(tensors, f"{name}.bias", d_out)


def _scale(config: Config, d_k: int, number: int) -> float:
    """What q·k is multiplied with: 1/√d_k unless the config drops it, divided by number + 1 if the config asks."""
    scale = 1 / math.sqrt(d_k) if config.get("scale_attn_weights", True) else 1.0
    return scale / (number + 1) if config.get("scale_attn_by_inverse_layer_idx") else scale
