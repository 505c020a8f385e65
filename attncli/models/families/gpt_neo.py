"""GPT-Neo (Black et al. 2021): GPT-2's blocks, of which some see a window of tokens, and scores that no √d_k divides.

The windows are those of Beltagy et al. 2020 (section 3.1), on the side of earlier tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer

#: The names that a config has for a block's attention → whether the block has a window.
KINDS = {"global": False, "local": True}
Pattern = tuple[tuple[bool, ...], int]  # whether each of some blocks has a window, and how often they are repeated


@dataclass(frozen=True, kw_only=True)
class GptNeo(Family):
    """window: of a local block, in tokens; patterns: which blocks are local, from the first to the last."""

    names = Names(
        blocks="h",
        prefixes=("transformer.",),
        buffers=("h.*.attn.attention.bias", "h.*.attn.attention.masked_bias"),
    )
    output = OutputLayer("wte.weight", ("lm_head.weight",))
    aliases: ClassVar = {"num_attention_heads": "num_heads", "num_hidden_layers": "num_layers"}
    tokenizers: ClassVar = {"gpt_neo": "GPT2Tokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    window: int
    patterns: tuple[Pattern, ...]

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config. Its mask of later tokens is its own, whatever `is_causal` says."""
        config.ignore("is_decoder add_cross_attention is_causal")
        n_layer, n_head = config.size("num_layers"), config.size("num_heads")
        d_k, eps = config.head_size("hidden_size", "num_heads"), config.epsilon("layer_norm_epsilon", 1e-5)
        d, positions = n_head * d_k, config.size("max_position_embeddings", 2048)
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, positions, causal=True),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("wte", config.optional_size("vocab_size"), d), Table("wpe", positions, d)),
            last=LayerNorm("ln_f", d, eps),
            d_ff=config.optional_size("intermediate_size") or 4 * d,
            eps=eps,
            activation=read_activation(config, "activation_function", "gelu_new"),
            window=config.size("window_size", 256),
            patterns=_read_patterns(config, n_layer),
        )

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d, n_head = f"h.{number}", self.shape.d_model, self.shape.n_head
        query, key, value = (Dense(f"{name}.attn.attention.{part}_proj", d, d, False) for part in "qkv")
        inner, outer = Dense(f"{name}.mlp.c_fc", d, self.d_ff), Dense(f"{name}.mlp.c_proj", self.d_ff, d)
        attention = SelfAttention(
            Separate(query, key, value, n_head, n_head),
            Dense(f"{name}.attn.attention.out_proj", d, d),
            causal=True,
            window=(self.window - 1, 0) if _is_local(self.patterns, number) else None,
            scoring=Scoring(scale=1.0),
        )
        first, second = (LayerNorm(f"{name}.ln_{half}", d, self.eps) for half in (1, 2))
        return PreNormBlock(first, attention, second, FeedForward(inner, outer, self.activation))


FAMILY = GptNeo


def _is_local(patterns: Sequence[Pattern], number: int) -> bool:
    """Whether block `number` has a window."""
    for slides, times in patterns:
        if number < len(slides) * times:
            return slides[number % len(slides)]
        number -= len(slides) * times
    return False


def _read_patterns(config: Config, n_layer: int) -> tuple[Pattern, ...]:
    """The kinds of the blocks, by `attention_layers`, one a block, or else by `attention_types`, repeated."""
    listed, types = (config.get(key) for key in ("attention_layers", "attention_types"))
    key, found = ("attention_types", types) if listed is None else ("attention_layers", [[listed, 1]])
    expected = f"names among {', '.join(KINDS)} for {n_layer:,} layers"
    try:
        patterns = tuple((tuple(KINDS[name] for name in names), times) for names, times in found or [[[*KINDS], 12]])
    except (KeyError, TypeError, ValueError):
        raise config.error(key, expected) from None
    if any(type(times) is not int or times < 1 for _, times in patterns):
        raise config.error(key, f"{expected}, each list of them with a positive number of times")
    if sum(len(slides) * times for slides, times in patterns) != n_layer:
        raise config.error(key, expected)
    return patterns
