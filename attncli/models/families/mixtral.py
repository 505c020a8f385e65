"""Mixtral (Jiang et al. 2024, section 2): Mistral's block with experts in the place of the feed-forward."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from attncli.models.blocks.experts import STACKED, Experts, Routing, read_routing
from attncli.models.blocks.windows import WindowRule
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.families.llama import Kind, Llama
from attncli.models.family import Layer


@dataclass(frozen=True, kw_only=True)
class Mixtral(Llama):
    """routing: of tokens to experts; stacked: whether the weights of all experts of a block are one array."""

    names = Names(
        blocks="layers",
        prefixes=("model.",),
        renamed={".block_sparse_moe.": ".mlp.", ".w1.": ".gate_proj.", ".w3.": ".up_proj.", ".w2.": ".down_proj."},
        buffers=("*rotary_emb.inv_freq",),
    )
    aliases: ClassVar = {"num_experts": "num_local_experts"}
    tokenizers: ClassVar = {"mixtral": "TokenizersBackend"}
    kinds: ClassVar = {"mixtral": Kind(131_072, 8, None, WindowRule(None, listed=False), eps=1e-5, base=1e6)}

    routing: Routing
    stacked: bool = False

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        config.ignore("router_jitter_noise")
        found = super().fields(config, kind)
        return found | {"routing": cls.read_routing(config, found["d_ff"])}

    @classmethod
    def read_routing(cls, config: Config, d_ff: int) -> Routing:
        """The routing by a config; d_ff: of the feed-forward of blocks that have no experts, if there are such."""
        return read_routing(config, ("num_local_experts", 8), 2, d_ff, normalised=True)

    def stored(self, names: Iterable[str]) -> Self:
        """The family for a checkpoint with arrays of these bare names."""
        return replace(self, stacked=any(name.endswith(STACKED) for name in names))

    def feed_forward(self, name: str, number: int) -> Layer:
        """The experts of block `number`."""
        return Experts(name, self.shape.d_model, self.routing, self.activation, self.stacked)


FAMILY = Mixtral
