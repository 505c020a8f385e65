"""Residual connections of a block: a norm after each sum (post-norm), or before each half (pre-norm)."""

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
    """a = x + Attention(norm(x)); output = a + FeedForward(norm(a)) (Xiong et al. 2020, figure 1b)."""

    attention_norm: Layer
    attention: SelfAttention
    feed_forward_norm: Layer
    feed_forward: Layer

    def arrays(self) -> Arrays:
        """Those of every layer."""
        return arrays_of(self)

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> PackedLayer:
        """Every step on x `[tokens, d_model]`."""
        attended = self.attention(tensors, self.attention_norm(tensors, x), pack)

        def finish() -> Array:
            a = x + attended.mixed()  # [tokens, d_model]
            return a + self.feed_forward(tensors, self.feed_forward_norm(tensors, a))

        return attended.layer(finish)
