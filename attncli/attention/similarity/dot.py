"""The dot product q·k (Luong et al. 2015, section 3.1)."""

from attncli.arrays import Array
from attncli.attention.products import product
from attncli.attention.similarity import Gradients, Method, unbroadcast


def dot(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """S = scale · q kᵀ. Overflow saturates at the largest finite number."""
    return product(query, key.swapaxes(-1, -2), scale, out)  # [..., n_query, n_key]


def dot_backward(d_scores: Array, query: Array, key: Array, *, scale: float | None = None) -> Gradients:
    """S = scale · q kᵀ, so dq = scale · dS k and dk = scale · dSᵀ q."""
    factor = 1.0 if scale is None else float(scale)
    d_query = d_scores @ key * factor  # [..., n_query, d_k]
    d_key = d_scores.swapaxes(-1, -2) @ query * factor  # [..., n_key, d_k]
    return {"query": unbroadcast(d_query, query), "key": unbroadcast(d_key, key)}


METHOD = Method("dot", written="q·k", short="q·k", spoken="dot product", score=dot, backward=dot_backward)
