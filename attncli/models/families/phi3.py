"""Phi-3 (Abdin et al. 2024, section 2): Llama's block with queries, keys and values, and gate and up, stored as one.

Long texts have a searched factor for every pair of dimensions (LongRoPE: Ding et al. 2024).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from attncli.errors import ResourceError, quoted
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.gates import FusedGate
from attncli.models.blocks.projections import Fused
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.blocks.windows import WindowRule
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import Kind, Llama
from attncli.models.family import Layer

LONG = "longrope"
IGNORED = "full_attn_mod interpolate_factor lm_head_bias"
EARLY_NAMES = ("su", "yarn")  # of the same, in the first configs


@dataclass(frozen=True, kw_only=True)
class Phi3(Llama):
    """A decoder of the family."""

    tokenizers: ClassVar = {"phi3": "TokenizersBackend"}
    kinds: ClassVar = {"phi3": Kind(4096, windows=WindowRule(None, listed=False), ignored=IGNORED, eps=1e-5)}

    @classmethod
    def read_rotary(cls, config: Config, d_k: int, positions: int, kind: Kind) -> Rotary:
        """The rotation of queries and keys; ResourceError for a scaling that models of this type do not have."""
        for name in ("rope_scaling", "rope_parameters"):
            given = config.values.get(name)
            if isinstance(given, Mapping) and (given.get("rope_type") or given.get("type")) in EARLY_NAMES:
                config.values[name] = {**given, "rope_type": LONG}
        rotary = read_rotary(config, d_k, positions, part=1.0, base=kind.base, trained=kind.positions)
        if rotary.kind not in ("default", LONG):
            raise ResourceError(f"rotary scaling in config.json: expected {LONG} or default, got {quoted(rotary.kind)}")
        return rotary

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        heads, sizes = (self.shape.n_head, self.shape.n_kv_head), self.shape
        all_heads = self.dense(name, "qkv", sizes.d_model, (heads[0] + 2 * heads[1]) * sizes.d_k)
        return super().attention(name, number)._replace(projections=Fused(all_heads, *heads))

    def feed_forward(self, name: str, number: int) -> Layer:
        """The feed-forward of block `number`."""
        d_model, d_ff = self.shape.d_model, self.d_ff
        both, down = self.dense(name, "gate_up", d_model, 2 * d_ff), self.dense(name, "down", d_ff, d_model)
        return FusedGate(both, down, self.activation)


FAMILY = Phi3
