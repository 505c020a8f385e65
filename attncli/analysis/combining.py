"""One matrix from the weights of many layers and heads, or from weights and values: the choices of `--combine`.

Weights are `[n_layer, n_head, n, n]`: the selected layers from the lowest up, and their selected heads; they may come
layer by layer, since of each one only what it adds is kept. Rows (the queries) sum to 1, or are 0 where a query sees
nothing.
"""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array

KEYS_AT_ONCE = 64  # so that the vectors f(x) of a long input need not all be in memory


class NormWeighted(NamedTuple):
    """Lengths of the keys' contributions: of each head's vectors `[n_head, n, n]`, of their sums `[n, n]`."""

    heads: Array
    layer: Array


def mean(layers: Iterable[Array]) -> Array:
    """The mean over layers and heads: `[n, n]`, whose rows sum to 1 again."""
    heads = chain.from_iterable(layers)
    total: Array = next(heads).copy()  # [n, n]
    count = 1
    for weights in heads:
        total += weights
        count += 1
    total /= count
    return total


def maximum(layers: Iterable[Array]) -> Array:
    """The largest weight of each pair in any layer and head: `[n, n]`, whose rows sum to 1 or more."""
    heads = chain.from_iterable(layers)
    largest: Array = next(heads).copy()  # [n, n]
    for weights in heads:
        np.maximum(largest, weights, out=largest)
    return largest


def with_residual(weights: Array) -> Array:
    """A = ½ W + ½ I, renormalised, W being the mean over heads: `[..., n, n]` of `[..., n_head, n, n]`, in float64.

    The ½ I is the residual connection around attention (Abnar & Zuidema 2020, section 3). A query that sees nothing
    keeps what it was: its row is that of I.
    """
    attended = weights.mean(axis=-3, dtype=np.float64)  # [..., n, n]
    mixed = 0.5 * attended + 0.5 * np.eye(attended.shape[-1])
    normal: Array = mixed / mixed.sum(axis=-1, keepdims=True)
    return normal


def rollout(layers: Iterable[Array]) -> Array:
    """Attention rollout `[n, n]` in float64: how much of each input token is in each token of the top layer.

    Ã(l) = A(l) Ã(l − 1) from the lowest selected layer, where Ã = A (Abnar & Zuidema 2020, equation 1), A being
    `with_residual`. Rows sum to 1.
    """
    residuals = map(with_residual, layers)  # each [n, n]
    rolled: Array = next(residuals)  # [n, n]
    for layer in residuals:
        rolled = layer @ rolled
    return rolled


def norm_weighted(weights: Array, values: Array, w_o: Array) -> NormWeighted:
    """‖α f(x)‖ of one layer: how long the vectors are that attention adds up (Kobayashi et al. 2020, section 3).

    y_i = Σ_j α_ij f(x_j) with f(x) = (x W_v + b_v) W_o, which is split by head: head h multiplies its values by its
    d_v rows of W_o, and the layer's vector is Σ_h α_hij f_h(x_j). The bias that follows W_o belongs to no key.
    weights `[n_head, n, n]`; values x W_v + b_v `[n_head, n, d_v]`, or `[n_kv_head, n, d_v]` where consecutive query
    heads share them; w_o `[n_head·d_v, d_model]`. The lengths have the unit of the hidden state and do not sum to 1.
    """
    n_head, n = weights.shape[:2]
    values = np.repeat(values, n_head // len(values), axis=0)  # [n_head, n, d_v]
    w_o = w_o.reshape(n_head, -1, w_o.shape[-1])  # [n_head, d_v, d_model]
    heads, layer = np.empty_like(weights), np.empty_like(weights[0])
    for start in range(0, n, KEYS_AT_ONCE):
        keys = slice(start, start + KEYS_AT_ONCE)
        f = values[:, keys] @ w_o  # [n_head, keys, d_model]
        heads[..., keys] = weights[..., keys] * np.linalg.norm(f, axis=-1)[:, None]  # α ≥ 0, so ‖α f‖ = α ‖f‖
        layer[:, keys] = _lengths_of_sums(weights[..., keys], f)
    return NormWeighted(heads, layer)


def _lengths_of_sums(weights: Array, f: Array) -> Array:
    """‖Σ_h α_hij f_h(x_j)‖ `[n, keys]` of weights `[n_head, n, keys]` and vectors `[n_head, keys, d_model]`.

    Of a key's vectors side by side, f = Q R; Q keeps lengths, so ‖f α‖ = ‖R α‖: n_head numbers a pair instead of
    d_model, and none of the cancellation that squaring them (αᵀ fᵀf α) would bring.
    """
    triangle = np.linalg.qr(f.transpose(1, 2, 0), mode="r")  # [keys, r, n_head], r = min(d_model, n_head)
    sums = triangle @ weights.transpose(2, 0, 1)  # [keys, r, n]
    lengths: Array = np.linalg.norm(sums, axis=1)  # [keys, n]
    return lengths.T
