"""A layer of tanh units, uᵀtanh(W_q q + W_k k) (Bahdanau et al. 2015, appendix A.1.2).

`additive_w_q`, `additive_w_k`: `[n_head, d_k, d_a]`; `additive_u`: `[n_head, d_a]`.
"""

import math

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import (
    PAIRS_AT_ONCE,
    pairwise,
    product,
    product_may_overflow,
    row_blocks,
    wide_product,
)
from attncli.attention.similarity import Gradients, Method, Parameter, Parameters, unbroadcast

TRAINED_UNITS = 16  # d_a in training: all pairs of words times d_a tanh units are the price of this method


def additive(
    query: Array,
    key: Array,
    *,
    additive_w_q: Array,
    additive_w_k: Array,
    additive_u: Array,
    scale: float | None = None,
    out: Array | None = None,
) -> Array:
    """S = scale · uᵀ tanh(W_q q + W_k k). Overflow saturates at the largest finite number."""
    query, key = product(query, additive_w_q), product(key, additive_w_k)  # [..., n, d_a]
    u = additive_u[..., None, :, None]  # [..., 1, d_a, 1]
    wide = product_may_overflow(np.ones(1, query.dtype), u, additive_u.shape[-1])

    def score(q: Array, k: Array) -> Array:
        hidden = q + k  # [..., rows, n_key, d_a]
        hidden = np.tanh(hidden, out=hidden)
        scores: Array = (wide_product(hidden, u, None) if wide else np.matmul(hidden, u))[..., 0]
        return scores

    return pairwise(score, query, key, scale, out)


def additive_backward(
    d_scores: Array,
    query: Array,
    key: Array,
    *,
    additive_w_q: Array,
    additive_w_k: Array,
    additive_u: Array,
    scale: float | None = None,
) -> Gradients:
    """S = scale · uᵀ t with t = tanh(W_q q + W_k k), so du = Σ dS t, and by the argument of tanh: dS u (1 − t²)."""
    q, k, u = query @ additive_w_q, key @ additive_w_k, additive_u[..., None, None, :]  # [..., n, d_a]
    d_scores = d_scores if scale is None else d_scores * float(scale)
    lead = np.broadcast_shapes(d_scores.shape[:-2], q.shape[:-2], k.shape[:-2])
    d_q = np.zeros((*lead, *q.shape[-2:]), q.dtype)  # [..., n_query, d_a]
    d_k = np.zeros((*lead, *k.shape[-2:]), q.dtype)  # [..., n_key, d_a]
    d_u = np.zeros((*lead, u.shape[-1]), q.dtype)  # [..., d_a]
    for rows in row_blocks(q.shape[-2], math.prod(lead) * k.shape[-2] * k.shape[-1], PAIRS_AT_ONCE):
        t = np.tanh(q[..., rows, None, :] + k[..., None, :, :])  # [..., rows, n_key, d_a]
        d = d_scores[..., rows, :, None]  # [..., rows, n_key, 1]
        d_u += (d * t).sum(axis=(-3, -2))
        inner = d * u * (1 - t * t)  # [..., rows, n_key, d_a]
        d_q[..., rows, :] = inner.sum(axis=-2)
        d_k += inner.sum(axis=-3)
    return {
        "query": unbroadcast(d_q @ additive_w_q.swapaxes(-1, -2), query),
        "key": unbroadcast(d_k @ additive_w_k.swapaxes(-1, -2), key),
        "additive_w_q": unbroadcast(query.swapaxes(-1, -2) @ d_q, additive_w_q),
        "additive_w_k": unbroadcast(key.swapaxes(-1, -2) @ d_k, additive_w_k),
        "additive_u": unbroadcast(d_u, additive_u),
    }


def _random(n_head: int, d_k: int, rng: "np.random.Generator", units: int | None = None) -> Parameters:
    """W_q and W_k from N(0, 1/d_k), u from N(0, 1/d_a); d_a is d_k if `units` does not say otherwise."""
    d_a = units or d_k
    w_q, w_k = (rng.standard_normal((n_head, d_k, d_a)) / d_k**0.5 for _ in range(2))
    return {"additive_w_q": w_q, "additive_w_k": w_k, "additive_u": rng.standard_normal((n_head, d_a)) / d_a**0.5}


def _identity(n_head: int, d_k: int) -> Parameters:
    same = np.broadcast_to(np.eye(d_k), (n_head, d_k, d_k))  # [n_head, d_k, d_a = d_k]
    return {"additive_w_q": same, "additive_w_k": same, "additive_u": np.ones((n_head, d_k))}


def _start(n_head: int, d_k: int, rng: "np.random.Generator") -> Parameters:
    return _random(n_head, d_k, rng, min(d_k, TRAINED_UNITS))


METHOD = Method(
    "additive",
    written="uᵀ tanh(W_q q + W_k k)",
    short="uᵀtanh",
    spoken="additive form",
    score=additive,
    backward=additive_backward,
    parameters={
        "additive_w_q": Parameter(("d_k", "d_a")),
        "additive_w_k": Parameter(("d_k", "d_a")),
        "additive_u": Parameter(("d_a",)),
    },
    random=_random,
    identity=_identity,
    start=_start,
)
