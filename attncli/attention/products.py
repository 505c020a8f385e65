"""Products and pairs of vectors for the similarities: they saturate instead of overflowing, a few rows at a time."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from attncli.arrays import Array

# Numbers held at once where a method forms all pairs of vectors: a few MB for a sentence of any length.
PAIRS_AT_ONCE = 2**19


def product(a: Array, b: Array, scale: float | None = None, out: Array | None = None) -> Array:
    """A `[..., n, d]` times b `[..., d, m]` times `scale`: `[..., n, m]`. Overflow saturates."""
    if product_may_overflow(a, b, scale):
        return wide_product(a, b, scale, out)
    # m·d products where scaling the result would cost n·m; rows of a new b are faster to multiply with
    b = b if scale is None else np.multiply(b, float(scale), order="C")
    scores: Array = np.matmul(a, b, out=out)  # [..., n, m]
    return scores


def product_may_overflow(a: Array, b: Array, scale: float | None) -> bool:
    """Whether a number on the way to a·b·scale may pass the dtype's range."""
    bound = max(1.0, norm(a)) * max(1.0, norm(b)) * max(1.0, abs(scale or 1))  # |a·b| ≤ ‖a‖‖b‖
    return not bound <= float(np.finfo(a.dtype).max)  # also where a NaN or an infinity hides the largest number


def all_finite(x: Array) -> bool:
    """Whether no number is a NaN or an infinity: by one sum, unless that overflows."""
    return math.isfinite(norm(x)) or bool(np.isfinite(x).all())


def norm(x: Array) -> float:
    """The length √Σx² of all numbers of x together; a NaN or ∞ where one of them is, or where a square overflows."""
    axes = list(range(x.ndim))
    with np.errstate(all="ignore"):
        return math.sqrt(np.einsum(x, axes, x, axes, []))


def wide_product(a: Array, b: Array, scale: float | None, out: Array | None = None) -> Array:
    """A `[..., n, d]` times b `[..., d, m]` times `scale`, all of which may pass the dtype's range on the way.

    Powers of two are taken out of each vector and of the scale and put back in the end, which rounds nothing: where no
    number is out of range the result is matmul's to the bit. A number too large in the end becomes the largest.
    """
    a_power, b_power = _power_of_two(a, axis=-1), _power_of_two(b, axis=-2)  # [..., n, 1], [..., 1, m]
    a, b = np.ldexp(a, -a_power), np.ldexp(b, -b_power)  # numbers up to 1
    factor, power = math.frexp(1 if scale is None else scale)  # scale = factor·2^power
    scores: Array = np.matmul(a, b if scale is None else np.multiply(b, factor, order="C"), out=out)  # [..., n, m]
    saturating(np.ldexp, scores, a_power + b_power + (0 if scale is None else power))
    return scores


def _power_of_two(x: Array, axis: int) -> Array:
    largest = np.abs(x).max(axis=axis, keepdims=True)
    exponent: Array = np.frexp(np.where(np.isfinite(largest), largest, 1))[1]
    return exponent


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


def pairwise(
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
