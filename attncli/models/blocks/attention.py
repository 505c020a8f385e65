"""Self-attention of a block, from the hidden state to the sum of its heads, with every step between."""

from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention, attend
from attncli.attention.masks import Window
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.layers import Dense, arrays_of, linear
from attncli.models.blocks.rotary import Rotary, rotate, rotation
from attncli.models.family import Arrays, Layer, ModelLayer, Tensors


def split_heads(x: Array, n_head: int) -> Array:
    """`[n, n_head·d]` as `[n_head, n, d]`: each head takes the next d columns (Vaswani et al. 2017, section 3.2.2)."""
    return x.reshape(len(x), n_head, -1).transpose(1, 0, 2)


def join_heads(x: Array) -> Array:
    """`[n_head, n, d]` as `[n, n_head·d]`, the concatenation that w_o takes."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


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
        """The queries `[n_head, n, d_k]`, keys and values `[n_kv_head, n, d_k]` of x `[n, d_model]`."""
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
        """The queries, keys and values `[n_head, n, d_k]` of x `[n, d_model]`."""
        q, k, v = (split_heads(part, self.n_head) for part in np.split(self.all(tensors, x), 3, axis=-1))
        return q, k, v


class Attended(NamedTuple):
    """The steps of a block's attention as in `ModelLayer`, and `added` `[n, d_model]`: the heads mixed by w_o."""

    queries: Array
    keys: Array
    values: Array
    attention: Attention
    w_o: Array
    scoring: Scoring
    added: Array

    def layer(self, output: Array) -> ModelLayer:
        """The steps with the block's output `[n, d_model]`."""
        return ModelLayer(self.queries, self.keys, self.values, self.attention, self.w_o, output, self.scoring)


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

    def __call__(self, tensors: Tensors, x: Array) -> Attended:
        """Every step on x `[n, d_model]`."""
        q, k, v = self.projections(tensors, x)  # [n_head, n, d_k]
        if self.head_norms is not None:
            q, k = (norm(tensors, each) for norm, each in zip(self.head_norms, (q, k), strict=True))
        if self.rotary is not None:
            turn = rotation(self.rotary, len(x))
            q, k = rotate(q, *turn), rotate(k, *turn)
        attention = attend(q, k, v, **self.scoring.arguments, causal=self.causal, window=self.window)
        w_o, bias = self.mixing.weights(tensors)  # [d_model, n_head·d_v]
        added = linear(join_heads(attention.context), w_o, bias)  # [n, d_model]
        return Attended(q, k, v, attention, w_o.T, self.scoring, added)
