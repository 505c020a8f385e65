"""Disentangled attention (He et al. 2021, DeBERTa, section 3.1): the content of a token and its place by themselves.

Beside q·k a score has the query's product with a key of their offset (c2p), and the key's with a query of it (p2c).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.layers import Dense, Table, arrays_of
from attncli.models.family import Arrays, Layer, Learned, Tensors

#: Queries and keys of texts of n tokens `[b, n_head, n, d_k]` → what is added to their scores `[b, n_head, n, n]`.
ByContent = Callable[[Array, Array], Array]


class ContentBias(Learned, Protocol):
    """An addition to every score by its offset and by its query or key."""

    def __call__(self, tensors: Tensors, n: int, /) -> ByContent:
        """The addition for texts of up to n tokens."""
        ...


class OffsetRows(NamedTuple):
    """The row of a table of 2·span vectors for each offset of query and key, i − j, clipped at −span and span − 1.

    buckets, farthest: the offsets beyond half so many buckets share rows, by a logarithm up to the farthest offset, as
    DeBERTa-v2 has them; no buckets: each offset has its row.
    """

    span: int
    buckets: int = 0
    farthest: int = 0

    def of(self, offsets: Array) -> Array:
        """The rows of offsets `[m]`: `[m]`."""
        bucketed = self._bucketed(offsets) if self.buckets else offsets
        rows: Array = np.clip(bucketed, -self.span, self.span - 1) + self.span
        return rows

    def _bucketed(self, offsets: Array) -> Array:
        """Offsets `[m]`, the far ones as the numbers of their buckets; in float32, as the models' own code has it."""
        middle = self.buckets // 2
        distance = np.abs(offsets)
        with np.errstate(all="ignore"):  # a farthest offset that lies within the middle gives what it gives there
            steps = np.log(distance.astype(np.float32) / np.float32(middle))
            whole = np.log(np.float32((self.farthest - 1) / middle))
            far = np.ceil(steps / whole * np.float32(middle - 1)) + np.float32(middle)
            signed = (far * np.sign(offsets)).astype(np.int64)
        found: Array = np.where(distance <= middle, offsets, signed)
        return found


@dataclass(frozen=True, eq=False)
class Disentangled:
    """The two additions of a block, each of them if it has its linear layer.

    table: the embeddings of the rows; norm: of them; key: to keys of an offset, which meet the queries; query: to
    queries of an offset, which meet the keys; scale: of both products.
    """

    rows: OffsetRows
    table: Table
    norm: Layer | None
    key: Dense | None
    query: Dense | None
    n_head: int
    scale: float

    def arrays(self) -> Arrays:
        """Those of the table, its norm and both layers."""
        return arrays_of((self.table, self.norm, self.key, self.query))

    def __call__(self, tensors: Tensors, n: int) -> ByContent:
        """The additions for texts of up to n tokens."""
        used, places = np.unique(self.rows.of(np.arange(1 - n, n)), return_inverse=True)  # [u], [2n − 1]
        x = self.table(tensors, used)  # [u, d_model]
        if self.norm is not None:
            x = self.norm(tensors, x)
        keys, queries = (self._heads(each, tensors, x) for each in (self.key, self.query))  # [n_head, d_k, u]

        def added(q: Array, k: Array) -> Array:
            i = np.arange(q.shape[-2])
            row = places[i[:, None] - i + n - 1]  # [n, n], of query i and key j
            total = np.zeros((*q.shape[:-1], len(i)), q.dtype)  # [b, n_head, n, n]
            if keys is not None:
                total += (q @ keys)[..., i[:, None], row]
            if queries is not None:
                total += (k @ queries)[..., i, row]
            return total

        return added

    def _heads(self, layer: Dense | None, tensors: Tensors, x: Array) -> Array | None:
        """Keys or queries of the offsets, times the scale: `[n_head, d_k, u]`."""
        if layer is None:
            return None
        given = layer(tensors, x) * np.float32(self.scale)
        return given.reshape(len(x), self.n_head, -1).transpose(1, 2, 0)
