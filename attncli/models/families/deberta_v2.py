"""DeBERTa-v2 and v3 (He et al. 2021 and 2023): BERT's block with disentangled attention.

Positions enter the scores alone (He et al. 2021, section 3.1); v2 has logarithmic buckets of offsets, and may use the
projections of the words for the offsets too, and a convolution beside its first block (its authors' code: nGiE).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.chain import Chain
from attncli.models.blocks.convolution import Convolution, ConvolvedBlock
from attncli.models.blocks.disentangled import Disentangled, OffsetRows
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Projections, Separate
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import LARGEST, Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Block, Classifier, Family, Layer, ModelShape, OutputLayer, Prediction

TERMS = ("c2p", "p2c")


class Head(NamedTuple):
    """The names of one head that predicts masked words: the layers in front of its output layer, and its bias.

    narrow: whether what it makes has the width of the embedding.
    """

    transform: str
    biases: tuple[str, ...]
    narrow: bool


#: Whether the config says `legacy` → the head.
HEADS = {
    True: Head("cls.predictions.transform", ("cls.predictions.decoder.bias", "cls.predictions.bias"), narrow=True),
    False: Head("lm_predictions.lm_head", ("lm_predictions.lm_head.bias",), narrow=False),
}


@dataclass(frozen=True, kw_only=True)
class DebertaV2(Family):
    """terms: those of `TERMS` that the scores have; rows: of the offsets, None where positions do not enter the scores.

    counted: the terms that the divisor counts beside q·k; normed: whether the embeddings of offsets are; shared:
    whether the projections of words are those of offsets; convolution: beside the first block; width: of the embedding;
    legacy: whether its head is the one that transformers had first, where the files have both or neither.
    """

    names = Names(
        blocks="encoder.layer",
        prefixes=("deberta.",),
        buffers=("embeddings.position_ids",),
        # the last ones are of the decoder of masked words (He et al. 2021, section 3.2), where the blocks take none
        heads=("cls.", "lm_predictions.", "mask_predictions.", "embeddings.position_embeddings."),
    )
    output = OutputLayer(
        "embeddings.word_embeddings.weight",
        ("cls.predictions.decoder.weight",),
        tuple(bias for head in HEADS.values() for bias in head.biases),
    )
    tokenizers: ClassVar = {"deberta-v2": "DebertaV2Tokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    terms: frozenset[str]
    counted: int
    rows: OffsetRows | None
    normed: bool
    shared: bool
    convolution: Convolution | None
    width: int
    legacy: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        d_k, d = config.head_size("hidden_size", "num_attention_heads"), config.size("hidden_size")
        n_layer, n_head = config.size("num_hidden_layers"), config.size("num_attention_heads")
        positions, eps = config.size("max_position_embeddings", 512), config.epsilon("layer_norm_eps", 1e-7)
        pooled = read_activation(config, "pooler_hidden_act", "gelu")
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, positions, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=_read_embeddings(config, positions, eps),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu"),
            classifier=Classifier("classifier", Transform(Dense("pooler.dense", d, d), pooled)),
            width=config.size("embedding_size", d),
            legacy=config.switch("legacy", True),
            **cls.read_attention(config, positions),
        )

    @classmethod
    def read_attention(cls, config: Config, positions: int) -> dict[str, Any]:
        """The fields about the scores, and the convolution."""
        size, terms = "attention_head_size", read_terms(config)
        if config.get(size) not in (None, config.head_size("hidden_size", "num_attention_heads")):
            raise config.error(size, "hidden_size / num_attention_heads")
        return {
            "terms": frozenset(terms),
            "counted": len(set(terms)),
            "rows": _read_rows(config, positions),
            "normed": _read_normed(config),
            "shared": config.switch("share_att_key", False),
            "convolution": _read_convolution(config),
        }

    def stored(self, names: Iterable[str]) -> Self:
        """The family with the head that is in a checkpoint with arrays of these bare names.

        The published v3 has the second head alone, and a config that does not say so. That one takes the embedding,
        whatever the config ties.
        """
        there = {each for each, head in HEADS.items() if f"{head.transform}.dense.weight" in names}
        head = HEADS[self.legacy if len(there) != 1 else there.pop()]
        d, width = self.shape.d_model, self.width if head.narrow else self.shape.d_model
        dense = Dense(f"{head.transform}.dense", d, width)
        norm = LayerNorm(f"{head.transform}.LayerNorm", width, self.eps)
        prediction = Prediction(Transform(dense, self.activation, norm), biases=head.biases)
        return replace(self, prediction=prediction, tied=self.tied or not head.narrow)

    def block(self, number: int) -> Block:
        """Block `number`."""
        name, d = f"encoder.layer.{number}", self.shape.d_model
        inner, outer = Dense(f"{name}.intermediate.dense", d, self.d_ff), Dense(f"{name}.output.dense", self.d_ff, d)
        block = PostNormBlock(
            self._attention(f"{name}.attention"),
            LayerNorm(f"{name}.attention.output.LayerNorm", d, self.eps),
            FeedForward(inner, outer, self.activation),
            LayerNorm(f"{name}.output.LayerNorm", d, self.eps),
        )
        if number or self.convolution is None:
            return block
        return ConvolvedBlock(block, self.convolution, LayerNorm("encoder.conv.LayerNorm", d, self.eps))

    def projections(self, name: str) -> Projections:
        """To q, k and v of the attention of that name."""
        d, n_head = self.shape.d_model, self.shape.n_head
        query, key, value = (Dense(f"{name}.{part}_proj", d, d) for part in ("query", "key", "value"))
        return Separate(query, key, value, n_head, n_head)

    def of_offsets(self, name: str) -> tuple[Dense, Dense]:
        """The linear layers to keys and to queries of offsets."""
        d, prefix = self.shape.d_model, "" if self.shared else "pos_"
        return Dense(f"{name}.{prefix}key_proj", d, d), Dense(f"{name}.{prefix}query_proj", d, d)

    def _attention(self, name: str) -> SelfAttention:
        d, scale = self.shape.d_model, 1 / math.sqrt(self.shape.d_k * (1 + self.counted))
        return SelfAttention(
            self.projections(f"{name}.self"),
            Dense(f"{name}.output.dense", d, d),
            scoring=Scoring(scale=scale),
            content_bias=self._disentangled(f"{name}.self", scale),
        )

    def _disentangled(self, name: str, scale: float) -> Disentangled | None:
        """The terms of the attention of that name."""
        if self.rows is None or not self.terms:
            return None
        d, (key, query) = self.shape.d_model, self.of_offsets(name)
        return Disentangled(
            self.rows,
            Table("encoder.rel_embeddings", 2 * self.rows.span, d),
            LayerNorm("encoder.LayerNorm", d, self.eps) if self.normed else None,
            key if "c2p" in self.terms else None,
            query if "p2c" in self.terms else None,
            self.shape.n_head,
            scale,
        )


FAMILY = DebertaV2


def read_terms(config: Config) -> list[str]:
    """The terms of the scores beside q·k, as often as they are named: a list, or one text with | between them."""
    given = config.get("pos_att_type")
    terms = [each.strip() for each in given.lower().split("|")] if isinstance(given, str) else given
    if terms is None:
        return []
    if not isinstance(terms, list) or not all(isinstance(each, str) and each in TERMS for each in terms):
        raise config.error("pos_att_type", f"some of {', '.join(TERMS)}")
    return terms


def read_reach(config: Config, positions: int) -> int | None:
    """The farthest offset that has a row of its own; None where positions do not enter the scores."""
    reach = config.get("max_relative_positions", -1)
    if not config.switch("relative_attention", False):
        return None
    if type(reach) is not int or not -LARGEST < reach < LARGEST:
        raise config.error("max_relative_positions", "an integer")
    return reach if reach > 0 else positions


def _read_rows(config: Config, positions: int) -> OffsetRows | None:
    reach, buckets = read_reach(config, positions), config.get("position_buckets", -1)
    if type(buckets) is not int or not -LARGEST < buckets < LARGEST or buckets == 1:
        raise config.error("position_buckets", "at least 2, or a number below 1 for none")
    if reach is None:
        return None
    return OffsetRows(buckets, buckets, reach) if buckets > 0 else OffsetRows(reach)


def _read_normed(config: Config) -> bool:
    """Whether the embeddings of offsets are normed."""
    given = config.get("norm_rel_ebd", "none")
    kinds = [each.strip() for each in given.lower().split("|")] if isinstance(given, str) else [None]
    if not {*kinds} <= {"none", "layer_norm"}:
        raise config.error("norm_rel_ebd", "'none' or 'layer_norm'")
    return "layer_norm" in kinds


def _read_convolution(config: Config) -> Convolution | None:
    """The convolution beside the first block; without a positive width there is none."""
    given = config.get("conv_kernel_size")
    if given is None or (type(given) is int and given <= 0):
        config.ignore("conv_groups conv_act")
        return None
    width, groups, d = config.size("conv_kernel_size"), config.size("conv_groups", 1), config.size("hidden_size")
    if width % 2 == 0:
        raise config.error("conv_kernel_size", "an odd number")
    if d % groups:
        raise config.error("conv_groups", f"a divisor of hidden_size {d}")
    return Convolution("encoder.conv.conv", d, width, groups, read_activation(config, "conv_act", "tanh"))


def _read_embeddings(config: Config, positions: int, eps: float) -> Embeddings:
    """LayerNorm(word, and position and segment where it has them), projected first from a smaller size."""
    d_model, types = config.size("hidden_size"), config.get("type_vocab_size", 0)
    d, norm = config.size("embedding_size", d_model), LayerNorm("embeddings.LayerNorm", d_model, eps)
    projected: Layer = Chain((Dense("embeddings.embed_proj", d, d_model, biased=False), norm))
    segments = None if types == 0 else Table("embeddings.token_type_embeddings", config.size("type_vocab_size"), d)
    placed = config.switch("position_biased_input", True)
    return Embeddings(
        Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d),
        Table("embeddings.position_embeddings", positions, d) if placed else None,
        segments,
        norm if d == d_model else projected,
    )
