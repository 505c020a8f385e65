"""Families of an encoder and a decoder, whose blocks attend to the encoder's output too (Vaswani et al. 2017).

The parts of such a model are its encoder, its decoder (a target attends to itself), and `cross` (a target attends to
the source).
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, Self

from attncli.arrays import Array
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import PLAIN
from attncli.models.family import (
    Arrays,
    Block,
    Embedding,
    Family,
    Layer,
    Learned,
    ModelShape,
    Norm,
    OutputLayer,
    PackedLayer,
    Tensors,
)
from attncli.models.pack import Pack

PARTS = ("encoder", "decoder", "cross")


class Memory(NamedTuple):
    """The encoder's last hidden state `[tokens, d_model]` of a pack of sources, as the decoder takes it.

    hidden: of pairs of one length the keys that queries are not shown, boolean `[n_query, n_key]`; None: none.
    """

    output: Array
    pack: Pack
    hidden: Array | None = None


@dataclass(frozen=True, eq=False)
class DecoderLayer:
    """Every step of one block of a decoder: `self_attention` at once, the others when they are asked for."""

    self_attention: PackedLayer
    attend: Callable[[], PackedLayer]

    @cached_property
    def cross(self) -> PackedLayer:
        """The attention to the source; its output is that of the block."""
        return self.attend()


class DecoderBlock(Learned, Protocol):
    """One block of a decoder."""

    def __call__(self, tensors: Tensors, x: Array, pack: Pack, memory: Memory, /) -> DecoderLayer:
        """Every step on the hidden state x `[tokens, d_model]` of a pack of targets, a target a source."""
        ...


@dataclass(frozen=True, kw_only=True)
class EncoderDecoder(Family):
    """The encoder is the family itself; the decoder has sizes, an embedding and a last norm of its own.

    start: the token that the decoder begins with; None: the last token of the target, as a language is marked; bridge:
    a layer between the encoder's output and the decoder, where their sizes differ.
    """

    decoder_shape: ModelShape
    decoder_embedding: Embedding
    decoder_last: Norm | None
    start: int | None
    bridge: Layer | None = None

    @abstractmethod
    def decoder_block(self, number: int) -> DecoderBlock:
        """Block `number` of the decoder, from 0."""

    def arrays(self) -> Arrays:
        """Those of the encoder, then those of the decoder."""
        yield from super().arrays()
        if self.bridge is not None:
            yield from self.bridge.arrays()
        yield from self.decoder_embedding.arrays()
        for number in range(self.decoder_shape.n_layer):
            yield from self.decoder_block(number).arrays()
        if self.decoder_last is not None:
            yield from self.decoder_last.arrays()

    def without_decoder(self) -> "EncoderAlone":
        """The encoder as a model of its own, for files that have no decoder."""
        own = {name: getattr(self, name) for name in ("shape", "embedding", "last")}
        return EncoderAlone(**own, tied=False, whole=self)

    def shifted(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The tokens that the decoder reads in training for a target: the start first, the last one dropped."""
        return (ids[-1] if self.start is None else self.start, *ids[:-1])

    def memory(self, tensors: Tensors, output: Array, pack: Pack) -> Memory:
        """The memory that the encoder's last hidden state `[tokens, d_model]` of a pack of sources makes."""
        return Memory(output if self.bridge is None else self.bridge(tensors, output), pack)

    def target_positions(self, ids: Array) -> Array:
        """The position of each token of targets `[b, n]`: `[b, n]`."""
        return self.positions(ids)

    def embed_target(self, tensors: Tensors, pack: Pack) -> Array:
        """The first hidden state of a pack of targets: `[tokens, d_model]`."""
        return self.decoder_embedding(tensors, pack.ids, pack.counted(self.target_positions))

    def decode(self, tensors: Tensors, number: int, x: Array, pack: Pack, memory: Memory) -> DecoderLayer:
        """Block `number` of the decoder on the hidden state x `[tokens, d_model]` of a pack of targets."""
        return self.decoder_block(number)(tensors, x, pack, memory)

    def final_target(self, tensors: Tensors, x: Array) -> Array:
        """The decoder's last hidden state as the model gives it: `[tokens, d_model]`."""
        return x if self.decoder_last is None else self.decoder_last(tensors, x)

    @property
    def read_out_norm(self) -> Norm | None:
        """The norm behind the decoder."""
        return self.decoder_last


@dataclass(frozen=True, kw_only=True)
class EncoderAlone(Family):
    """The encoder of an encoder–decoder, saved without its decoder: such models embed texts, and predict nothing."""

    names = PLAIN
    output = OutputLayer("", ("lm_head.weight",))

    whole: EncoderDecoder

    @classmethod
    def read(cls, config: Config) -> Self:
        """None: a config is that of the whole, and only the files lack the decoder."""
        raise config.error("model_type", "an encoder–decoder")

    def tokenizer_class(self, model_type: str) -> str | None:
        """That of the whole."""
        return self.whole.tokenizer_class(model_type)

    def positions(self, ids: Array) -> Array:
        """As the whole counts them."""
        return self.whole.positions(ids)

    def block(self, number: int) -> Block:
        """Block `number` of the encoder."""
        return self.whole.block(number)
