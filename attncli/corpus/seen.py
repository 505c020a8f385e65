"""What is kept of the attention of some sentences of one length: the little that the tables are made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from attncli.analysis.kinds import measure_heads
from attncli.analysis.measures import entropy
from attncli.analysis.names import MEASURES, profile_heads
from attncli.arrays import Array
from attncli.attention.ranks import TIES

REACH = 64  # words: distances beyond are counted together
HEAD_NUMBERS = ("distance", "entropy", "special", "previous", "next", "same", "first", "anchor", "evenness")
#: What is added up of heads: besides those what trained heads are named by, and whether they are trained.
SUMMED = (*HEAD_NUMBERS, *MEASURES, "trained")


class Seen(NamedTuple):
    """Of `b` sentences of `n` words under `n_layer` layers of `n_head` heads.

    rows: the words by number `[b, n]`; keys, weights: the strongest keys of each word by the last layer's mean
    `[b, n, top]`, −1 where there are fewer; by_distance: weight at key − query = −REACH … REACH and beyond, summed
    over the sentences `[n_layer, n_head, 2·REACH + 2]`; entropy: bits `[n_layer, n_head, b, n]`, NaN where a word sees
    nothing; heads: measures of each head `[n_layer, n_head, b, len(SUMMED)]`, None of long texts.
    """

    rows: Array
    keys: Array
    weights: Array
    by_distance: Array
    entropy: Array
    heads: Array | None


def seen(
    rows: Array,
    weights: Array,
    top: int,
    collect: Sequence[str],
    special: Array | None = None,
    visible: Array | None = None,
    trained_on: Array | None = None,
) -> Seen:
    """What the tables need of weights `[n_layer, b, n_head, n, n]`, for what is collected; the rest is empty.

    special `[n]` marks tokens that a model adds; visible, boolean as the weights, what a query may see (None: all);
    trained_on: of trained heads the words' vectors `[b, n, d]`, by which they are named as `attn explain` names them.
    """
    n_layer, b, n_head, n, _ = weights.shape
    mean = weights[-1].mean(axis=1) if n_head > 1 else weights[-1, :, 0]  # [b, n, n]
    keys, strongest = _strongest(mean, top)
    distances = distance_sums(weights) if "distance" in collect else np.zeros((n_layer, n_head, 2 * REACH + 2))
    bits = _entropies(weights) if "entropy" in collect else np.empty((n_layer, n_head, b, 0))
    numbers = None
    if "heads" in collect:
        kinds = measure_heads(weights, np.zeros(n, bool) if special is None else special, visible)
        measured = np.stack([getattr(kinds, name) for name in HEAD_NUMBERS], axis=-1)  # [n_layer, b, n_head, 9]
        named = np.zeros((*measured.shape[:-1], len(MEASURES) + 1))
        if trained_on is not None and visible is not None:
            named = _profiles(weights, trained_on, visible)
        numbers = np.moveaxis(np.concatenate([measured, named], axis=-1), 1, 2)
    return Seen(rows, keys, strongest, distances, bits, numbers)


def _profiles(weights: Array, x: Array, visible: Array) -> Array:
    """The MEASURES of each head, and 1, since it is trained: `[n_layer, b, n_head, len(MEASURES) + 1]`."""
    profiles = np.ones((*weights.shape[:3], len(MEASURES) + 1))
    for layer, text in np.ndindex(weights.shape[:2]):
        shown: Array = np.any(visible[layer, text], axis=0)  # [n, n]
        profile = profile_heads(weights[layer, text].astype(np.float64), x[text].astype(np.float64), shown)
        profiles[layer, text, :, :-1] = profile
    return profiles


def _entropies(weights: Array) -> Array:
    """Bits a row `[n_layer, n_head, b, n]`, NaN for a row of zeros."""
    bits = entropy(weights)  # [n_layer, b, n_head, n]
    certain = bits == 0  # all on one key, or on none
    if certain.any():
        bits[certain] = np.where(weights[certain].any(axis=-1), 0, np.nan)
    return np.moveaxis(bits, 1, 2)


def _strongest(mean: Array, top: int) -> tuple[Array, Array]:
    """The `top` strongest keys of mean `[b, n, n]`, a word itself left out, and their weights: both `[b, n, ≤ top]`.

    Of equal weights the first come first; weights that differ by rounding alone are equal. Sorted are whole numbers, a
    weight's first bits before its place: six times as fast as weights and places apart.
    """
    n = mean.shape[-1]
    mean = mean.astype(np.float32)  # a copy
    mean[:, np.arange(n), np.arange(n)] = 0
    packed = (mean.view(np.uint32) + _HALF >> _LAST_BITS).astype(np.uint64) << _PLACES  # [b, n, n]
    packed |= np.arange(n - 1, -1, -1, dtype=np.uint64)
    first = max(n - top, 0)
    best = np.sort(np.partition(packed, first, axis=-1)[..., first:], axis=-1)[..., ::-1]  # [b, n, ≤ top]
    keys = n - 1 - (best & (1 << _PLACES) - 1).astype(np.int64)
    weights = np.take_along_axis(mean, keys, axis=-1)
    return np.where(weights > 0, keys, -1), weights


_LAST_BITS = 24 + int(np.log2(TIES[np.dtype(np.float32)]))  # of a mantissa, in which equal words differ
_HALF = np.uint32(1 << _LAST_BITS - 1)  # rounds instead of cutting
_PLACES = np.uint64(32)


def distance_sums(weights: Array) -> Array:
    """Weights `[n_layer, b, n_head, n, n]` added up by distance: `[n_layer, n_head, 2·REACH + 2]`."""
    n = weights.shape[-1]
    summed = weights.sum(axis=1, dtype=np.float64)  # [n_layer, n_head, n, n]
    sums = np.zeros((*summed.shape[:2], 2 * REACH + 2))
    for offset in range(-min(n - 1, REACH), min(n - 1, REACH) + 1):
        sums[..., offset + REACH] = np.diagonal(summed, offset, axis1=-2, axis2=-1).sum(axis=-1)
    sums[..., -1] = summed.sum(axis=(-2, -1)) - sums[..., :-1].sum(axis=-1)
    if n <= REACH + 1:
        sums[..., -1] = 0
    return sums


def pairs_by_distance(n: int) -> Array:
    """How many pairs of words of a text of `n` are at each distance: `[2·REACH + 2]`."""
    at = np.maximum(n - np.abs(np.arange(-REACH, REACH + 1)), 0)
    return np.append(at, n * n - at.sum())
