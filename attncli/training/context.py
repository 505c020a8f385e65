"""What every candidate looks at: sentences as keys and values, what each place may see, and the way back to them."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.positions import position_scores, position_scores_backward
from attncli.heads.parameters import project

Block = Mapping[str, Array]  # parameters by the names of a projections file
Gradients = dict[str, Array]


class Batch(NamedTuple):
    """Sentences of about one length: rows `[s, n]` (−1: padding), x `[s, n, d]`, target_weight `[s, n]`.

    The batch shares its negatives `[c]` and their vectors e `[c, d]`.
    """

    rows: Array
    x: Array
    target_weight: Array
    negatives: Array
    e: Array


class Keys(NamedTuple):
    """What queries look at: k, v `[s, n_head, n, d]`, and what is added to scores, −inf where a key is hidden."""

    k: Array
    v: Array
    bias: Array  # [s, n_head, n, n]


def hidden(rows: Array) -> Array:
    """Which keys a place may not see: its own word, wherever it stands, and padding; boolean `[s, n, n]`."""
    same: Array = (rows[:, :, None] == rows[:, None, :]) | (rows[:, None, :] < 0)
    return same


def by_sentence(x: Array, w: Array) -> Array:
    """X `[s, n, d]` projected by w `[n_head, d, d_k]`, in one product a head: `[s, n_head, n, d_k]`."""
    s, n, d = x.shape
    return project(x.reshape(s * n, d), w).reshape(len(w), s, n, -1).swapaxes(0, 1)


def read_keys(block: Block, batch: Batch) -> Keys:
    """Project the sentences to keys and values, and say what each place sees."""
    k, v = by_sentence(batch.x, block["w_k"]), by_sentence(batch.x, block["w_v"])
    bias = np.zeros((len(k), k.shape[1], k.shape[2], k.shape[2]), k.dtype)
    if "position_bias" in block:
        bias += position_scores(k, block["position_bias"], block["key_offset_bias"])
    np.copyto(bias, -np.inf, where=hidden(batch.rows)[:, None])
    return Keys(k, v, bias)


def readings(block: Block) -> Array:
    """w_o as each head reads a candidate's vector, the transpose of its rows: `[n_head, d, d_v]`, with the 1/√d."""
    n_head, d, d_v = block["w_v"].shape
    w: Array = block["w_o"].reshape(n_head, d_v, d).swapaxes(-1, -2) / math.sqrt(d)
    return w


class Totals:
    """Derivatives on their way back: those by keys, values and biases are sums over the two kinds of queries."""

    def __init__(self, block: Block, batch: Batch, keys: Keys, found: Gradients) -> None:
        self.block, self.batch, self.keys, self.found = block, batch, keys, found
        self.k, self.v, self.bias = (np.zeros_like(array) for array in keys)

    def queries(self, x: Array, d_q: Array) -> None:
        """Q = x w_q + b_q: x `[n, d]`, d_q `[n_head, n, d_k]`."""
        self.found["w_q"] += x.T @ d_q
        if "b_q" in self.found:
            self.found["b_q"] += d_q.sum(axis=1)

    def readings(self, x: Array, d_reading: Array) -> None:
        """Reading = x w_oᵀ/√d, head by head: x `[n, d]`, d_reading `[n_head, n, d_v]`."""
        by_head = d_reading.swapaxes(-1, -2) @ x / math.sqrt(x.shape[-1])  # [n_head, d_v, d]
        self.found["w_o"] += by_head.reshape(self.found["w_o"].shape)

    def keys_backward(self) -> None:
        """K = x w_k and v = x w_v, once everything has arrived."""
        block, found, x = self.block, self.found, self.batch.x
        if "position_bias" in block:
            biases = block["position_bias"], block["key_offset_bias"]
            d_k, *d_biases = position_scores_backward(self.bias, self.keys.k, *biases)
            self.k += d_k
            found["position_bias"] += d_biases[0]
            found["key_offset_bias"] += d_biases[1]
        flat = x.reshape(-1, x.shape[-1])  # [s·n, d]
        found["w_k"] += flat.T @ flatten(self.k)
        found["w_v"] += flat.T @ flatten(self.v)


def flatten(array: Array) -> Array:
    """`[s, n_head, n, d]` as `[n_head, s·n, d]`."""
    s, n_head, n, d = array.shape
    return array.swapaxes(0, 1).reshape(n_head, s * n, d)
