"""A convolution over the tokens of a text, beside the first block of some encoders."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation
from attncli.models.blocks.layers import arrays_of, take
from attncli.models.family import Arrays, Block, Layer, PackedLayer, Tensors
from attncli.models.pack import Pack


class Convolution(NamedTuple):
    """f(b + Σₜ x[i + t − (width − 1)/2] wₜ), 0 beyond the ends of a text; each group of channels by itself."""

    name: str
    d: int
    width: int
    groups: int
    activation: Activation

    def arrays(self) -> Arrays:
        """Its weight and its bias."""
        yield f"{self.name}.weight", (self.d, self.d // self.groups, self.width)
        yield f"{self.name}.bias", (self.d,)

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> Array:
        """From x `[tokens, d]` to `[tokens, d]`."""
        weight = take(tensors, f"{self.name}.weight", self.d, self.d // self.groups, self.width)
        bias = take(tensors, f"{self.name}.bias", self.d)
        total = pack.joined(self._of_texts(weight, run) for run in pack.by_run(x)) + bias
        return self.activation(total, out=total)

    def _of_texts(self, weight: Array, x: Array) -> Array:
        """The sum over the neighbours of every token of texts x `[b, n, d]`: `[b, n, d]`."""
        n, side = x.shape[1], self.width // 2
        padded = np.pad(x, ((0, 0), (side, side), (0, 0)))  # [b, n + width − 1, d]
        channels = padded.reshape(*padded.shape[:2], self.groups, -1)  # [b, n + width − 1, groups, d/groups]
        by_group = weight.reshape(self.groups, -1, *weight.shape[1:])  # [groups, d/groups, d/groups, width]
        parts = (
            np.einsum("bngc,goc->bngo", channels[:, t : t + n], by_group[..., t], optimize=True)
            for t in range(self.width)
        )
        total: Array = sum(parts, np.zeros((), x.dtype))  # [b, n, groups, d/groups]
        return total.reshape(x.shape)


class ConvolvedBlock(NamedTuple):
    """output = norm(Block(x) + Convolution(x)): DeBERTa-v2's first block (He et al. 2021, its authors' code: nGiE)."""

    block: Block
    convolution: Convolution
    norm: Layer

    def arrays(self) -> Arrays:
        """Those of the block, the convolution and the norm."""
        return arrays_of((self.block, self.convolution, self.norm))

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> PackedLayer:
        """Every step on x `[tokens, d_model]`."""
        layer = self.block(tensors, x, pack)

        def finish() -> Array:
            return self.norm(tensors, layer.output + self.convolution(tensors, x, pack))

        return replace(layer, finish=finish)
