"""GPT-J (Wang & Komatsuzaki 2021): attention and feed-forward side by side, on the same norm of the hidden state.

A part of each head's dimensions turns, each with its neighbour (Su et al. 2021, equation 34).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import ParallelBlock
from attncli.models.blocks.rotary import BASE, Rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class GptJ(Family):
    """rotary: of the first `rotary_dim` dimensions of a head, at the base of the paper."""

    names = Names(
        blocks="h",
        prefixes=("transformer.",),
        buffers=("h.*.attn.bias", "h.*.attn.masked_bias", "h.*.attn.embed_positions"),
    )
    output = OutputLayer("wte.weight", ("lm_head.weight",), ("lm_head.bias",), tied=False)
    aliases: ClassVar = {
        "hidden_size": "n_embd",
        "max_position_embeddings": "n_positions",
        "num_attention_heads": "n_head",
        "num_hidden_layers": "n_layer",
    }
    tokenizers: ClassVar = {"gptj": "GPT2Tokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention rotary scale_attn_weights")
        n_layer, n_head, d_k = config.size("n_layer"), config.size("n_head"), config.head_size("n_embd", "n_head")
        d, positions, eps = n_head * d_k, config.size("n_positions", 2048), config.epsilon("layer_norm_epsilon", 1e-5)
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, positions, config.switch("is_causal", True)),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("wte", config.optional_size("vocab_size"), d)),
            last=LayerNorm("ln_f", d, eps),
            d_ff=config.optional_size("n_inner") or 4 * d,
            eps=eps,
            activation=read_activation(config, "activation_function", "gelu_new"),
            rotary=Rotary("default", BASE, _read_width(config, d_k), positions, positions, {}, neighbours=True),
        )

    def block(self, number: int) -> ParallelBlock:
        """Block `number`."""
        name, d, n_head = f"h.{number}", self.shape.d_model, self.shape.n_head
        query, key, value, mixing = (Dense(f"{name}.attn.{part}_proj", d, d, False) for part in ("q", "k", "v", "out"))
        inner, outer = Dense(f"{name}.mlp.fc_in", d, self.d_ff), Dense(f"{name}.mlp.fc_out", self.d_ff, d)
        return ParallelBlock(
            LayerNorm(f"{name}.ln_1", d, self.eps),
            SelfAttention(Separate(query, key, value, n_head, n_head), mixing, self.shape.causal, rotary=self.rotary),
            FeedForward(inner, outer, self.activation),
        )


FAMILY = GptJ


def _read_width(config: Config, d_k: int) -> int:
    """How many dimensions of a head turn."""
    width = config.size("rotary_dim", 64)
    if width % 2 or width > d_k:
        raise config.error("rotary_dim", f"an even number of the {d_k} dimensions of a head")
    return width
