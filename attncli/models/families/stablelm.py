"""StableLM (Tow et al. 2023) and StableLM 2 (Bellagente et al. 2024, section 3): Llama's block with layer norms.

A part of each head's dimensions turns; the feed-forward stands behind the attention, or beside it.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.head_norms import HeadNorms
from attncli.models.blocks.heads import read_head_counts
from attncli.models.blocks.layers import Dense, Embeddings, GatedFeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import ParallelBlock, PreNormBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class StableLm(Family):
    """biased: whether q, k and v are; head_norms: whether every head's queries and keys have a norm of their own."""

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb.inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=False)
    tokenizers: ClassVar = {"stablelm": "TokenizersBackend"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    biased: bool
    head_norms: bool
    parallel: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention")
        d_k, (n_head, n_kv_head) = config.head_size("hidden_size", "num_attention_heads"), read_head_counts(config, 32)
        rotary = read_rotary(config, d_k, config.size("max_position_embeddings", 4096), part=0.25)
        d, eps, n_layer = n_head * d_k, config.epsilon("layer_norm_eps", 1e-5), config.size("num_hidden_layers")
        return cls(
            shape=ModelShape(n_layer, n_head, n_kv_head, d, d_k, rotary.reach, config.switch("is_causal", True)),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("embed_tokens", config.optional_size("vocab_size"), d)),
            last=LayerNorm("norm", d, eps),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "silu"),
            rotary=rotary,
            biased=config.switch("use_qkv_bias", False),
            head_norms=config.switch("qk_layernorm", False),
            parallel=config.switch("use_parallel_residual", False),
        )

    def block(self, number: int) -> ParallelBlock | PreNormBlock:
        """Block `number`."""
        name, d, d_ff = f"layers.{number}", self.shape.d_model, self.d_ff
        gate, up = (Dense(f"{name}.mlp.{part}_proj", d, d_ff, biased=False) for part in ("gate", "up"))
        down = Dense(f"{name}.mlp.down_proj", d_ff, d, biased=False)
        attention, feed_forward = (
            self._attention(f"{name}.self_attn"),
            GatedFeedForward(gate, up, down, self.activation),
        )
        first, second = (LayerNorm(f"{name}.{part}_layernorm", d, self.eps) for part in ("input", "post_attention"))
        if self.parallel:
            return ParallelBlock(first, attention, feed_forward)
        return PreNormBlock(first, attention, second, feed_forward)

    def _attention(self, name: str) -> SelfAttention:
        d, d_k, n_head, n_kv_head = self.shape.d_model, self.shape.d_k, self.shape.n_head, self.shape.n_kv_head
        counts = {"q": n_head, "k": n_kv_head, "v": n_kv_head}
        query, key, value = (Dense(f"{name}.{part}_proj", d, n * d_k, self.biased) for part, n in counts.items())
        norm_q, norm_k = (
            HeadNorms(f"{name}.{part}_layernorm", counts[part], d_k, self.eps, apart=True) for part in "qk"
        )
        return SelfAttention(
            Separate(query, key, value, n_head, n_kv_head),
            Dense(f"{name}.o_proj", d, d, biased=False),
            self.shape.causal,
            head_norms=(norm_q, norm_k) if self.head_norms else None,
            rotary=self.rotary,
        )


FAMILY = StableLm
