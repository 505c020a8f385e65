"""Step 1 of attention: how well a key answers a query. One function a method.

Every function takes queries `[..., n_query, d_k]` and keys `[..., n_key, d_k]` and returns scores
`[..., n_query, n_key]`: the similarity times `scale`. Leading axes broadcast. With `out` the scores are written there.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from attncli.arrays import Array

#: The methods, in their order, each with its parameters and their axes behind the head axis `[n_head, ...]`.
PARAMETERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "dot": {},
    "scaled": {},
    "cosine": {},
    "general": {"general_w": ("d_k", "d_k")},
    "additive": {"additive_w_q": ("d_k", "d_a"), "additive_w_k": ("d_k", "d_a"), "additive_u": ("d_a",)},
    "kernel": {"kernel_sigma": ()},
}

# Numbers held at once where a method forms all pairs of vectors: a few MB, whatever the sentence's length.
PAIRS_AT_ONCE = 2**19


def dot(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """Dot product q·k (Luong et al. 2015, section 3.1). What overflows saturates at the largest finite number."""
    key = key.swapaxes(-1, -2)  # [..., d_k, n_key]
    if _may_overflow(query, key, scale):
        return _wide_product(query, key, scale, out)
    query = query if scale is None else query * float(scale)  # n·d_k products where scaling the scores would cost n·n
    scores: Array = np.matmul(query, key, out=out)  # [..., n_query, n_key]
    return scores


def scaled(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """Scaled dot product q·k/√d_k (Vaswani et al. 2017, equation 1); `scale` takes the place of 1/√d_k."""
    return dot(query, key, scale=1 / math.sqrt(query.shape[-1]) if scale is None else scale, out=out)


def cosine(query: Array, key: Array, *, scale: float | None = None, out: Array | None = None) -> Array:
    """Cosine of the angle between q and k (Graves et al. 2014, equation 6); 0 where one of them is the zero vector."""
    return dot(_unit(query), _unit(key), scale=scale, out=out)


def general(
    query: Array, key: Array, *, general_w: Array, scale: float | None = None, out: Array | None = None
) -> Array:
    """Bilinear form qᵀWk (Luong et al. 2015, section 3.1). `general_w`: [..., d_k, d_k]."""
    return dot(dot(query, general_w.swapaxes(-1, -2)), key, scale=scale, out=out)


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
    """A layer of tanh units, uᵀtanh(W_q q + W_k k) (Bahdanau et al. 2015, appendix A.1.2).

    `additive_w_q`, `additive_w_k`: [..., d_k, d_a]; `additive_u`: [..., d_a]. What overflows saturates as in `dot`.
    """
    query, key = (dot(x, w.swapaxes(-1, -2)) for x, w in ((query, additive_w_q), (key, additive_w_k)))  # [..., n, d_a]
    u = additive_u[..., None, :, None]  # [..., 1, d_a, 1]
    wide = _may_overflow(np.ones(1, query.dtype), u, additive_u.shape[-1])

    def score(q: Array, k: Array) -> Array:
        hidden = q + k  # [..., rows, n_key, d_a]
        hidden = np.tanh(hidden, out=hidden)
        scores: Array = (_wide_product(hidden, u, None) if wide else np.matmul(hidden, u))[..., 0]
        return scores

    return _pairwise(score, query, key, scale, out)


def kernel(
    query: Array, key: Array, *, kernel_sigma: Array, scale: float | None = None, out: Array | None = None
) -> Array:
    """Logarithm of a Gaussian kernel, −‖q−k‖²/2σ² (Nadaraya 1964, Watson 1964). `kernel_sigma`: [...].

    Built from the differences, since ‖q‖² + ‖k‖² − 2q·k cancels for close vectors. What overflows is the lowest number.
    """
    sigma = np.asarray(kernel_sigma)[..., None, None, None]  # [..., 1, 1, 1]
    lowest = np.finfo(query.dtype).min

    def score(q: Array, k: Array) -> Array:
        difference = q - k  # [..., rows, n_key, d_k]
        difference /= sigma
        squared = np.einsum("...d,...d->...", difference, difference)  # [..., rows, n_key]
        scores: Array = np.maximum(squared * -0.5, lowest)
        return scores

    return _pairwise(score, query, key, scale, out)


SIMILARITIES: Mapping[str, Callable[..., Array]] = {
    "dot": dot,
    "scaled": scaled,
    "cosine": cosine,
    "general": general,
    "additive": additive,
    "kernel": kernel,
}
METHODS = tuple(PARAMETERS)


def _may_overflow(query: Array, key: Array, scale: float | None) -> bool:
    largest = [float(np.abs(x).max(initial=1)) for x in (query, key)]  # as Python's floats, whose products do not warn
    bound = query.shape[-1] * largest[0] * largest[1] * max(1.0, abs(scale or 1))
    return not bound <= float(np.finfo(query.dtype).max)  # also where a NaN or an infinity hides the largest number


def _wide_product(a: Array, b: Array, scale: float | None, out: Array | None = None) -> Array:
    """A `[..., n, d]` times b `[..., d, m]` times `scale`, all of which may pass the dtype's range on the way.

    Powers of two are taken out of each vector and of the scale and put back in the end, which rounds nothing: where no
    number is out of range the result is matmul's to the bit. What is too large in the end is the largest finite number.
    """
    a_power, b_power = _power_of_two(a, axis=-1), _power_of_two(b, axis=-2)  # [..., n, 1], [..., 1, m]
    a, b = np.ldexp(a, -a_power), np.ldexp(b, -b_power)  # numbers up to 1
    factor, power = math.frexp(1 if scale is None else scale)  # scale = factor·2^power
    product: Array = np.matmul(a if scale is None else a * factor, b, out=out)  # [..., n, m]
    saturating(np.ldexp, product, a_power + b_power + (0 if scale is None else power))
    return product


def saturating(operation: np.ufunc, scores: Array, operand: Array | float) -> Array:
    """`operation` on scores, in place, where a finite number that overflows becomes the largest one of its sign.

    Returns where that happened, boolean of the scores' shape.
    """
    finite = np.isfinite(scores)
    with np.errstate(over="ignore"):
        operation(scores, operand, out=scores)
    largest = np.copysign(np.finfo(scores.dtype).max, scores)
    overflowed: Array = finite & np.isinf(scores)
    np.copyto(scores, largest, where=overflowed)
    return overflowed


def _power_of_two(x: Array, axis: int) -> Array:
    largest = np.abs(x).max(axis=axis, keepdims=True)
    exponent: Array = np.frexp(np.where(np.isfinite(largest), largest, 1))[1]
    return exponent


def _unit(x: Array) -> Array:
    """Vectors of length 1, the zero vector left as it is: [..., d]."""
    largest = np.abs(x).max(axis=-1, keepdims=True)  # [..., 1]; divided out first, so that no square overflows
    x = x / np.where(largest == 0, 1, largest)
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True))  # [..., 1]
    return x / np.where(length == 0, 1, length)


def _pairwise(
    score: Callable[[Array, Array], Array], query: Array, key: Array, scale: float | None, out: Array | None
) -> Array:
    """Scores of all pairs, `score(q [..., rows, 1, d], k [..., 1, n_key, d])`, for a few rows of queries at a time."""
    lead = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    scores = np.empty((*lead, query.shape[-2], key.shape[-2]), query.dtype) if out is None else out
    row_size = math.prod(lead) * key.shape[-2] * key.shape[-1]
    factor, power = math.frexp(1 if scale is None else scale)  # scale = factor·2^power, of a range beyond the dtype's
    for rows in row_blocks(query.shape[-2], row_size, PAIRS_AT_ONCE):
        block = score(query[..., rows, None, :], key[..., None, :, :])  # [..., rows, n_key]
        if scale is not None:
            saturating(np.ldexp, np.multiply(block, factor, out=block), power)
        scores[..., rows, :] = block
    return scores


def row_blocks(n_row: int, row_size: int, most: int) -> Iterator[slice]:
    """Slices that cover `n_row` rows of `row_size` numbers, each of at most `most` numbers (but at least one row)."""
    step = max(1, most // max(1, row_size))
    return (slice(start, start + step) for start in range(0, n_row, step))
