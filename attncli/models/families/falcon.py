"""Falcon (Almazrouei et al. 2023) and Falcon-RW (Penedo et al. 2023): few key heads, attention beside feed-forward.

The later, larger models share a key head among a group of query heads (Ainslie et al. 2023) and give each half a norm;
the first ones have one key head (Shazeer 2019) or as many as query heads, and may have one half behind the other.
Positions turn queries and keys, or are ALiBi's (Press et al. 2022), here added to q·k before √d_k divides their sum.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.offsets import Slopes
from attncli.models.blocks.projections import Grouped
from attncli.models.blocks.residual import ParallelBlock, PreNormBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class Falcon(Family):
    """rotary: None with ALiBi; parallel: whether both halves take the same x; norms: 2 where each half has its own."""

    names = Names(blocks="h", prefixes=("transformer.",), buffers=("*rotary_emb.inv_freq", "*maybe_rotary.inv_freq"))
    output = OutputLayer("word_embeddings.weight", ("lm_head.weight",))
    aliases: ClassVar = {"n_embed": "hidden_size"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary | None
    parallel: bool
    norms: int
    biased: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention apply_residual_connection_post_layernorm ff_factor")
        d_k, n_layer = config.head_size("hidden_size", "num_attention_heads"), config.size("num_hidden_layers")
        n_head, positions = config.size("num_attention_heads"), config.size("max_position_embeddings", 2048)
        d, eps, rotary = n_head * d_k, config.epsilon("layer_norm_epsilon", 1e-5), _read_rotary(config, d_k, positions)
        causal, reach = config.switch("is_causal", True), positions if rotary is None else rotary.reach
        parallel, norms = _read_halves(config)
        return cls(
            shape=ModelShape(n_layer, n_head, _read_key_heads(config, n_head), d, d_k, reach, causal),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("word_embeddings", config.optional_size("vocab_size"), d)),
            last=LayerNorm("ln_f", d, eps),
            d_ff=config.optional_size("ffn_hidden_size") or 4 * d,
            eps=eps,
            activation=read_activation(config, "activation", "gelu"),
            rotary=rotary,
            parallel=parallel,
            norms=norms,
            biased=config.switch("bias", False),
        )

    def block(self, number: int) -> ParallelBlock | PreNormBlock:
        """Block `number`."""
        name, d, d_ff = f"h.{number}", self.shape.d_model, self.d_ff
        inner = Dense(f"{name}.mlp.dense_h_to_4h", d, d_ff, self.biased)
        outer = Dense(f"{name}.mlp.dense_4h_to_h", d_ff, d, self.biased)
        attention, feed_forward = self._attention(f"{name}.self_attention"), FeedForward(inner, outer, self.activation)
        if self.parallel and self.norms == 2:
            first, second = (LayerNorm(f"{name}.ln_{half}", d, self.eps) for half in ("attn", "mlp"))
            return ParallelBlock(first, attention, feed_forward, second)
        first, second = (LayerNorm(f"{name}.{part}_layernorm", d, self.eps) for part in ("input", "post_attention"))
        if self.parallel:
            return ParallelBlock(first, attention, feed_forward)
        return PreNormBlock(first, attention, second, feed_forward)

    def _attention(self, name: str) -> SelfAttention:
        d, d_k, n_head, n_kv_head = self.shape.d_model, self.shape.d_k, self.shape.n_head, self.shape.n_kv_head
        return SelfAttention(
            Grouped(Dense(f"{name}.query_key_value", d, d + 2 * n_kv_head * d_k, self.biased), n_head, n_kv_head),
            Dense(f"{name}.dense", d, d, self.biased),
            self.shape.causal,
            rotary=self.rotary,
            offset_bias=Slopes(n_head, 1 / math.sqrt(d_k), rounded=True) if self.rotary is None else None,
        )


FAMILY = Falcon


def _read_rotary(config: Config, d_k: int, positions: int) -> Rotary | None:
    """The rotation of queries and keys; None with ALiBi."""
    if not config.switch("alibi", False):
        return read_rotary(config, d_k, positions)
    config.ignore("rope_theta rope_scaling rope_parameters partial_rotary_factor")
    return None


def _read_key_heads(config: Config, n_head: int) -> int:
    grouped, one = config.switch("new_decoder_architecture", False), config.switch("multi_query", True)
    n_kv_head = config.optional_size("num_kv_heads") or n_head
    if grouped and n_head % n_kv_head:
        raise config.error("num_kv_heads", f"a divisor of num_attention_heads {n_head}")
    if not grouped and not one and n_kv_head != n_head:
        raise config.error("num_kv_heads", f"num_attention_heads {n_head} without multi_query")
    return n_kv_head if grouped or not one else 1


def _read_halves(config: Config) -> tuple[bool, int]:
    """Whether the feed-forward stands beside the attention, and how many norms they have then."""
    grouped, parallel = config.switch("new_decoder_architecture", False), config.switch("parallel_attn", True)
    if grouped and not parallel:
        raise config.error("parallel_attn", "true with new_decoder_architecture")
    norms = config.optional_size("num_ln_in_parallel_attn") or (2 if grouped else 1)
    if parallel and norms not in ((1, 2) if grouped else (1,)):
        raise config.error("num_ln_in_parallel_attn", "1, or 2 with new_decoder_architecture")
    return parallel, norms
