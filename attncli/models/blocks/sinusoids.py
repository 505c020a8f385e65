"""Positions as sines and cosines of falling frequencies, all sines first (Vaswani et al. 2017, section 3.5)."""

import math
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.positions import sinusoidal
from attncli.models.family import Arrays, Tensors


class Sinusoids(NamedTuple):
    """Computed positions of width d, or those that a checkpoint has under the name.

    paper: whether frequencies are those of the paper; else those of Tensor2Tensor, of which the last is 1/10,000.
    empty: the position of padding, whose vector is 0.
    """

    name: str
    d: int
    paper: bool = True
    empty: int | None = None

    def arrays(self) -> Arrays:
        """None: nothing is learned."""
        return iter(())

    def __call__(self, tensors: Tensors, positions: Array) -> Array:
        """Positions `[n]` as `[n, d]`, float32."""
        if f"{self.name}.weight" in tensors:
            return tensors.rows(f"{self.name}.weight", positions)
        if self.paper:
            table = sinusoidal(int(positions.max(initial=0)) + 1, self.d)[positions]  # [n, d]
            return np.concatenate([table[:, 0::2], table[:, 1::2]], axis=-1).astype(np.float32)
        half = self.d // 2
        frequencies = np.exp(np.arange(half, dtype=np.float32) * np.float32(-math.log(10_000) / (half - 1)))
        angles = positions[:, None].astype(np.float32) * frequencies  # [n, d/2]
        odd = np.zeros((len(angles), self.d % 2), np.float32)
        vectors = np.concatenate([np.sin(angles), np.cos(angles), odd], axis=-1).astype(np.float32)  # [n, d]
        vectors[positions == self.empty] = 0
        return vectors
