"""The logarithm of a Gaussian kernel, −‖q−k‖²/2σ² (Nadaraya 1964, Watson 1964). `kernel_sigma`: `[n_head]`."""

import math
from collections.abc import Mapping

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import pairwise
from attncli.attention.similarity import Divisor, Gradients, Method, Parameter, unbroadcast

_FLOAT = np.finfo(np.float64)


def kernel(
    query: Array, key: Array, *, kernel_sigma: Array, scale: float | None = None, out: Array | None = None
) -> Array:
    """S = −scale · ‖q−k‖²/2σ². Overflow saturates at the lowest finite number.

    Built from the differences, since ‖q‖² + ‖k‖² − 2q·k cancels for close vectors.
    """
    sigma = np.asarray(kernel_sigma)[..., None, None, None]  # [..., 1, 1, 1]
    lowest = np.finfo(query.dtype).min

    def score(q: Array, k: Array) -> Array:
        difference = q - k  # [..., rows, n_key, d_k]
        difference /= sigma
        squared = np.einsum("...d,...d->...", difference, difference)  # [..., rows, n_key]
        scores: Array = np.maximum(squared * -0.5, lowest)
        return scores

    return pairwise(score, query, key, scale, out)


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


def _undivided(query: Array, key: Array, **_: Array) -> Array:
    """−‖q−k‖², the score of the width √½."""
    return kernel(query, key, kernel_sigma=np.asarray(math.sqrt(0.5)))


def _divisor(_: int, parameters: Mapping[str, Array]) -> Array:
    """2σ² of each head, in float64: `[n_head]`."""
    with np.errstate(over="ignore", under="ignore"):  # the square of a width may pass float64
        divisor: Array = np.clip(2 * np.square(parameters["kernel_sigma"]), _FLOAT.tiny, _FLOAT.max)
    return divisor


def default_sigma(d_k: int) -> float:
    """The width with σ² = √d_k, which gives −‖q−k‖²/2σ² the spread of q·k/√d_k."""
    return float(d_k**0.25)


METHOD = Method(
    "kernel",
    written="-‖q - k‖²",
    short="-‖q-k‖²",
    spoken="negative squared distance",
    score=kernel,
    backward=kernel_backward,
    divisor=Divisor("2σ²", _divisor, undivided=_undivided),
    parameters={"kernel_sigma": Parameter(untrained=default_sigma, least=0.05)},
)
