"""Residual connections of a block: a norm after each sum, a norm before each half, or both halves side by side."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import arrays_of
from attncli.models.family import Arrays, Layer, PackedLayer, Tensors
from attncli.models.pack import Pack


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

    attention_norm: Layer | None
    attention: SelfAttention
    feed_forward_norm: Layer | None
    feed_forward: Layer
    added_norms: tuple[Layer, Layer] | None = None
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
            fed = self._added(after_feed_forward, tensors, self.feed_forward(tensors, feeding))
            return (feeding if self.from_norms else a) + fed

        return attended.layer(finish)

    def _added(self, norm: Layer | None, tensors: Tensors, x: Array) -> Array:
        x = normed(norm, tensors, x)
        return x if self.multiplier == 1 else x * x.dtype.type(self.multiplier)


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
            fed = a if self.feed_forward_norm is None else self.feed_forward_norm(tensors, x)
            return x + attended.mixed() + self.feed_forward(tensors, fed)

        return attended.layer(finish)


def normed(norm: Layer | None, tensors: Tensors, x: Array) -> Array:
    """The norm of x, or x where there is none."""
    return x if norm is None else norm(tensors, x)
