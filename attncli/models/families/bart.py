"""BART (Lewis et al. 2020) and its kin: mBART, Marian, Blenderbot and others, as the first Transformer is.

Vaswani et al. 2017 (section 3) with other norms and positions: Lewis et al. 2020 (BART, section 2.1), Liu et al. 2020
(mBART, section 2.2), Junczys-Dowmunt et al. 2018 (Marian), Zhang et al. 2020 (Pegasus), Fan et al. 2021 (M2M-100),
Roller et al. 2021 (Blenderbot, section 4.3).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Self

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.chain import Chain
from attncli.models.blocks.decoder import CrossAttention, CrossBlock
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock, PreNormBlock
from attncli.models.blocks.shared_words import COPIES, OWN, by_part
from attncli.models.blocks.sinusoids import Sinusoids
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.family import ModelShape, OutputLayer, Prediction

EPS = 1e-5  # no setting of the config
FEWEST = 4  # dimensions of Tensor2Tensor's positions
IGNORED = """is_decoder is_encoder_decoder num_hidden_layers static_position_embeddings normalize_embedding
    normalize_before extra_pos_embeddings add_bias_logits add_final_layer_norm decoder_vocab_size"""


#: Keys of a config → the value where it lacks them, in BART and most of its kin.
DEFAULTS: Mapping[str, int] = {
    **{"d_model": 1024, "max_position_embeddings": 1024, "pad_token_id": 1, "decoder_start_token_id": 2},
    **dict.fromkeys(("encoder_layers", "decoder_layers"), 12),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 16),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 4096),
}
CHAT = {"pad_token_id": 0, "decoder_start_token_id": 1}
LARGE = {
    **{**CHAT, "d_model": 2560, "max_position_embeddings": 128, "encoder_layers": 2, "decoder_layers": 24},
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 32),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 10240),
}
SMALL = {
    **{**CHAT, "d_model": 512, "max_position_embeddings": 512, "encoder_layers": 8, "decoder_layers": 8},
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 2048),
}
MARIAN = dict.fromkeys(("pad_token_id", "decoder_start_token_id"), 58100)
PEGASUS = dict.fromkeys(("pad_token_id", "decoder_start_token_id"), 0)


class Kind(NamedTuple):
    """One model_type of the family.

    first: whether norms come before each half, and a last one behind all blocks; embedded: whether the embeddings have
    a norm; inside: whether the decoder's is that of the words, before positions are added; positions: learned, or
    sinusoids of the `paper` or of `tensor2tensor`; unused: rows of learned ones before the first; wraps: whether the
    decoder begins with the target's last token; biased: whether the output layer is. The rest are defaults of a config.
    """

    first: bool
    embedded: bool
    positions: str
    activation: str = "gelu"
    scaled: bool = False
    wraps: bool = False
    biased: bool = True
    inside: bool = False
    unused: int = 2
    defaults: Mapping[str, int] = MappingProxyType({})

    def default(self, name: str) -> int:
        """The value of a key that a config lacks."""
        return self.defaults.get(name, DEFAULTS[name])


KINDS = {
    "bart": Kind(first=False, embedded=True, positions="learned"),
    "mbart": Kind(first=True, embedded=True, positions="learned", wraps=True),
    "blenderbot": Kind(first=True, embedded=False, positions="learned", unused=0, defaults=LARGE),
    "blenderbot-small": Kind(first=False, embedded=True, positions="learned", inside=True, unused=0, defaults=SMALL),
    "marian": Kind(first=False, embedded=False, positions="paper", defaults=MARIAN),
    "pegasus": Kind(first=True, embedded=False, positions="paper", defaults=PEGASUS),
    "m2m_100": Kind(
        first=True, embedded=False, positions="tensor2tensor", activation="relu", scaled=True, biased=False
    ),
}


@dataclass(frozen=True, kw_only=True)
class Bart(EncoderDecoder):
    """d_ff: of encoder and decoder; padding: the token id that counts no position, in M2M-100."""

    names = Names(
        blocks="encoder.layers",
        prefixes=("model.",),
        copies=COPIES,
        buffers=("final_logits_bias",),
        heads=("final_logits_bias", "classification_head.", "shared."),
    )
    output = OutputLayer("shared.weight", ("lm_head.weight",), ("final_logits_bias",), bias_needed=False)
    aliases: ClassVar = {"hidden_size": "d_model", "num_attention_heads": "encoder_attention_heads"}
    tokenizers: ClassVar = {
        **{"bart": "BartTokenizer", "mbart": "MBartTokenizer", "marian": "MarianTokenizer"},
        **{"pegasus": "PegasusTokenizer", "m2m_100": "M2M100Tokenizer"},
        **{"blenderbot": "BlenderbotTokenizer", "blenderbot-small": "BlenderbotSmallTokenizer"},
    }

    kind: Kind
    d_ff: tuple[int, int]
    activation: Activation
    padding: int

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder and decoder of a config."""
        kind = KINDS[config.get("model_type")]
        config.ignore(IGNORED)
        shapes = [_read_shape(config, part, kind) for part in ("encoder", "decoder")]
        embeddings = [_read_embeddings(config, part, kind) for part in ("encoder", "decoder")]
        lasts = [LayerNorm(f"{part}.layer_norm", shapes[0].d_model, EPS) for part in ("encoder", "decoder")]
        padding = config.token("pad_token_id", kind.default("pad_token_id"))
        return cls(
            shape=shapes[0],
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=embeddings[0],
            last=lasts[0] if kind.first else None,
            decoder_shape=shapes[1],
            decoder_embedding=embeddings[1],
            decoder_last=lasts[1] if kind.first else None,
            prediction=Prediction(biases=None if kind.biased else ()),
            start=None
            if kind.wraps
            else config.token("decoder_start_token_id", kind.default("decoder_start_token_id")),
            kind=kind,
            d_ff=(_size(config, "encoder_ffn_dim", kind), _size(config, "decoder_ffn_dim", kind)),
            activation=read_activation(config, "activation_function", kind.activation),
            padding=padding,
        )

    def stored(self, names: Iterable[str]) -> Self:
        """With the tables of words that the checkpoint has; the output layer is the shared one, or the decoder's."""
        embeddings = by_part((self.embedding, self.decoder_embedding), there := frozenset(names))
        own = None if self.output.embedding in there or OWN["decoder"] not in there else OWN["decoder"]
        prediction = self.prediction._replace(embedding=own)
        return replace(self, embedding=embeddings[0], decoder_embedding=embeddings[1], prediction=prediction)

    def positions(self, ids: Array) -> Array:
        """0, 1, 2 …; in M2M-100 a padding token has the place of the table's empty row: `[b, n]`."""
        if self.kind.positions != "tensor2tensor":
            return super().positions(ids)
        counted = ids != self.padding  # [b, n]
        positions: Array = np.cumsum(counted, axis=-1) * counted + self.padding
        return positions

    def block(self, number: int) -> PreNormBlock | PostNormBlock:
        """Block `number` of the encoder."""
        name = f"encoder.layers.{number}"
        attention, feed_forward = self._attention(name, self.shape, causal=False), self._fed(name, self.d_ff[0])
        norms = self._norm(f"{name}.self_attn"), self._norm(f"{name}.final")
        if self.kind.first:
            return PreNormBlock(norms[0], attention, norms[1], feed_forward)
        return PostNormBlock(attention, norms[0], feed_forward, norms[1])

    def decoder_block(self, number: int) -> CrossBlock:
        """Block `number` of the decoder."""
        name = f"decoder.layers.{number}"
        query, key, value, mixing = self._denses(f"{name}.encoder_attn")
        return CrossBlock(
            self._attention(name, self.decoder_shape, causal=True),
            self._norm(f"{name}.self_attn"),
            CrossAttention(query, key, value, self.decoder_shape.n_head, mixing),
            self._norm(f"{name}.encoder_attn"),
            self._fed(name, self.d_ff[1]),
            self._norm(f"{name}.final"),
            self.kind.first,
        )

    def _attention(self, name: str, sizes: ModelShape, causal: bool) -> SelfAttention:
        query, key, value, mixing = self._denses(f"{name}.self_attn")
        return SelfAttention(Separate(query, key, value, sizes.n_head, sizes.n_head), mixing, causal)

    def _denses(self, name: str) -> tuple[Dense, Dense, Dense, Dense]:
        d = self.shape.d_model
        query, key, value, mixing = (Dense(f"{name}.{part}_proj", d, d) for part in ("q", "k", "v", "out"))
        return query, key, value, mixing

    def _norm(self, name: str) -> LayerNorm:
        return LayerNorm(f"{name}_layer_norm", self.shape.d_model, EPS)

    def _fed(self, name: str, d_ff: int) -> FeedForward:
        d = self.shape.d_model
        return FeedForward(Dense(f"{name}.fc1", d, d_ff), Dense(f"{name}.fc2", d_ff, d), self.activation)


FAMILY = Bart


def _size(config: Config, name: str, kind: Kind) -> int:
    return config.size(name, kind.default(name))


def _read_shape(config: Config, part: str, kind: Kind) -> ModelShape:
    d, n_head = _size(config, "d_model", kind), _size(config, f"{part}_attention_heads", kind)
    if d % n_head:
        raise config.error("d_model", f"a multiple of {part}_attention_heads {n_head}")
    n_layer, positions = _size(config, f"{part}_layers", kind), _size(config, "max_position_embeddings", kind)
    return ModelShape(n_layer, n_head, n_head, d, d // n_head, positions, causal=part == "decoder")


def _read_embeddings(config: Config, part: str, kind: Kind) -> Embeddings:
    d = _size(config, "d_model", kind)
    words = Table("shared", _read_words(config, part), d)
    norm = LayerNorm(f"{part}.layernorm_embedding", d, EPS)
    multiplier = math.sqrt(d) if config.switch("scale_embedding", kind.scaled) else 1.0
    positions = _read_positions(config, part, kind)
    if kind.inside and part == "decoder":  # a norm takes no multiplier
        return Embeddings(Chain((words, norm)), positions)
    return Embeddings(words, positions, norm=norm if kind.embedded else None, multiplier=multiplier)


def _read_words(config: Config, part: str) -> int | None:
    """The number of words of a part."""
    words = config.optional_size("vocab_size")
    if part == "encoder" or config.switch("share_encoder_decoder_embeddings", True):
        return words
    return config.optional_size("decoder_vocab_size") or words


def _read_positions(config: Config, part: str, kind: Kind) -> Table | Sinusoids:
    name, d = f"{part}.embed_positions", _size(config, "d_model", kind)
    if kind.positions == "learned":
        return Table(name, _size(config, "max_position_embeddings", kind) + kind.unused, d, kind.unused)
    if kind.positions == "paper":
        return Sinusoids(name, d)
    if d < FEWEST:
        raise config.error("d_model", f"at least {FEWEST}, between whose frequencies there is a step")
    return Sinusoids(name, d, paper=False, empty=config.token("pad_token_id", kind.default("pad_token_id")))
