"""Gemma 3 (Gemma Team 2025, section 2) for text, the text half of it, and EmbeddingGemma (Vera et al. 2025).

Five of six blocks see a window, with a rotation of their own; queries and keys have norms in the place of the cap.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.rotary import Rotary
from attncli.models.blocks.rotary_by_type import FULL, SLIDING, read_rotaries
from attncli.models.blocks.windows import WindowRule
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.families.gemma import TANH
from attncli.models.families.gemma2 import Gemma2
from attncli.models.families.llama import ATTENTION_BIAS, Kind
from attncli.models.family import Prediction

BASES = {FULL: ("rope_theta", 1e6), SLIDING: ("rope_local_base_freq", 1e4)}
KIND = Kind(
    *(131_072, 4, 256),
    bias_keys=ATTENTION_BIAS,
    ignored="hidden_act attn_logit_softcapping _sliding_window_pattern",
    head_norms=True,
    activation=("hidden_activation", TANH),
)
#: A `text_config` leaves out what is the default of its class.
SIZES = {"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8}
VISION = "vision_config mm_tokens_per_image boi_token_index eoi_token_index image_token_index image_token_id"


@dataclass(frozen=True, kw_only=True)
class Gemma3(Gemma2):
    """local: the rotation in blocks that see a window."""

    names = Names(
        blocks="layers",
        prefixes=("model.", "language_model."),
        buffers=("*rotary_emb*inv_freq",),
        heads=("vision_tower.", "multi_modal_projector."),
    )
    default_cap: ClassVar = None
    tokenizers: ClassVar = dict.fromkeys(("gemma3", "gemma3_text"), "GemmaTokenizer")
    kinds: ClassVar = {"gemma3_text": KIND, "gemma3": KIND}

    local: Rotary

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config: of a `gemma3`, which sees pictures too, the one of its `text_config`."""
        if config.get("model_type") != "gemma3":
            return super().read(config)
        text = config.nested("text_config")
        if text is None:
            raise config.error("text_config", "the config of the text half")
        text.values = {**SIZES, **text.values}
        config.ignore(VISION)
        super().check_direction(text)
        tied = config.switch("tie_word_embeddings", cls.output.tied)
        return cls(**{**cls.fields(text, KIND), "tied": tied, "prediction": Prediction()})  # which is never capped

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind.

        With `use_bidirectional_attention` a window of W is W/2 keys to each side.
        """
        every = config.size("sliding_window_pattern", 6)
        found = super().fields(config, replace(kind, windows=WindowRule(4096, every=every)))
        shape, windows = found["shape"], found["windows"]
        if config.switch("use_bidirectional_attention", False):
            if windows.width is not None:
                windows = windows._replace(width=windows.width // 2 + (not shape.causal))
            shape = replace(shape, causal=False)
        rotaries = read_rotaries(config, shape.d_k, shape.positions, BASES)
        return found | {"shape": shape, "windows": windows, "local": rotaries[SLIDING]}

    @classmethod
    def read_cap(cls, config: Config) -> None:
        """None: the scores have no cap, whatever the config says."""

    @classmethod
    def check_direction(cls, config: Config) -> None:
        """A model for text alone may see all."""

    @classmethod
    def read_rotary(cls, config: Config, d_k: int, positions: int, kind: Kind) -> Rotary:
        """The rotation in blocks that see all keys."""
        return read_rotaries(config, d_k, positions, BASES)[FULL]

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        attention = super().attention(name, number)
        return attention._replace(rotary=self.local) if self.windows.slide(number) else attention


FAMILY = Gemma3
