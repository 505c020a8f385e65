"""Llama and its kin: Mistral, Qwen2, Qwen3. RMS norms, rotary positions, grouped heads, a gated feed-forward.

Touvron et al. 2023 (Llama, section 2.2); Jiang et al. 2023 (Mistral, section 2: a sliding window); Yang et al. 2024
(Qwen2, section 2.2: biases of q, k and v) and 2025 (Qwen3, section 2: an RMS norm of every query and key).
"""

from collections.abc import Mapping

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.models.blocks.decoder_layers import rms_normed
from attncli.models.blocks.layers import embedding, join_heads, linear, split_heads, take
from attncli.models.blocks.rotary import rotate, rotation
from attncli.models.families.llama_config import TIED, LlamaConfig, arrays, keys, read, ties
from attncli.models.family import Config, ModelLayer, ModelShape, Tensors

__all__ = ["ALIASES", "LAYERS", "TIED", "arrays", "embed", "final", "keys", "layer", "shape", "ties"]
LAYERS = "num_hidden_layers"
ALIASES: Mapping[str, str] = {}


def shape(config: Config) -> ModelShape:
    """Its sizes; ResourceError for a config that lacks one or asks for what is not supported."""
    return read(config).shape


def embed(config: Config, tensors: Tensors, ids: Array) -> Array:
    """The embedding of each token; positions come in with the rotation in each block."""
    return embedding(tensors, "embed_tokens.weight", ids, shape(config).d_model)


def layer(config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
    """One block: a = x + Attention(RMSNorm(x)); output = a + FeedForward(RMSNorm(a))."""
    name, plan = f"layers.{number}", read(config)
    normed = rms_normed(tensors, f"{name}.input_layernorm", x, plan.eps)  # [n, d_model]
    q, k, v = _queries_keys_values(plan, tensors, f"{name}.self_attn", normed)
    attention = attend(q, k, v, causal=plan.shape.causal, window=plan.windows[number])
    joined = join_heads(attention.context)  # [n, n_head·d_v]
    mixing, bias = _dense(plan, tensors, f"{name}.self_attn.o", joined.shape[-1], x.shape[-1])
    a = x + linear(joined, mixing, bias)  # [n, d_model]
    normed = rms_normed(tensors, f"{name}.post_attention_layernorm", a, plan.eps)  # [n, d_model]
    output = a + _feed_forward(plan, tensors, f"{name}.mlp", normed)
    return ModelLayer(q, k, v, attention, mixing.T, output)


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output after the last RMS norm."""
    return rms_normed(tensors, "norm", x, read(config).eps)


def _queries_keys_values(plan: LlamaConfig, tensors: Tensors, name: str, x: Array) -> tuple[Array, Array, Array]:
    """Rotated queries `[n_head, n, d_k]`, rotated keys and plain values `[n_kv_head, n, d_k]`, of x `[n, d_model]`."""
    sizes, turn = plan.shape, rotation(plan.rotary, len(x))

    def heads(part: str, n_head: int) -> Array:
        y = linear(x, *_dense(plan, tensors, f"{name}.{part}", sizes.d_model, n_head * sizes.d_k))
        return split_heads(y, n_head)  # [n_head, n, d_k]

    def rotated(part: str, n_head: int) -> Array:
        y = heads(part, n_head)
        return rotate(rms_normed(tensors, f"{name}.{part}_norm", y, plan.eps) if plan.head_norms else y, *turn)

    return rotated("q", sizes.n_head), rotated("k", sizes.n_kv_head), heads("v", sizes.n_kv_head)


def _feed_forward(plan: LlamaConfig, tensors: Tensors, name: str, x: Array) -> Array:
    """(f(x W_gate) ⊙ x W_up) W_down (Shazeer 2020, equation 6): `[n, d_model]`. One weight is widened at a time."""
    d_model, d_ff = x.shape[-1], plan.d_ff
    inner = plan.activation(linear(x, *_dense(plan, tensors, f"{name}.gate", d_model, d_ff)))  # [n, d_ff]
    inner *= linear(x, *_dense(plan, tensors, f"{name}.up", d_model, d_ff))
    return linear(inner, *_dense(plan, tensors, f"{name}.down", d_ff, d_model))


def _dense(plan: LlamaConfig, tensors: Tensors, name: str, d_in: int, d_out: int) -> tuple[Array, Array | None]:
    """The weight `[d_out, d_in]` of the linear layer `name`, and its bias `[d_out]` if the config gives it one."""
    weight, bias = f"{name}_proj.weight", f"{name}_proj.bias"
    biased = name.rpartition(".")[2] in plan.biased
    return take(tensors, weight, d_out, d_in), take(tensors, bias, d_out) if biased else None
