"""Norms of queries or keys with a gain of its own for each head (Dehghani et al. 2023, section 2.2)."""

from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.layers import layer_norm, take
from attncli.models.family import Arrays, Tensors


class HeadNorms(NamedTuple):
    """A layer norm without bias over each head's d numbers.

    apart: the gain of head i is the array `NAME.norms.i.weight`; otherwise `NAME.weight` holds all of them.
    """

    name: str
    n_head: int
    d: int
    eps: float
    apart: bool = False

    def arrays(self) -> Arrays:
        """The gains."""
        if self.apart:
            yield from ((name, (self.d,)) for name in map(self._of, range(self.n_head)))
        else:
            yield f"{self.name}.weight", (self.n_head, self.d)

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """The heads of x `[tokens, n_head, d]`, each normed."""
        return layer_norm(x, self._gains(tensors), None, self.eps)

    def _gains(self, tensors: Tensors) -> Array:
        """The gains of all heads: `[n_head, d]`."""
        if not self.apart:
            return take(tensors, f"{self.name}.weight", self.n_head, self.d)
        return np.stack([take(tensors, self._of(head), self.d) for head in range(self.n_head)])

    def _of(self, head: int) -> str:
        return f"{self.name}.norms.{head}.weight"
