"""OLMo (Groeneveld et al. 2024, section 2.1): Llama's block, its layer norms without parameters, q, k and v clipped."""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import LayerNorm
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.family import Norm


@dataclass(frozen=True, kw_only=True)
class Olmo(Llama):
    """clip: the largest number of a query, key or value; None: any."""

    tokenizers: ClassVar = {"olmo": "GPTNeoXTokenizer"}
    kinds: ClassVar = {"olmo": Kind(2048, bias_keys=ATTENTION_BIAS, eps_key=None, eps=1e-5)}

    clip: float | None

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        clipped = config.get("clip_qkv") is not None
        return super().fields(config, kind) | {"clip": config.positive("clip_qkv") if clipped else None}

    @classmethod
    def norm(cls, name: str, d: int, eps: float) -> Norm:
        """A layer norm that learned nothing."""
        return LayerNorm(name, d, eps, biased=False, gained=False)

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        return super().attention(name, number)._replace(clip=self.clip)


FAMILY = Olmo
