"""T5 (Raffel et al. 2020), mT5 (Xue et al. 2021) and UMT5 (Chung et al. 2023): encoder and decoder with offset biases.

Scores are not divided by √d, and get a learned number by the offset of query and key (section 2.1); RMS norms come
before each half. In T5 and mT5 the numbers are those of the first block, in UMT5 each block has its own.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.activations import ACTIVATIONS, Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.decoder import CrossAttention, CrossBlock
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, GatedFeedForward, RMSNorm, Table
from attncli.models.blocks.offsets import Buckets
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.blocks.shared_words import COPIES, by_part
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.family import Family, ModelShape, OutputLayer, Prediction

UNSCALED = Scoring(scale=1.0)


@dataclass(frozen=True, kw_only=True)
class T5(EncoderDecoder):
    """gated: whether the feed-forward is; own_biases: whether every block has offset biases of its own."""

    names = Names(
        blocks="encoder.block",
        prefixes=("transformer.",),
        copies=COPIES,
        heads=("shared.", "classification_head."),
        buffers=("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",),
    )
    output = OutputLayer("shared.weight", ("lm_head.weight",))
    aliases: ClassVar = {
        **{"hidden_size": "d_model", "num_attention_heads": "num_heads", "num_hidden_layers": "num_layers"},
        "head_dim": "d_kv",
    }
    tokenizers: ClassVar = {"t5": "T5Tokenizer", "mt5": "T5Tokenizer", "umt5": "TokenizersBackend"}

    d_ff: int
    eps: float
    activation: Activation
    gated: bool
    own_biases: bool
    buckets: tuple[int, int]

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder and decoder of a config."""
        config.ignore("is_decoder is_encoder_decoder")
        shape = _read_shape(config)
        decoder_layers = config.optional_size("num_decoder_layers") or shape.n_layer
        table = Table("shared", config.optional_size("vocab_size"), shape.d_model)
        eps, (activation, gated) = config.epsilon("layer_norm_epsilon", 1e-6), _read_activation(config)
        return cls(
            shape=shape,
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(table),
            last=RMSNorm("encoder.final_layer_norm", shape.d_model, eps),
            decoder_shape=replace(shape, n_layer=decoder_layers, causal=True),
            decoder_embedding=Embeddings(table),
            decoder_last=RMSNorm("decoder.final_layer_norm", shape.d_model, eps),
            prediction=_read_prediction(config, shape.d_model),
            start=config.token("decoder_start_token_id", config.token("pad_token_id", 0)),
            d_ff=config.size("d_ff", _default(config, "d_ff")),
            eps=eps,
            activation=activation,
            gated=gated,
            own_biases=config.get("model_type") == "umt5",
            buckets=_read_buckets(config),
        )

    def stored(self, names: Iterable[str]) -> Family:
        """With the tables of words that the files have, and the decoder if they do; the output layer may be a table."""
        there = frozenset(names)
        embeddings = by_part((self.embedding, self.decoder_embedding), there)
        tied = self.tied or self.output.weights[0] not in there
        found = replace(self, embedding=embeddings[0], decoder_embedding=embeddings[1], tied=tied)
        return found if any(name.startswith("decoder.") for name in there) else found.without_decoder()

    def block(self, number: int) -> PreNormBlock:
        """Block `number` of the encoder."""
        name = f"encoder.block.{number}"
        attention = self._attention("encoder", number, causal=False)
        return PreNormBlock(self._norm(f"{name}.layer.0"), attention, self._norm(f"{name}.layer.1"), self._fed(name, 1))

    def decoder_block(self, number: int) -> CrossBlock:
        """Block `number` of the decoder."""
        name, sizes = f"decoder.block.{number}", self.decoder_shape
        query, key, value, mixing = self._denses(f"{name}.layer.1.EncDecAttention")
        return CrossBlock(
            self._attention("decoder", number, causal=True),
            self._norm(f"{name}.layer.0"),
            CrossAttention(query, key, value, sizes.n_head, mixing, UNSCALED),
            self._norm(f"{name}.layer.1"),
            self._fed(name, 2),
            self._norm(f"{name}.layer.2"),
            first=True,
        )

    def _attention(self, part: str, number: int, causal: bool) -> SelfAttention:
        n_head, within = self.shape.n_head, "layer.0.SelfAttention"
        query, key, value, mixing = self._denses(f"{part}.block.{number}.{within}")
        biased = number if self.own_biases else 0
        bias = Buckets(f"{part}.block.{biased}.{within}.relative_attention_bias", *self.buckets, n_head, causal)
        projections = Separate(query, key, value, n_head, n_head)
        return SelfAttention(projections, mixing, causal, scoring=UNSCALED, offset_bias=bias)

    def _denses(self, name: str) -> tuple[Dense, Dense, Dense, Dense]:
        d, inner = self.shape.d_model, self.shape.n_head * self.shape.d_k
        query, key, value = (Dense(f"{name}.{part}", d, inner, biased=False) for part in "qkv")
        return query, key, value, Dense(f"{name}.o", inner, d, biased=False)

    def _norm(self, name: str) -> RMSNorm:
        return RMSNorm(f"{name}.layer_norm", self.shape.d_model, self.eps)

    def _fed(self, name: str, number: int) -> FeedForward | GatedFeedForward:
        inside, d = f"{name}.layer.{number}.DenseReluDense", self.shape.d_model
        outer = Dense(f"{inside}.wo", self.d_ff, d, biased=False)
        if not self.gated:
            return FeedForward(Dense(f"{inside}.wi", d, self.d_ff, biased=False), outer, self.activation)
        gate, up = (Dense(f"{inside}.wi_{each}", d, self.d_ff, biased=False) for each in (0, 1))
        return GatedFeedForward(gate, up, outer, self.activation)


FAMILY = T5
POSITIONS = 512  # that T5 was trained with; offset biases have no end


#: Keys of a config → the value where T5's and mT5's and UMT5's lack them.
DEFAULTS: Mapping[str, tuple[int, int]] = {
    "num_layers": (6, 8),
    "num_heads": (8, 6),
    "d_kv": (64, 64),
    "d_ff": (2048, 1024),
}


def _default(config: Config, name: str) -> int:
    return DEFAULTS[name][config.get("model_type") != "t5"]


def _read_shape(config: Config) -> ModelShape:
    names = ("num_layers", "num_heads", "d_kv")
    n_layer, n_head, d_k = (config.size(name, _default(config, name)) for name in names)
    positions = config.optional_size("n_positions") or POSITIONS
    return ModelShape(n_layer, n_head, n_head, config.size("d_model", 512), d_k, positions, causal=False)


def _read_buckets(config: Config) -> tuple[int, int]:
    """How many buckets the offsets have, and the offset that the last of them begins at."""
    buckets, farthest = (f"relative_attention_{each}" for each in ("num_buckets", "max_distance"))
    found = config.size(buckets, 32), config.size(farthest, 128)
    if found[0] < 4:
        raise config.error(buckets, "at least 4")
    if found[1] <= found[0] // 2:
        raise config.error(farthest, f"more than half of the {found[0]} buckets, which have one offset each")
    return found


def _read_activation(config: Config) -> tuple[Activation, bool]:
    """The activation, and whether it is gated: as two keys say, else as feed_forward_proj names both.

    There `gated-gelu` means the tanh form.
    """
    named = config.get("feed_forward_proj", "relu" if config.get("model_type") == "t5" else "gated-gelu")
    gated, name = (named.startswith("gated-"), named.removeprefix("gated-")) if isinstance(named, str) else (False, "")
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise config.error("feed_forward_proj", f"one of the activations {known}, perhaps with gated- before it")
    default = "gelu_new" if gated and name == "gelu" else name
    is_gated = gated if config.get("is_gated_act") is None else config.switch("is_gated_act", gated)
    own = config.get("dense_act_fn") is not None
    return read_activation(config, "dense_act_fn", default) if own else ACTIVATIONS[default], is_gated


def _read_prediction(config: Config, d_model: int) -> Prediction:
    """In front of the output layer d_model^(−½), in T5 and UMT5 where that layer is the embedding (T5's own code).

    Newer configs say so by a key of its own; mT5 has no such factor.
    """
    scaled = config.switch("scale_decoder_outputs", config.switch("tie_word_embeddings", True))
    return Prediction(scale=1 / math.sqrt(d_model) if scaled and config.get("model_type") != "mt5" else 1.0)
