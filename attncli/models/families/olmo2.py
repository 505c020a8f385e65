"""OLMo 2 (OLMo Team 2024): norms of what each half adds, and of all queries and all keys of a token."""

from dataclasses import dataclass
from typing import ClassVar

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama


@dataclass(frozen=True, kw_only=True)
class Olmo2(Llama):
    """A decoder of the family."""

    tokenizers: ClassVar = {"olmo2": "TokenizersBackend"}
    kinds: ClassVar = {"olmo2": Kind(2048, bias_keys=ATTENTION_BIAS, eps=1e-5)}

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        attention, feed_forward = (
            self.norm(f"layers.{number}.post_{half}_layernorm", self.shape.d_model, self.eps)
            for half in ("attention", "feedforward")
        )
        block = super().block(number)
        return block._replace(attention_norm=None, feed_forward_norm=None, added_norms=(attention, feed_forward))

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        sizes, eps = self.shape, self.eps
        of_queries = self.norm(f"{name}.q_norm", sizes.n_head * sizes.d_k, eps)
        of_keys = self.norm(f"{name}.k_norm", sizes.n_kv_head * sizes.d_k, eps)
        return super().attention(name, number)._replace(head_norms=(of_queries, of_keys), whole_norms=True)


FAMILY = Olmo2
