"""A small block and batch that the tests share: every parameter, repeats, padding, a place that sees nothing."""

import numpy as np

from attncli.attention.similarity import method_of
from attncli.training.objective import Batch

D, HEADS, D_K, D_V, REACH = 7, 2, 4, 3, 2


def small_block(method="scaled", seed=0):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.standard_normal(shape) / np.sqrt(shape[-2] if len(shape) > 1 else 1)

    block = {
        "w_q": normal(HEADS, D, D_K),
        "w_k": normal(HEADS, D, D_K),
        "w_v": normal(HEADS, D, D_V),
        "w_o": normal(HEADS * D_V, D),
        "b_q": normal(HEADS, D_K),
        "temperature": np.array([0.8, 1.3]),
        "position_bias": normal(HEADS, 2 * REACH + 1),
        "key_offset_bias": normal(HEADS, 2 * REACH + 1, D_K),
    }
    for name, parameter in method_of(method).parameters.items():
        drawn = normal(HEADS, *({"d_k": D_K}.get(axis, 5) for axis in parameter.axes))
        block[name] = drawn if parameter.least is None else np.abs(drawn) + 1
    return block


def small_batch(seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((12, D))
    rows = np.array([[0, 1, 2, 1, 3, 4], [5, 5, 6, 2, -1, -1], [7, 7, -1, -1, -1, -1]])
    negatives = np.array([1, 2, 8, 9])
    weight = np.where(rows >= 0, rng.random(rows.shape), 0)
    return Batch(rows, vectors[rows] * (rows >= 0)[..., None], weight, negatives, vectors[negatives])
