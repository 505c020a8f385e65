"""SmolLM3 (Bakouch et al. 2025): Llama's block, without rotation in every fourth (RNoPE: Yang et al. 2025)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.windows import WindowRule, Windows
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.family import OutputLayer


@dataclass(frozen=True, kw_only=True)
class SmolLM3(Llama):
    """rotated: whether each block turns its queries and keys; without that list, all but each `interval`-th do."""

    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=True)
    tokenizers: ClassVar = {}
    kinds: ClassVar = {
        "smollm3": Kind(
            *(32_768, 4, None, WindowRule(None)),
            bias_keys={**ATTENTION_BIAS, "mlp_bias": "gate up down"},
            base=2e6,
        )
    }

    rotated: tuple[bool, ...] | None
    interval: int

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind.

        Without `layer_types` the blocks without rotation have the windows, if `use_sliding_window` turns them on.
        """
        found = super().fields(config, kind)
        if not config.switch("use_sliding_window", False) and found["windows"].slides is None:
            found["windows"] = Windows()
        rotated = _read_rotated(config, found["shape"].n_layer)
        interval = config.size("no_rope_layer_interval", 4) if rotated is None else 1
        config.ignore("no_rope_layer_interval")
        return found | {"rotated": rotated, "interval": interval}

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        attention = super().attention(name, number)
        if not self.rotates(number):
            return attention._replace(rotary=None)
        return attention._replace(window=None) if self.windows.slides is None else attention

    def rotates(self, number: int) -> bool:
        """Whether block `number` turns its queries and keys."""
        return (number + 1) % self.interval != 0 if self.rotated is None else self.rotated[number]


FAMILY = SmolLM3


def _read_rotated(config: Config, n_layer: int) -> tuple[bool, ...] | None:
    """Whether each block rotates by `no_rope_layers`, which says 1 for those that do."""
    listed = config.get("no_rope_layers")
    if listed is None:
        return None
    if not isinstance(listed, list) or len(listed) != n_layer or any(each not in (0, 1) for each in listed):
        raise config.error("no_rope_layers", f"a list of {n_layer:,} numbers, each 0 or 1")
    return tuple(map(bool, listed))
