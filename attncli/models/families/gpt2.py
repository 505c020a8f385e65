"""GPT-2 (Radford et al. 2019, section 2.3): learned positions, and a layer norm before each half of a block.

Its linear layers are stored as `[d_in, d_out]`, the other way round than those of every other family.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Fused
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class Gpt2(Family):
    """scaled: whether q·k is divided by √d_k; by_depth: whether block number i divides it by i + 1 too."""

    names = Names(blocks="h", prefixes=("transformer.", "model."), buffers=("h.*.attn.bias", "h.*.attn.masked_bias"))
    output = OutputLayer("wte.weight", ("lm_head.weight",))
    aliases: ClassVar = {
        "hidden_size": "n_embd",
        "max_position_embeddings": "n_positions",
        "num_attention_heads": "n_head",
        "num_hidden_layers": "n_layer",
    }
    tokenizers: ClassVar = {"gpt2": "GPT2Tokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    scaled: bool
    by_depth: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config; its cross-attention, which asks for another text, is left out."""
        config.ignore("is_decoder add_cross_attention")
        n_layer, n_head, d_k = config.size("n_layer"), config.size("n_head"), config.head_size("n_embd", "n_head")
        d, positions, eps = n_head * d_k, config.size("n_positions", 1024), config.epsilon("layer_norm_epsilon", 1e-5)
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, positions, config.switch("is_causal", True)),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("wte", config.optional_size("vocab_size"), d), Table("wpe", positions, d)),
            last=LayerNorm("ln_f", d, eps),
            d_ff=config.optional_size("n_inner") or 4 * d,
            eps=eps,
            activation=read_activation(config, "activation_function", "gelu_new"),
            scaled=config.switch("scale_attn_weights", True),
            by_depth=config.switch("scale_attn_by_inverse_layer_idx", False),
        )

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d, d_ff = f"h.{number}", self.shape.d_model, self.d_ff
        scale = (1 / math.sqrt(self.shape.d_k) if self.scaled else 1.0) / (number + 1 if self.by_depth else 1)
        fused = Fused(Dense(f"{name}.attn.c_attn", d, 3 * d, transposed=True), self.shape.n_head, self.shape.n_head)
        mixing = Dense(f"{name}.attn.c_proj", d, d, transposed=True)
        inner = Dense(f"{name}.mlp.c_fc", d, d_ff, transposed=True)
        outer = Dense(f"{name}.mlp.c_proj", d_ff, d, transposed=True)
        return PreNormBlock(
            LayerNorm(f"{name}.ln_1", d, self.eps),
            SelfAttention(fused, mixing, self.shape.causal, scoring=Scoring(scale=scale)),
            LayerNorm(f"{name}.ln_2", d, self.eps),
            FeedForward(inner, outer, self.activation),
        )


FAMILY = Gpt2
