"""The bilinear form qᵀWk (Luong et al. 2015, section 3.1). `general_w`: `[n_head, d_k, d_k]`."""

import math

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import product
from attncli.attention.similarity import Gradients, Method, Parameter, Parameters, unbroadcast
from attncli.attention.similarity.dot import dot, dot_backward


def general(
    query: Array, key: Array, *, general_w: Array, scale: float | None = None, out: Array | None = None
) -> Array:
    """S = scale · q W kᵀ."""
    return dot(product(query, general_w), key, scale=scale, out=out)


def general_backward(
    d_scores: Array, query: Array, key: Array, *, general_w: Array, scale: float | None = None
) -> Gradients:
    """S = scale · q W kᵀ: the dot product of q W with k, so dq = d(qW) Wᵀ and dW = qᵀ d(qW)."""
    found = dot_backward(d_scores, query @ general_w, key, scale=scale)
    d_turned = found["query"]  # [..., n_query, d_k], by q W
    d_w = query.swapaxes(-1, -2) @ d_turned  # [..., d_k, d_k]
    d_query = d_turned @ general_w.swapaxes(-1, -2)  # [..., n_query, d_k]
    return {"query": unbroadcast(d_query, query), "key": found["key"], "general_w": unbroadcast(d_w, general_w)}


def _random(n_head: int, d_k: int, rng: "np.random.Generator") -> Parameters:
    """From N(0, 1/d_k²)."""
    return {"general_w": rng.standard_normal((n_head, d_k, d_k)) / d_k}


def _identity(n_head: int, d_k: int) -> Parameters:
    return {"general_w": np.broadcast_to(np.eye(d_k), (n_head, d_k, d_k))}


def _start(n_head: int, d_k: int, _: "np.random.Generator") -> Parameters:
    """W = I/√d_k, with which it is the scaled dot product."""
    return {"general_w": np.tile(np.eye(d_k) / math.sqrt(d_k), (n_head, 1, 1))}


METHOD = Method(
    "general",
    written="qᵀ W k",
    short="qᵀWk",
    spoken="bilinear form",
    score=general,
    backward=general_backward,
    parameters={"general_w": Parameter(("d_k", "d_k"), speed=0.1)},  # full steps would drown a start of I/√d_k
    random=_random,
    identity=_identity,
    start=_start,
)
