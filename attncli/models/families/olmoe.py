"""OLMoE (Muennighoff et al. 2024, section 2): small experts, and norms of all queries and all keys of a token."""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.experts import Routing, read_routing
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.families.mixtral import Mixtral


@dataclass(frozen=True, kw_only=True)
class Olmoe(Mixtral):
    """clip: the largest number of a query, key or value; None: any."""

    names = Llama.names
    aliases: ClassVar = {"num_local_experts": "num_experts"}
    tokenizers: ClassVar = {"olmoe": "GPTNeoXTokenizer"}
    kinds: ClassVar = {"olmoe": Kind(4096, bias_keys=ATTENTION_BIAS, eps=1e-5)}

    clip: float | None

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        clipped = config.get("clip_qkv") is not None
        return super().fields(config, kind) | {"clip": config.positive("clip_qkv") if clipped else None}

    @classmethod
    def read_routing(cls, config: Config, d_ff: int) -> Routing:
        """The routing by a config."""
        return read_routing(config, ("num_experts", 64), 8, d_ff, config.switch("norm_topk_prob", False))

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        sizes, eps = self.shape, self.eps
        of_queries = self.norm(f"{name}.q_norm", sizes.n_head * sizes.d_k, eps)
        of_keys = self.norm(f"{name}.k_norm", sizes.n_kv_head * sizes.d_k, eps)
        attention = super().attention(name, number)
        return attention._replace(head_norms=(of_queries, of_keys), whole_norms=True, clip=self.clip)


FAMILY = Olmoe
