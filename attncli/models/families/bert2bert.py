"""Encoder–decoders of two BERTs or RoBERTas (Rothe et al. 2020, section 2): BERT's block, and cross-attention in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.models.blocks.decoder import CrossAttention, CrossBlock
from attncli.models.blocks.layers import Dense, LayerNorm
from attncli.models.blocks.within import Within
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.families.bert import Bert
from attncli.models.family import OutputLayer, Prediction

PARTS = ("encoder.", "decoder.")  # how the arrays of each are named
KINDS = ("bert", "electra", "roberta", "xlm-roberta", "camembert")


@dataclass(frozen=True, kw_only=True)
class BertToBert(EncoderDecoder):
    """parts: encoder and decoder; kind: the encoder's model_type; shared: whether both have the same arrays.

    elsewhere: the names of arrays of one part → those of the other, under which alone the files have them.
    """

    names = Names(
        blocks="encoder.encoder.layer",
        renamed={f"decoder.{prefix}": "decoder." for prefix in Bert.names.prefixes} | {**Bert.names.renamed},
        buffers=tuple(f"{part}{name}" for part in PARTS for name in Bert.names.buffers),
        heads=("encoder.pooler.", "decoder.cls.", "decoder.lm_head.", "decoder.generator_"),
    )
    output = OutputLayer(
        f"decoder.{Bert.output.embedding}",
        tuple(f"decoder.{name}" for name in Bert.output.weights),
        tuple(f"decoder.{name}" for name in Bert.output.biases),
    )
    tokenizers: ClassVar = Bert.tokenizers
    typical: ClassVar = {part: {"model_type": "bert"} for part in ("encoder", "decoder")}

    parts: tuple[Bert, Bert]
    kind: str
    shared: bool
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    _stored: frozenset[str] = frozenset()

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder and decoder of a config, which has a config of each."""
        config.ignore("is_encoder_decoder")
        inner = _part(config, "encoder"), _part(config, "decoder")
        _check_decoder(inner[1])
        parts = Bert.read(inner[0]), Bert.read_blocks(inner[1])
        embeddings = [Within(part.embedding, prefix) for part, prefix in zip(parts, PARTS, strict=True)]
        return cls(
            shape=parts[0].shape,
            tied=parts[1].tied,
            embedding=embeddings[0],
            decoder_shape=replace(parts[1].shape, causal=True),
            decoder_embedding=embeddings[1],
            decoder_last=None,
            prediction=_read_prediction(parts[1]),
            start=_read_start(config, inner[1]),
            bridge=_read_bridge(inner[1], *parts),
            parts=parts,
            kind=inner[0].values["model_type"],
            shared=config.switch("tie_encoder_decoder", False),
        )

    def stored(self, names: Iterable[str]) -> Self:
        """With the names of arrays that encoder and decoder share, and that the files have once."""
        there = frozenset(names)
        elsewhere = {other: name for name in there if (other := _twin(name)) not in there} if self.shared else {}
        embeddings = [Within(part.embedding, prefix, elsewhere) for part, prefix in zip(self.parts, PARTS, strict=True)]
        return replace(
            self, embedding=embeddings[0], decoder_embedding=embeddings[1], elsewhere=elsewhere, _stored=there
        )

    def tokenizer_class(self, model_type: str) -> str | None:
        """That of the encoder."""
        return super().tokenizer_class(self.kind)

    @property
    def stored_blocks(self) -> int:
        """The blocks of the encoder, or none where the files have them as those of the decoder alone."""
        numbered = any(self.names.block_of(name) is not None for name in self._stored)
        return self.shape.n_layer if numbered or not self.shared else 0

    def positions(self, ids: Array) -> Array:
        """As the encoder counts them."""
        return self.parts[0].positions(ids)

    def target_positions(self, ids: Array) -> Array:
        """As the decoder counts them."""
        return self.parts[1].positions(ids)

    def shifted(self, ids: Iterable[int]) -> tuple[int, ...]:
        """The tokens that the decoder reads for a target; ResourceError where the config names no start."""
        if self.start is None:
            raise ResourceError("decoder_start_token_id in config.json: expected the id of a token, got no such key")
        return super().shifted([*ids])

    def block(self, number: int) -> Within:
        """Block `number` of the encoder."""
        return Within(self.parts[0].block(number), PARTS[0], self.elsewhere)

    def decoder_block(self, number: int) -> Within:
        """Block `number` of the decoder."""
        bert, name = self.parts[1], f"encoder.layer.{number}"
        query, key, value, mixing = bert.linear_layers(f"{name}.crossattention")
        attention, cross, fed = (
            LayerNorm(f"{name}.{each}output.LayerNorm", bert.shape.d_model, bert.eps)
            for each in ("attention.", "crossattention.", "")
        )
        block = CrossBlock(
            bert.attention(name)._replace(causal=True),
            attention,
            CrossAttention(query, key, value, bert.shape.n_head, mixing),
            cross,
            bert.feed_forward(name),
            fed,
            first=False,
        )
        return Within(block, PARTS[1], self.elsewhere)


FAMILY = BertToBert


def _part(config: Config, name: str) -> Config:
    """The config of a part; ResourceError unless it is that of a BERT."""
    inner = config.nested(name)
    if inner is None:
        raise config.error(name, "an object")
    inner.place = f"{name} of {config.place}"
    if inner.get("model_type") not in KINDS:
        raise inner.error("model_type", f"one of {', '.join(KINDS)}")
    return inner


def _check_decoder(config: Config) -> None:
    """ResourceError for a decoder that sees later tokens or no source."""
    for name in ("is_decoder", "add_cross_attention"):
        if not config.switch(name, True):
            raise config.error(name, "true")


def _read_start(config: Config, decoder: Config) -> int | None:
    """The token that the decoder begins with: the config's own, else that of generation; None where there is none."""
    own = "decoder_start_token_id"
    for each, name in ((config, own), (decoder, own), (config, "bos_token_id"), (decoder, "bos_token_id")):
        if each.get(name) is not None:
            return each.token(name, 0)
    return None


def _read_prediction(decoder: Bert) -> Prediction:
    """The layers in front of the output layer, by the names that the whole model's files have for them."""
    transform, biases = decoder.prediction.transform, decoder.prediction.biases
    within = None if transform is None else Within(transform, PARTS[1])
    names = None if biases is None else tuple(PARTS[1] + name for name in biases)
    return decoder.prediction._replace(transform=within, biases=names)


def _read_bridge(config: Config, encoder: Bert, decoder: Bert) -> Dense | None:
    """The layer from the encoder's size to the decoder's; ResourceError for a decoder without it that needs one."""
    width, own = encoder.shape.d_model, decoder.shape.d_model
    given = config.optional_size("cross_attention_hidden_size")
    if given not in (None, width) or (given is not None and width != own):
        got = f"{quoted(given)} with the encoder's hidden_size {width} and the decoder's {own}"
        raise ResourceError(f"cross_attention_hidden_size in {config.place}: expected no such key, got {got}")
    return None if width == own else Dense("enc_to_dec_proj", width, own)


def _twin(name: str) -> str:
    """The name of the same array of the other part."""
    own, other = PARTS if name.startswith(PARTS[0]) else PARTS[::-1]
    return other + name.removeprefix(own)
