"""Self-attention of a block, from the hidden state to the sum of its heads, with every step between."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.masks import Window
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.layers import Dense, arrays_of, linear
from attncli.models.blocks.rotary import Rotary, rotate, rotation
from attncli.models.family import Arrays, Layer, PackedLayer, RunHeads, Tensors
from attncli.models.pack import Pack


def split_heads(x: Array, n_head: int) -> Array:
    """`[tokens, n_head·d]` as `[tokens, n_head, d]`: d columns a head (Vaswani et al. 2017, section 3.2.2)."""
    return x.reshape(len(x), n_head, -1)


class Separate(NamedTuple):
    """Queries, keys and values of a linear layer each; n_kv_head heads of keys and values."""

    query: Dense
    key: Dense
    value: Dense
    n_head: int
    n_kv_head: int

    def arrays(self) -> Arrays:
        """Those of the three linear layers."""
        return arrays_of((self.query, self.key, self.value))

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries `[tokens, n_head, d_k]`, keys and values `[tokens, n_kv_head, d_k]` of x `[tokens, d_model]`."""
        q = split_heads(self.query(tensors, x), self.n_head)
        k, v = (split_heads(each(tensors, x), self.n_kv_head) for each in (self.key, self.value))
        return q, k, v


class Fused(NamedTuple):
    """Queries, keys and values of one linear layer, which gives all queries, then all keys, then all values."""

    all: Dense
    n_head: int

    def arrays(self) -> Arrays:
        """Those of the linear layer."""
        return self.all.arrays()

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries, keys and values `[tokens, n_head, d_k]` of x `[tokens, d_model]`."""
        q, k, v = (split_heads(part, self.n_head) for part in np.split(self.all(tensors, x), 3, axis=-1))
        return q, k, v


@dataclass(frozen=True, eq=False)
class Attended:
    """The heads of a block on each run of a pack, and the weights and bias of w_o, which mixes them."""

    pack: Pack
    heads: tuple[RunHeads, ...]
    scoring: Scoring
    mixing: Callable[[], tuple[Array, Array | None]]

    def mixed(self) -> Array:
        """The concatenated contexts times w_o: `[tokens, d_model]` (Vaswani et al. 2017, section 3.2.2)."""
        contexts = (each.attention.context.swapaxes(1, 2) for each in self.heads)  # [b, n, n_head, d_v]
        joined = self.pack.joined(contexts)  # [tokens, n_head, d_v]
        return linear(joined.reshape(len(joined), -1), *self.mixing())

    def layer(self, finish: Callable[[], Array]) -> PackedLayer:
        """The layer whose output is that of `finish`: `[tokens, d_model]`."""
        return PackedLayer(self.heads, self.scoring, self.mixing, finish)


class SelfAttention(NamedTuple):
    """Attention of a text to itself.

    projections: to q, k, v; mixing: w_o with its bias; head_norms: of every query, of every key; rotary: None where
    positions do not enter here; window: (left, right), None for all keys; scoring: how a score is made.
    """

    projections: Separate | Fused
    mixing: Dense
    causal: bool = False
    window: Window | None = None
    scoring: Scoring = Scoring()
    head_norms: tuple[Layer, Layer] | None = None
    rotary: Rotary | None = None

    def arrays(self) -> Arrays:
        """Those of the projections, of w_o, and of the norms of queries and keys."""
        yield from self.projections.arrays()
        yield from arrays_of((self.mixing, *(self.head_norms or ())))

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> Attended:
        """Every step on x `[tokens, d_model]`."""
        q, k, v = self.projections(tensors, x)  # [tokens, n_head, d_k]
        if self.head_norms is not None:
            q, k = (norm(tensors, each) for norm, each in zip(self.head_norms, (q, k), strict=True))
        if self.rotary is not None:
            q, k = self._rotated(self.rotary, q, k, pack)
        heads = tuple(map(self._attend, *map(pack.by_run, (q, k, v))))
        return Attended(pack, heads, self.scoring, partial(self.mixing.weights, tensors))

    def _rotated(self, rotary: Rotary, q: Array, k: Array, pack: Pack) -> tuple[Array, Array]:
        """Queries and keys `[tokens, heads, d_k]`, turned by their places in their own texts."""
        turns = [np.tile(np.stack(rotation(rotary, run.n)), (1, run.b, 1)) for run in pack.runs]
        cos, sin = np.concatenate(turns, axis=1)[:, :, None]  # [tokens, 1, width/2]
        return rotate(q, cos, sin), rotate(k, cos, sin)

    def _attend(self, *vectors: Array) -> RunHeads:
        """The heads of a run, from its queries, keys and values `[b, n, heads, d]`."""
        q, k, v = (each.swapaxes(1, 2) for each in vectors)  # [b, heads, n, d]
        attention = attend(q, k, v, **self.scoring.arguments, causal=self.causal, window=self.window)
        return RunHeads(q, k, v, attention)
