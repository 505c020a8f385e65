"""GPT-NeoX (Black et al. 2022) and Pythia (Biderman et al. 2023).

A part of each head's dimensions turns, and the feed-forward stands beside the attention (Black et al., section 2.1).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Grouped
from attncli.models.blocks.residual import ParallelBlock, PreNormBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class GptNeoX(Family):
    """parallel: whether the feed-forward stands beside the attention, or behind it; biased: whether q, k, v, o are."""

    names = Names(
        blocks="layers",
        prefixes=("gpt_neox.",),
        buffers=("layers.*.attention.bias", "layers.*.attention.masked_bias", "*rotary_emb.inv_freq"),
        heads=("embed_out.",),
    )
    output = OutputLayer("embed_in.weight", ("embed_out.weight",), tied=False)
    aliases: ClassVar = {"rotary_pct": "partial_rotary_factor", "rotary_emb_base": "rope_theta"}
    tokenizers: ClassVar = {"gpt_neox": "GPTNeoXTokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    parallel: bool
    biased: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder")
        d_k, d_model = config.head_size("hidden_size", "num_attention_heads"), config.size("hidden_size")
        rotary = read_rotary(config, d_k, config.size("max_position_embeddings", 2048), part=0.25)
        n_head, causal = config.size("num_attention_heads"), config.switch("is_causal", True)
        eps, n_layer = config.epsilon("layer_norm_eps", 1e-5), config.size("num_hidden_layers")
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d_model, d_k, rotary.reach, causal),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("embed_in", config.optional_size("vocab_size"), d_model)),
            last=LayerNorm("final_layer_norm", d_model, eps),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu"),
            rotary=rotary,
            parallel=config.switch("use_parallel_residual", True),
            biased=config.switch("attention_bias", True),
        )

    def block(self, number: int) -> ParallelBlock | PreNormBlock:
        """Block `number`."""
        name, d, n_head = f"layers.{number}", self.shape.d_model, self.shape.n_head
        attention_norm, feed_forward_norm = (
            LayerNorm(f"{name}.{part}_layernorm", d, self.eps) for part in ("input", "post_attention")
        )
        attention = SelfAttention(
            Grouped(Dense(f"{name}.attention.query_key_value", d, 3 * d, self.biased), n_head, n_head),
            Dense(f"{name}.attention.dense", d, d, self.biased),
            self.shape.causal,
            rotary=self.rotary,
        )
        inner, outer = (
            Dense(f"{name}.mlp.dense_h_to_4h", d, self.d_ff),
            Dense(f"{name}.mlp.dense_4h_to_h", self.d_ff, d),
        )
        feed_forward = FeedForward(inner, outer, self.activation)
        if self.parallel:
            return ParallelBlock(attention_norm, attention, feed_forward, feed_forward_norm)
        return PreNormBlock(attention_norm, attention, feed_forward_norm, feed_forward)


FAMILY = GptNeoX
