"""Granite 3 (Granite Team 2024): Llama's block with a multiplier of the embedding, of scores, and of what halves add.

Such multipliers keep what a small model was tuned to right for a large one (μP: Yang et al. 2022).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.family import Prediction


@dataclass(frozen=True, kw_only=True)
class Granite(Llama):
    """scoring: how a score is made; added: what the sums of a block multiply attention and feed-forward with."""

    tokenizers: ClassVar = {"granite": "TokenizersBackend"}
    kinds: ClassVar = {"granite": Kind(2048, bias_keys={**ATTENTION_BIAS, "mlp_bias": "gate up down"})}

    scoring: Scoring
    added: float

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        found = super().fields(config, kind)
        embedding, scores, added = (
            config.positive(f"{part}_multiplier", 1.0) for part in ("embedding", "attention", "residual")
        )
        found["embedding"] = found["embedding"]._replace(multiplier=embedding)
        prediction = Prediction(scale=1 / config.positive("logits_scaling", 1.0))
        return found | {"scoring": Scoring(scale=scores), "added": added, "prediction": prediction}

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        return super().block(number)._replace(multiplier=self.added)

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        return super().attention(name, number)._replace(scoring=self.scoring)


FAMILY = Granite
