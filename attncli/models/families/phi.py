"""Phi-1 (Gunasekar et al. 2023), Phi-1.5 (Li et al. 2023) and Phi-2: GPT-J's block with a bias in every linear layer.

A part of each head's dimensions turns, each with the one half the width further (Su et al. 2021, section 3.2.2).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.heads import read_head_counts, read_head_size
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import ParallelBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class Phi(Family):
    """head_norms: whether queries and keys have a layer norm each."""

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb.inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), ("lm_head.bias",), tied=False)
    tokenizers: ClassVar = {"phi": "GPT2Tokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    head_norms: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention")
        n_layer, d, d_k = config.size("num_hidden_layers"), config.size("hidden_size"), read_head_size(config)
        rotary = read_rotary(config, d_k, config.size("max_position_embeddings", 2048), part=0.5)
        heads, causal = read_head_counts(config), config.switch("is_causal", True)
        eps = config.epsilon("layer_norm_eps", 1e-5)
        return cls(
            shape=ModelShape(n_layer, *heads, d, d_k, rotary.reach, causal),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("embed_tokens", config.optional_size("vocab_size"), d)),
            last=LayerNorm("final_layernorm", d, eps),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu_new"),
            rotary=rotary,
            head_norms=config.switch("qk_layernorm", False),
        )

    def block(self, number: int) -> ParallelBlock:
        """Block `number`."""
        name, d = f"layers.{number}", self.shape.d_model
        inner, outer = Dense(f"{name}.mlp.fc1", d, self.d_ff), Dense(f"{name}.mlp.fc2", self.d_ff, d)
        return ParallelBlock(
            LayerNorm(f"{name}.input_layernorm", d, self.eps),
            self._attention(f"{name}.self_attn"),
            FeedForward(inner, outer, self.activation),
        )

    def _attention(self, name: str) -> SelfAttention:
        d, d_k, n_head, n_kv_head = self.shape.d_model, self.shape.d_k, self.shape.n_head, self.shape.n_kv_head
        counts = {"q": n_head, "k": n_kv_head, "v": n_kv_head}
        query, key, value = (Dense(f"{name}.{part}_proj", d, n * d_k) for part, n in counts.items())
        norm_q, norm_k = (LayerNorm(f"{name}.{part}_layernorm", d_k, self.eps) for part in "qk")
        return SelfAttention(
            Separate(query, key, value, n_head, n_kv_head),
            Dense(f"{name}.dense", n_head * d_k, d),
            self.shape.causal,
            head_norms=(norm_q, norm_k) if self.head_norms else None,
            rotary=self.rotary,
        )


FAMILY = Phi
