"""Gemma (Gemma Team 2024): Llama's block with the embedding times √d, and norms whose gain is added to one."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.activations import gelu_tanh
from attncli.models.blocks.layers import RMSNorm
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.families.llama import ATTENTION_BIAS, Kind, Llama
from attncli.models.family import Norm, OutputLayer

TANH = "gelu_pytorch_tanh"


@dataclass(frozen=True, kw_only=True)
class Gemma(Llama):
    """A decoder of the family."""

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb*inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=True)
    tokenizers: ClassVar = {"gemma": "GemmaTokenizer"}
    kinds: ClassVar = {
        "gemma": Kind(
            *(8192, 16, 256),
            bias_keys=ATTENTION_BIAS,
            ignored="hidden_activation",
            activation=("hidden_act", TANH),
        ),
    }

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind; the first configs say `gelu`, and mean its tanh form."""
        found = super().fields(config, kind)
        found["embedding"] = found["embedding"]._replace(multiplier=math.sqrt(found["shape"].d_model))
        cls.check_direction(config)
        if kind.activation[0] == "hidden_act" and config.get("hidden_act") == "gelu":
            found["activation"] = gelu_tanh
        return found

    @classmethod
    def check_direction(cls, config: Config) -> None:
        """ResourceError for a decoder that should see all: whether transformers masks it depends on its kernel."""
        if config.switch("use_bidirectional_attention", False):
            raise config.error("use_bidirectional_attention", "false, since a model of this type sees what came before")

    @classmethod
    def norm(cls, name: str, d: int, eps: float) -> Norm:
        """An RMS norm whose stored gain is added to 1."""
        return RMSNorm(name, d, eps, above_one=True)


FAMILY = Gemma
