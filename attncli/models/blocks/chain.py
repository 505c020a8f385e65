"""Layers one after another, as one layer."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.layers import arrays_of
from attncli.models.family import Arrays, Layer, Tensors


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
