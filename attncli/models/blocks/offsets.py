"""Additions to the scores by the offset of key and query, j − i: learned in buckets, or a slope a head (ALiBi)."""

import math
from typing import NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.layers import take
from attncli.models.family import Arrays, Learned, Tensors


class OffsetBias(Learned, Protocol):
    """An addition to every score by its offset."""

    def __call__(self, tensors: Tensors, n: int, /) -> Array:
        """The additions of a text of n tokens at the offsets −(n − 1) … n − 1: `[n_head, 2n − 1]`.

        Or `[n_head, n, 2n − 1]` where they depend on the key too.
        """
        ...

    def between(self, tensors: Tensors, first: int, n: int, /) -> Array:
        """The additions for the queries at the places first … n − 1 and n keys: `[n_head, n − first, n]`."""
        ...


class Buckets(NamedTuple):
    """A learned number for each head and bucket of offsets (Raffel et al. 2020, section 2.1).

    Half of the buckets are for one offset each, the others for ranges that grow up to offset `farthest`; a causal text
    has buckets for keys behind the query alone. rows: of the table, where it has more than the buckets.
    """

    name: str
    buckets: int
    farthest: int
    n_head: int
    causal: bool = False
    rows: int | None = None

    def arrays(self) -> Arrays:
        """The table of numbers."""
        yield f"{self.name}.weight", (self.rows or self.buckets, self.n_head)

    def __call__(self, tensors: Tensors, n: int) -> Array:
        """The additions of a text of n tokens: `[n_head, 2n − 1]`."""
        table = take(tensors, f"{self.name}.weight", self.rows or self.buckets, self.n_head)
        added: Array = table[self.bucket_of(np.arange(1 - n, n))].T
        return added

    def between(self, tensors: Tensors, first: int, n: int) -> Array:
        """The additions for the last n − first queries."""
        return _between(self(tensors, n), first, n)

    def bucket_of(self, offset: Array) -> Array:
        """The bucket of each offset j − i `[m]`: `[m]`."""
        buckets = self.buckets if self.causal else self.buckets // 2
        ahead = 0 if self.causal else buckets * (offset > 0)
        distance = np.maximum(-offset, 0) if self.causal else np.abs(offset)
        exact = buckets // 2
        with np.errstate(divide="ignore"):  # rounded as the models' own code does it, in float32
            steps = np.log(distance.astype(np.float32) / np.float32(exact)) / math.log(self.farthest / exact)
        far = exact + (np.maximum(steps, 0) * np.float32(buckets - exact)).astype(np.int64)
        found: Array = ahead + np.where(distance < exact, distance, np.minimum(far, buckets - 1))
        return found


class Slopes(NamedTuple):
    """−m·(i − j) with a fixed slope m a head, halved from head to head (ALiBi: Press et al. 2022, section 3).

    rounded: m, j and m·j are numbers of bfloat16, and the addition is m·j − m·i, as in Falcon's code.
    """

    n_head: int
    scale: float = 1.0
    rounded: bool = False

    def arrays(self) -> Arrays:
        """None: nothing is learned."""
        return iter(())

    def __call__(self, tensors: Tensors, n: int) -> Array:
        """The additions of a text of n tokens: `[n_head, 2n − 1]`, or `[n_head, n, 2n − 1]` of rounded numbers."""
        offset = np.arange(1 - n, n, dtype=np.float32)  # j − i
        if not self.rounded:
            return self.slopes[:, None] * offset * np.float32(self.scale)
        keys = self._products(n)  # m·j: [n_head, n]
        query = np.clip(np.arange(n)[:, None] - offset.astype(np.intp), 0, n - 1)  # [n, 2n − 1]
        added: Array = keys[:, query]  # m·i: [n_head, n, 2n − 1]
        np.subtract(keys[:, :, None], added, out=added)
        added *= np.float32(self.scale)
        return added

    def between(self, tensors: Tensors, first: int, n: int) -> Array:
        """The additions for the last n − first queries."""
        if not self.rounded:
            return _between(self(tensors, n), first, n)
        keys = self._products(n)  # [n_head, n]
        added: Array = (keys[:, None] - keys[:, first:, None]) * np.float32(self.scale)
        return added

    def _products(self, n: int) -> Array:
        """The rounded m·j of n keys: `[n_head, n]`."""
        return bfloat16(bfloat16(self.slopes)[:, None] * bfloat16(np.arange(n, dtype=np.float32)))

    @property
    def slopes(self) -> Array:
        """The slope of each head `[n_head]`: 2^(−8i/n) for a power of two, with those between for others."""
        power = 2 ** math.floor(math.log2(self.n_head))
        slopes = [2 ** (-8 * i / power) for i in range(1, power + 1)]
        between = [2 ** (-4 * i / power) for i in range(1, 2 * power, 2)]
        return np.array((slopes + between)[: self.n_head], np.float32)


def _between(by_offset: Array, first: int, n: int) -> Array:
    """Additions by offset `[n_head, 2n − 1]` for queries at first … n − 1 and n keys: `[n_head, n − first, n]`."""
    offset = np.arange(n) - np.arange(first, n)[:, None]  # [n − first, n]
    added: Array = by_offset[:, offset + n - 1]
    return added


def bfloat16(x: Array) -> Array:
    """The nearest numbers of bfloat16 to those of x, float32; of two that are as near the one whose last bit is 0."""
    bits = np.ascontiguousarray(x).view(np.uint32)
    rounded: Array = ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return rounded
