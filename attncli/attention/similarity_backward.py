"""The derivatives of step 1: each function of `similarity.py` has here its backward.

Every function takes `d_scores` `[..., n_query, n_key]`, the derivatives of a loss by the scores, and what the forward
took; it returns those by query, key and the method's parameters, as a dict under the forward's names, in their shapes.
Each docstring repeats the forward's formula, so that the pair reads as one.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import PAIRS_AT_ONCE, row_blocks

Gradients = dict[str, Array]


def dot_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = scale · q kᵀ, so dq = scale · dS k and dk = scale · dSᵀ q."""
    factor = 1.0 if scale is None else float(scale)
    d_query = d_scores @ key * factor  # [..., n_query, d_k]
    d_key = d_scores.swapaxes(-1, -2) @ query * factor  # [..., n_key, d_k]
    return {"query": unbroadcast(d_query, query), "key": unbroadcast(d_key, key)}


def scaled_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = q kᵀ/√d_k."""
    return dot_backward(d_scores, query, key, scale=1 / math.sqrt(query.shape[-1]) if scale is None else scale)


def cosine_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = scale · q̂ k̂ᵀ with x̂ = x/‖x‖, so dx = (dx̂ − x̂ (x̂·dx̂)) / ‖x‖; 0 for the zero vector."""
    lengths = [np.linalg.norm(x, axis=-1, keepdims=True) for x in (query, key)]  # [..., n, 1]
    units = [x / np.where(length == 0, 1, length) for x, length in zip((query, key), lengths, strict=True)]
    found = dot_backward(d_scores, *units, scale=scale)
    for name, unit, length in zip(("query", "key"), units, lengths, strict=True):
        along = (unit * found[name]).sum(axis=-1, keepdims=True)  # [..., n, 1]
        found[name] = (found[name] - unit * along) / np.where(length == 0, np.inf, length)
    return found


def general_backward(
    d_scores: Array, query: Array, key: Array, *, general_w: Array, scale: float | None = None
) -> Gradients:
    """S = scale · q W kᵀ: the dot product of q W with k, so dq = d(qW) Wᵀ and dW = qᵀ d(qW)."""
    found = dot_backward(d_scores, query @ general_w, key, scale=scale)
    d_turned = found["query"]  # [..., n_query, d_k], by q W
    d_w = query.swapaxes(-1, -2) @ d_turned  # [..., d_k, d_k]
    d_query = d_turned @ general_w.swapaxes(-1, -2)  # [..., n_query, d_k]
    return {"query": unbroadcast(d_query, query), "key": found["key"], "general_w": unbroadcast(d_w, general_w)}


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
    """S = scale · uᵀ t with t = tanh(W_q q + W_k k), so du = Σ dS t, and by what enters tanh: dS u (1 − t²)."""
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


def kernel_backward(
    d_scores: Array, query: Array, key: Array, *, kernel_sigma: Array, scale: float | None = None
) -> Gradients:
    """S = −scale · ‖q−k‖²/2σ², so dq = −Σ_k dS (q−k)/σ² = (dS k − Σ_k dS · q)/σ², and dσ = Σ dS ‖q−k‖²/σ³."""
    sigma = np.asarray(kernel_sigma)[..., None, None]  # [..., 1, 1]
    d = (d_scores if scale is None else d_scores * float(scale)) / sigma**2  # [..., n_query, n_key]
    by_query, by_key = d.sum(axis=-1)[..., None], d.sum(axis=-2)[..., None]  # [..., n, 1]
    d_query = d @ key - by_query * query  # [..., n_query, d_k]
    d_key = d.swapaxes(-1, -2) @ query - by_key * key  # [..., n_key, d_k]
    # Σ dS ‖q−k‖², multiplied out: over all pairs at once the differences need not be formed again
    squares = ((query * query) * by_query).sum(axis=(-2, -1)) + ((key * key) * by_key).sum(axis=(-2, -1))  # [...]
    d_sigma = (squares - 2 * (query * (d @ key)).sum(axis=(-2, -1))) / sigma[..., 0, 0]  # [...]
    return {
        "query": unbroadcast(d_query, query),
        "key": unbroadcast(d_key, key),
        "kernel_sigma": unbroadcast(d_sigma, np.asarray(kernel_sigma)),
    }


SIMILARITIES_BACKWARD: Mapping[str, Callable[..., Gradients]] = {
    "dot": dot_backward,
    "scaled": scaled_backward,
    "cosine": cosine_backward,
    "general": general_backward,
    "additive": additive_backward,
    "kernel": kernel_backward,
}


def unbroadcast(gradient: Array, like: Array) -> Array:
    """Derivatives by an array that was broadcast: summed over the axes along which it was repeated."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - like.ndim)))
    repeated = tuple(axis for axis, n in enumerate(like.shape) if n == 1 and gradient.shape[axis] != 1)
    summed: Array = gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
    return summed
