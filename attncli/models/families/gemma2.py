"""Gemma 2 (Gemma Team 2024, section 2): norms of what each half adds, capped scores, a window in every second block."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.blocks.windows import WindowRule
from attncli.models.checkpoint.config import Config
from attncli.models.families.gemma import TANH, Gemma
from attncli.models.families.llama import ATTENTION_BIAS, Kind
from attncli.models.family import Prediction


@dataclass(frozen=True, kw_only=True)
class Gemma2(Gemma):
    """scoring: how a score is made, q·k / √s with s of the config, and capped."""

    tokenizers: ClassVar = {"gemma2": "GemmaTokenizer"}
    kinds: ClassVar = {
        "gemma2": Kind(
            *(8192, 4, 256, WindowRule(4096, every=2)),
            bias_keys=ATTENTION_BIAS,
            ignored="hidden_act sliding_window_size",
            activation=("hidden_activation", TANH),
        ),
    }

    default_cap: ClassVar[float | None] = 30.0  # of the scores of tokens

    scoring: Scoring

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        scale = 1 / math.sqrt(config.positive("query_pre_attn_scalar", 256))
        prediction = Prediction(softcap=_read_cap(config, "final_logit_softcapping", cls.default_cap))
        scoring = Scoring(scale=scale, softcap=cls.read_cap(config))
        return super().fields(config, kind) | {"scoring": scoring, "prediction": prediction}

    @classmethod
    def read_cap(cls, config: Config) -> float | None:
        """The cap of the scores, None without one."""
        return _read_cap(config, "attn_logit_softcapping", 50.0)

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        before, after, last = (
            self.norm(f"layers.{number}.{part}_layernorm", self.shape.d_model, self.eps)
            for part in ("pre_feedforward", "post_attention", "post_feedforward")
        )
        return super().block(number)._replace(feed_forward_norm=before, added_norms=(after, last))

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        return super().attention(name, number)._replace(scoring=self.scoring)


FAMILY = Gemma2


def _read_cap(config: Config, key: str, default: float | None) -> float | None:
    """The cap under a key, None without one."""
    return None if config.get(key, default) is None else config.positive(key, default)
