"""Qwen2-MoE (Yang et al. 2024, section 2.2.2) and Qwen3-MoE (Yang et al. 2025, section 2): experts in many blocks.

Qwen2-MoE has one more expert, which computes every token.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.experts import Experts, Routing, WithShared, read_routing
from attncli.models.blocks.layers import Dense, GatedFeedForward
from attncli.models.blocks.windows import WindowRule
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.families.mixtral import Mixtral
from attncli.models.family import Layer

KINDS = {
    "qwen2_moe": Kind(
        *(32_768, 16, None, WindowRule(4096, switched=True, every=2)), bias_keys={"qkv_bias": "q k v"}, bias_on=True
    ),
    "qwen3_moe": Kind(
        *(32_768, 4, None, WindowRule(4096, switched=True, listed=False)), bias_keys=ATTENTION_BIAS, head_norms=True
    ),
}
#: The defaults of num_experts, num_experts_per_tok and moe_intermediate_size.
ROUTINGS = {"qwen2_moe": (60, 4, 1408), "qwen3_moe": (128, 8, 768)}


@dataclass(frozen=True, kw_only=True)
class QwenMoe(Mixtral):
    """Experts stand in each `step`-th block but the dense ones.

    shared: d_ff of the expert for every token, None without one; windowed: the first block that has no window, if one.
    """

    names = Llama.names
    aliases: ClassVar = {"num_local_experts": "num_experts"}
    tokenizers: ClassVar = dict.fromkeys(("qwen2_moe", "qwen3_moe"), "Qwen2Tokenizer")
    kinds: ClassVar = KINDS

    step: int
    dense_blocks: frozenset[int]
    shared: int | None
    windowed: int | None

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        found = super().fields(config, kind) | {"step": config.size("decoder_sparse_step", 1)}
        found |= {"dense_blocks": _read_dense(config), "shared": None, "windowed": None}
        if config.get("model_type") == "qwen2_moe":
            found["shared"] = config.size("shared_expert_intermediate_size", 5632)
            listed = found["windows"].slides is not None
            found["windowed"] = None if listed else config.count("max_window_layers", 28)
        return found

    @classmethod
    def read_routing(cls, config: Config, d_ff: int) -> Routing:
        """The routing by a config."""
        experts, chosen, default = ROUTINGS[config.get("model_type")]
        d_ff, normalised = config.size("moe_intermediate_size", default), config.switch("norm_topk_prob", False)
        return read_routing(config, ("num_experts", experts), chosen, d_ff, normalised)

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        attention = super().attention(name, number)
        beyond = self.windowed is not None and number >= self.windowed
        return attention._replace(window=None) if beyond else attention

    def feed_forward(self, name: str, number: int) -> Layer:
        """The experts of block `number`, or its feed-forward."""
        if number in self.dense_blocks or (number + 1) % self.step:
            return self._gated(name, self.d_ff)
        experts = Experts(name, self.shape.d_model, self.routing, self.activation, self.stacked)
        if self.shared is None:
            return experts
        gate = Dense(f"{name}.shared_expert_gate", self.shape.d_model, 1, biased=False)
        return WithShared(experts, self._gated(f"{name}.shared_expert", self.shared), gate)

    def _gated(self, name: str, d_ff: int) -> GatedFeedForward:
        gate, up = (self.dense(name, part, self.shape.d_model, d_ff) for part in ("gate", "up"))
        return GatedFeedForward(gate, up, self.dense(name, "down", d_ff, self.shape.d_model), self.activation)


FAMILY = QwenMoe


def _read_dense(config: Config) -> frozenset[int]:
    """The blocks of `mlp_only_layers`, which have no experts."""
    listed = config.get("mlp_only_layers")
    if listed is None:
        return frozenset()
    if not isinstance(listed, list) or any(type(each) is not int for each in listed):
        raise config.error("mlp_only_layers", "a list of blocks")
    return frozenset(listed)
