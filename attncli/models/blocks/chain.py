"""Layers one after another, as one layer."""

from typing import NamedTuple, cast

from attncli.arrays import Array
from attncli.models.blocks.layers import arrays_of
from attncli.models.family import Arrays, Layer, Norm, Tensors
from attncli.models.stream import Affine


class Chain(NamedTuple):
    """The last of the layers on the output of the one before it, and so on down to the first, on x."""

    layers: tuple[Layer, ...]

    def arrays(self) -> Arrays:
        """Those of every layer."""
        return arrays_of(self.layers)

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d]`, or from indices `[n]` where the first layer is a table."""
        for layer in self.layers:
            x = layer(tensors, x)
        return x

    def frozen(self, tensors: Tensors, x: Array) -> Affine:
        """The layers as they act on x `[1, d]`, where each is affine once it is frozen."""
        whole = Affine(lambda parts: parts)
        for layer in cast(tuple[Norm, ...], self.layers):
            whole, x = whole.then(layer.frozen(tensors, x)), layer(tensors, x)
        return whole
