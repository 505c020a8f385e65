"""The scaled dot product q·k/√d_k (Vaswani et al. 2017, equation 1); `scale` takes the place of 1/√d_k."""

import math

from attncli.arrays import Array
from attncli.attention.similarity import Divisor, Gradients, Method
from attncli.attention.similarity.dot import dot, dot_backward


def scaled(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """S = q kᵀ/√d_k."""
    return dot(query, key, scale=1 / math.sqrt(query.shape[-1]) if scale is None else scale, out=out)


def scaled_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = q kᵀ/√d_k: that of the dot product."""
    return dot_backward(d_scores, query, key, scale=1 / math.sqrt(query.shape[-1]) if scale is None else scale)


METHOD = Method(
    "scaled",
    written="q·k",
    short="q·k",
    spoken="dot product",
    score=scaled,
    backward=scaled_backward,
    divisor=Divisor("√d_k", lambda d_k, _: math.sqrt(d_k), undivided=dot, scale_takes_its_place=True),
)
