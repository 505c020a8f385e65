"""OPT (Zhang et al. 2022) and Galactica (Taylor et al. 2022): GPT-3's decoder, whose norms stand before each half.

In the model of 350 million parameters they stand behind each sum (Vaswani et al. 2017, section 3.1), none follows the
last block, and the embedding is narrower than the hidden state. The table of positions begins with two rows of none.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.chain import Chain
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock, PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, Norm, OutputLayer

FIRST = 2  # the row of the first position
EPS = 1e-5  # PyTorch's, of every norm: no key of the config has it


@dataclass(frozen=True, kw_only=True)
class Opt(Family):
    """before: whether norms stand before each half; biased: the linear layers; gained: the norms have gain and bias."""

    names = Names(blocks="layers", prefixes=("model.", "decoder."))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",))
    tokenizers: ClassVar = {"opt": "GPT2Tokenizer"}

    d_ff: int
    activation: Activation
    before: bool
    biased: bool
    gained: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention learned_embeddings scale_embeddings")
        n_layer, n_head = config.size("num_hidden_layers"), config.size("num_attention_heads")
        d_k = config.head_size("hidden_size", "num_attention_heads")
        positions = config.size("max_position_embeddings", 2048)
        before, gained = (config.switch(key, True) for key in ("do_layer_norm_before", "layer_norm_elementwise_affine"))
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, n_head * d_k, d_k, positions, config.switch("is_causal", True)),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=_read_embeddings(config, n_head * d_k, positions),
            last=_read_last(config, n_head * d_k, before, gained),
            d_ff=config.size("ffn_dim"),
            activation=read_activation(config, "activation_function", "relu"),
            before=before,
            biased=config.switch("enable_bias", True),
            gained=gained,
        )

    def positions(self, ids: Array) -> Array:
        """2, 3, 4 …: `[b, n]`."""
        return super().positions(ids) + FIRST

    def block(self, number: int) -> PreNormBlock | PostNormBlock:
        """Block `number`."""
        name, d, n_head = f"layers.{number}", self.shape.d_model, self.shape.n_head
        query, key, value, mixing = (
            Dense(f"{name}.self_attn.{part}_proj", d, d, self.biased) for part in ("q", "k", "v", "out")
        )
        attention = SelfAttention(Separate(query, key, value, n_head, n_head), mixing, self.shape.causal)
        inner, outer = Dense(f"{name}.fc1", d, self.d_ff, self.biased), Dense(f"{name}.fc2", self.d_ff, d, self.biased)
        feed_forward = FeedForward(inner, outer, self.activation)
        first, second = (_norm(f"{name}.{part}_layer_norm", d, self.gained) for part in ("self_attn", "final"))
        if self.before:
            return PreNormBlock(first, attention, second, feed_forward)
        return PostNormBlock(attention, first, feed_forward, second)


FAMILY = Opt


def _norm(name: str, d: int, gained: bool) -> LayerNorm:
    return LayerNorm(name, d, EPS, biased=gained, gained=gained)


def _read_width(config: Config, d_model: int) -> int:
    """The width of the embedding."""
    return config.optional_size("word_embed_proj_dim") or d_model


def _read_embeddings(config: Config, d_model: int, positions: int) -> Embeddings:
    """word·W + position, or word + position where the two have one width."""
    d = _read_width(config, d_model)
    words = Table("embed_tokens", config.optional_size("vocab_size"), d)
    projected = words if d == d_model else Chain((words, Dense("project_in", d, d_model, biased=False)))
    return Embeddings(projected, Table("embed_positions", positions + FIRST, d_model))


def _read_last(config: Config, d_model: int, before: bool, gained: bool) -> Norm | None:
    """The norm behind the last block, and the projection to the width of the embedding; either may be missing."""
    d, without = _read_width(config, d_model), config.switch("_remove_final_layer_norm", False)
    norm = () if without or not before else (_norm("final_layer_norm", d_model, gained),)
    projection = () if d == d_model else (Dense("project_out", d_model, d, biased=False),)
    return Chain((*norm, *projection)) if norm or projection else None
