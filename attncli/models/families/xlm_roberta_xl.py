"""XLM-RoBERTa XL and XXL (Goyal et al. 2021): RoBERTa's layers, and a norm before each half of a block.

Their norms stand where Xiong et al. 2020 (figure 1b) have them: none behind the embeddings, one behind the last block.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from attncli.models.blocks.layers import LayerNorm
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.families.bert import Bert, read_embeddings


@dataclass(frozen=True, kw_only=True)
class XLMRobertaXL(Bert):
    """An encoder."""

    default_eps: ClassVar = 1e-5

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        found = super().read(config)
        embedding = read_embeddings(config, found.eps)._replace(norm=None)
        return replace(found, embedding=embedding, last=LayerNorm("encoder.LayerNorm", found.shape.d_model, found.eps))

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d = f"encoder.layer.{number}", self.shape.d_model
        return PreNormBlock(
            LayerNorm(f"{name}.attention.self_attn_layer_norm", d, self.eps),
            self.attention(name),
            LayerNorm(f"{name}.LayerNorm", d, self.eps),
            self.feed_forward(name),
        )


FAMILY = XLMRobertaXL
