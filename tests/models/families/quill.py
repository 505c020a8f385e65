"""A made-up family: DistilBERT's block under other names, with q, k and v of one linear layer, and SiLU."""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Fused
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True, kw_only=True)
class Quill(Family):
    """An encoder."""

    names = Names(blocks="stack", prefixes=("quill.",), buffers=("stack.*.ramp",), heads=("nib.",))
    tokenizers: ClassVar = {"quill": "BertTokenizer"}
    output = OutputLayer("words.weight", ("speech.weight",), ("speech.bias",))

    activation: Activation
    d_ff: int

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        config.ignore("ink")
        d, d_k, positions = config.size("width"), config.head_size("width", "heads"), config.size("places")
        return cls(
            shape=ModelShape(config.size("depth"), d // d_k, d // d_k, d, d_k, positions, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(
                Table("words", None, d), Table("places", positions, d), norm=LayerNorm("norm", d, 1e-12)
            ),
            activation=read_activation(config, "squash", "silu"),
            d_ff=config.size("inner_width"),
        )

    def block(self, number: int) -> PostNormBlock:
        """Block `number`."""
        name, d = f"stack.{number}", self.shape.d_model
        return PostNormBlock(
            SelfAttention(
                Fused(Dense(f"{name}.qkv", d, 3 * d), self.shape.n_head, self.shape.n_head), Dense(f"{name}.mix", d, d)
            ),
            LayerNorm(f"{name}.norm1", d, 1e-12),
            FeedForward(Dense(f"{name}.in", d, self.d_ff), Dense(f"{name}.out", self.d_ff, d), self.activation),
            LayerNorm(f"{name}.norm2", d, 1e-12),
        )


FAMILY = Quill
