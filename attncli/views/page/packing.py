"""Numbers packed small for the page: matrices as base64 of little-endian unsigned integers, row by row.

A weight is its code times its head's unit over the levels, and the code after the last level means hidden. A score's
code runs over the range of its row, which is stored beside it.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.recipes.explanation import Explanation, Layer
from attncli.settings.model import ARRAYS

MOST_FULL_BYTES = 32 * 2**20  # of base64; of more, only the weights are kept, a byte each
MOST_BYTES = 64 * 2**20


class Packing(NamedTuple):
    """How numbers are stored: the integer of a weight, the levels it counts, and whether scores are kept."""

    dtype: str
    levels: int
    scores: bool

    @property
    def bytes(self) -> int:
        """Of one weight."""
        return np.dtype(self.dtype).itemsize


FULL, SMALL = Packing("<u2", 65534, True), Packing("u1", 254, False)


def packing_of(explanations: Iterable[Explanation]) -> Packing:
    """The finest packing that keeps the page small enough; AttnError where none does, or the weights are not kept."""
    cells = [(_cells(each), each.has_scores) for each in explanations]
    full = _base64(sum(count * FULL.bytes * (1 + scored) for count, scored in cells))
    if full <= MOST_FULL_BYTES:
        return FULL
    small = _base64(sum(count for count, _ in cells))
    if small <= MOST_BYTES:
        return SMALL
    raise AttnError(
        f"the page of these heads would take some {small / 2**20:,.0f} MB, the limit is {MOST_BYTES >> 20}",
        ARRAYS,
    )


def about(explanations: Sequence[Explanation], packing: Packing) -> str:
    """How the numbers are stored, in a sentence for the foot of the page."""
    largest = max(unit for each in explanations for layer in each.layers for unit in units_of(layer))
    places = 7 if packing.scores else 4
    error = ceil(largest / packing.levels / 2 * 10**places) / 10**places
    scored = packing.scores and any(each.has_scores for each in explanations)
    scores = ", and 2 bytes a score, in 65,535 steps over the range of its row" if scored else ""
    size = f"{packing.bytes} byte{'s' * (packing.bytes > 1)} a weight, wrong by at most {error:.{places}f}{scores}"
    left_out = "" if packing.scores else " Scores and values are left out, for they would make the page too large."
    return f"The numbers are stored as base64 of {size}.{left_out}"


def units_of(layer: Layer) -> list[float]:
    """The weight of the highest level of each head: its largest one."""
    return [float(head.max(initial=0)) or 1.0 for head in _weights(layer)]


def packed_weights(layer: Layer, packing: Packing) -> list[str]:
    """Each head's weights `[n_query, n_key]`, packed."""
    heads = zip(_weights(layer), units_of(layer), strict=True)
    return [_packed(_codes(weights / unit, layer.visible, packing), packing.dtype) for weights, unit in heads]


def packed_matrix(weights: Array, packing: Packing) -> tuple[float, str]:
    """The largest of weights `[n, m]`, none of them hidden, and the weights packed."""
    unit = float(weights.max(initial=0)) or 1.0
    return unit, _packed(_codes(weights / unit, np.ones(weights.shape, bool), packing), packing.dtype)


def packed_signed(numbers: Array, packing: Packing) -> tuple[float, str]:
    """The largest size of signed numbers `[n, m]`, and the numbers packed: from −1 to 1 of it over all levels."""
    unit = float(np.abs(numbers).max(initial=0)) or 1.0
    return unit, _packed(_codes((numbers / unit + 1) / 2, np.ones(numbers.shape, bool), packing), packing.dtype)


def _weights(layer: Layer) -> Array:
    """Those of a layer that is kept, as every layer of a page is."""
    assert layer.weights is not None
    return layer.weights


def _codes(shares: Array, seen: Array, packing: Packing) -> Array:
    """Shares `[n_query, n_key]` of the highest level, from 0 to 1, as levels, and where hidden the code after them."""
    return np.where(seen, shares * packing.levels, packing.levels + 1)


def packed_scores(scores: Array) -> tuple[str, str]:
    """One head's scores `[n_query, n_key]` as codes, and the least and the largest of each row as float64."""
    seen = scores > -np.inf
    low = scores.min(axis=-1, where=seen, initial=np.inf).astype(np.float64)  # [n_query]
    high = scores.max(axis=-1, where=seen, initial=-np.inf).astype(np.float64)
    low, high = np.where(np.isfinite([low, high]), [low, high], 0.0)
    half = (high / 2 - low / 2)[:, None]  # [n_query, 1]; half, because the whole may overflow
    share = np.divide(scores / 2 - low[:, None] / 2, half, out=np.zeros(scores.shape), where=seen & (half > 0))
    return _packed(_codes(share, seen, FULL), FULL.dtype), _text(np.stack([low, high], axis=1).astype("<f8"))


def packed_offsets(by_offset: Array) -> str:
    """The addition of a head to each key's score at each offset `[n_key, 2·reach + 1]`, as float32."""
    return _text(by_offset.astype("<f4"))


def _packed(codes: Array, dtype: str) -> str:
    return _text(np.rint(codes).astype(dtype))


def _text(array: Array) -> str:
    return b64encode(array.tobytes()).decode("ascii")


def lengths_of(vectors: Array) -> list[float | None]:
    """The lengths of vectors `[n, d]`, of six digits."""
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1)
    return [float(f"{length:.6g}") if np.isfinite(length) else None for length in lengths]


def _cells(explanation: Explanation) -> int:
    return sum(explanation.kept(layer.weights).size for layer in explanation.layers)


def _base64(size: int) -> int:
    return -(-size // 3) * 4
