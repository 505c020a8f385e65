"""Residual connections of a block: a norm after each sum, a norm before each half, or both halves side by side.

Where no norm follows a sum, a block hands the parts of the hidden state on (models/stream.py).
"""

from functools import partial
from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.attention import Attended, SelfAttention
from attncli.models.blocks.layers import arrays_of
from attncli.models.family import Arrays, Layer, Norm, PackedLayer, Tensors
from attncli.models.pack import Pack
from attncli.models.stream import EMBEDDING, FEED_FORWARD, Part, Stream


class PostNormBlock(NamedTuple):
    """a = norm(x + Attention(x)); output = norm(a + FeedForward(a)) (Vaswani et al. 2017, section 3.1)."""

    attention: SelfAttention
    attention_norm: Layer
    feed_forward: Layer
    output_norm: Layer

    def arrays(self) -> Arrays:
        """Those of every layer."""
        return arrays_of(self)

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> PackedLayer:
        """Every step on x `[tokens, d_model]`."""
        attended = self.attention(tensors, x, pack)

        def finish() -> Array:
            a = self.attention_norm(tensors, x + attended.mixed())  # [tokens, d_model]
            return self.output_norm(tensors, a + self.feed_forward(tensors, a))

        return attended.layer(finish)


class PreNormBlock(NamedTuple):
    """a = x + Attention(norm(x)); output = a + FeedForward(norm(a)) (Xiong et al. 2020, figure 1b).

    added_norms: of what attention adds, and of what the feed-forward adds (Gemma Team 2024, section 2); a norm may be
    left out. multiplier: of both additions. from_norms: whether they are added to the norms, not to x and a.
    """

    attention_norm: Norm | None
    attention: SelfAttention
    feed_forward_norm: Norm | None
    feed_forward: Layer
    added_norms: tuple[Norm, Norm] | None = None
    multiplier: float = 1.0
    from_norms: bool = False

    def arrays(self) -> Arrays:
        """Those of every layer."""
        layers = (self.attention_norm, self.attention, self.feed_forward_norm, self.feed_forward)
        return arrays_of((*layers, *(self.added_norms or ())))

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> PackedLayer:
        """Every step on x `[tokens, d_model]`."""
        after_attention, after_feed_forward = self.added_norms or (None, None)
        attending = normed(self.attention_norm, tensors, x)  # [tokens, d_model]
        attended = self.attention(tensors, attending, pack)
        residual = attending if self.from_norms else x

        def finish() -> Array:
            a = residual + self._added(after_attention, tensors, attended.mixed())  # [tokens, d_model]
            feeding = normed(self.feed_forward_norm, tensors, a)
            added = self._added(after_feed_forward, tensors, self.feed_forward(tensors, feeding))
            return (feeding if self.from_norms else a) + added

        return attended.layer(finish, partial(self._carry, tensors, x, attended))

    def _added(self, norm: Layer | None, tensors: Tensors, x: Array) -> Array:
        x = normed(norm, tensors, x)
        return x if self.multiplier == 1 else x * x.dtype.type(self.multiplier)

    def _carry(
        self, tensors: Tensors, x: Array, attended: Attended, number: int, place: int, before: Stream | None
    ) -> Stream:
        """As `finish`, of parts."""
        after_attention, after_feed_forward = self.added_norms or (None, None)
        stream = begun(x, place, before)
        residual = carried(self.attention_norm, tensors, stream, number) if self.from_norms else stream
        of_heads = carried(after_attention, tensors, attended.parts("encoder", number, place), number)
        a = residual + of_heads.times(self.multiplier)
        feeding = normed(self.feed_forward_norm, tensors, a.total).astype(x.dtype, copy=False)
        added = carried(after_feed_forward, tensors, fed(self.feed_forward, tensors, feeding, number), number)
        kept = carried(self.feed_forward_norm, tensors, a, number) if self.from_norms else a
        return kept + added.times(self.multiplier)


class ParallelBlock(NamedTuple):
    """output = x + Attention(norm(x)) + FeedForward(norm(x)) (Wang & Komatsuzaki 2021, GPT-J).

    feed_forward_norm: a norm of its own before the feed-forward (Black et al. 2022, section 2.1, GPT-NeoX); without
    one both take the same.
    """

    attention_norm: Layer
    attention: SelfAttention
    feed_forward: Layer
    feed_forward_norm: Layer | None = None

    def arrays(self) -> Arrays:
        """Those of every layer."""
        return arrays_of(self)

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> PackedLayer:
        """Every step on x `[tokens, d_model]`."""
        a = self.attention_norm(tensors, x)  # [tokens, d_model]
        attended = self.attention(tensors, a, pack)

        def finish() -> Array:
            feeding = a if self.feed_forward_norm is None else self.feed_forward_norm(tensors, x)
            return x + attended.mixed() + self.feed_forward(tensors, feeding)

        return attended.layer(finish, partial(self._carry, tensors, x, attended))

    def _carry(
        self, tensors: Tensors, x: Array, attended: Attended, number: int, place: int, before: Stream | None
    ) -> Stream:
        """As `finish`, of parts."""
        stream = begun(x, place, before)
        feeding = (self.feed_forward_norm or self.attention_norm)(tensors, stream.total).astype(x.dtype, copy=False)
        added = fed(self.feed_forward, tensors, feeding, number)
        return stream + attended.parts("encoder", number, place) + added


def begun(x: Array, place: int, before: Stream | None) -> Stream:
    """The parts of a token's hidden state in front of a block: in front of the first one, x `[tokens, d]` is one."""
    return Stream.of(Part(EMBEDDING), x[place]) if before is None else before


def fed(feed_forward: Layer, tensors: Tensors, x: Array, number: int) -> Stream:
    """What the feed-forward of block `number` adds, from the x `[1, d]` that it takes."""
    return Stream.of(Part(FEED_FORWARD, number), feed_forward(tensors, x))


def carried(norm: Norm | None, tensors: Tensors, stream: Stream, number: int) -> Stream:
    """Each part behind a norm that is held fixed at their sum."""
    return stream if norm is None else stream.through(norm.frozen(tensors, stream.total), number)


def normed(norm: Layer | None, tensors: Tensors, x: Array) -> Array:
    """The norm of x, or x where there is none."""
    return x if norm is None else norm(tensors, x)
