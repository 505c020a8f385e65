"""The cosine of the angle between q and k (Graves et al. 2014, equation 6); 0 where one of them is the zero vector."""

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import Gradients, Method
from attncli.attention.similarity.dot import dot, dot_backward


def cosine(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """S = scale · q̂ k̂ᵀ with x̂ = x/‖x‖."""
    return dot(unit(query), unit(key), scale=scale, out=out)


def cosine_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = scale · q̂ k̂ᵀ with x̂ = x/‖x‖, so dx = (dx̂ − x̂ (x̂·dx̂)) / ‖x‖; 0 for the zero vector."""
    lengths = [np.linalg.norm(x, axis=-1, keepdims=True) for x in (query, key)]  # [..., n, 1]
    units = [x / np.where(length == 0, 1, length) for x, length in zip((query, key), lengths, strict=True)]
    found = dot_backward(d_scores, *units, scale=scale)
    for name, unit, length in zip(("query", "key"), units, lengths, strict=True):
        along = (unit * found[name]).sum(axis=-1, keepdims=True)  # [..., n, 1]
        found[name] = (found[name] - unit * along) / np.where(length == 0, np.inf, length)
    return found


def unit(x: Array) -> Array:
    """Vectors of length 1, the zero vector left as it is: [..., d]."""
    largest = np.abs(x).max(axis=-1, keepdims=True)  # [..., 1]; divided out first, so that no square overflows
    x = x / np.where(largest == 0, 1, largest)
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True))  # [..., 1]
    return x / np.where(length == 0, 1, length)


METHOD = Method(
    "cosine",
    written="the cosine of q and k",
    short="cosine",
    spoken="cosine",
    score=cosine,
    backward=cosine_backward,
)
