"""How much of a head's weight lies on a pattern of pairs, and which heads have most of it.

The scores are the `mul` measure of TransformerLens's head detector (transformer_lens/head_detector.py): the weight on
the pattern's pairs, divided by all of the head's weight. Weights are `[..., n, n]`, patterns `[n, n]` of zeros and
ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from attncli.measures import ranking
from attncli.similarity import Array


class RankedHead(NamedTuple):
    """A head of a model, both numbers from 0, and what it was ranked by."""

    layer: int
    head: int
    score: float


def previous_pattern(ids: Array) -> Array:
    """Each token and the one before it: ones on the diagonal below the main one."""
    return np.eye(len(ids), k=-1)


def next_pattern(ids: Array) -> Array:
    """Each token and the one after it: ones on the diagonal above the main one (the mirror of `previous_pattern`)."""
    return np.eye(len(ids), k=1)


def duplicate_pattern(ids: Array) -> Array:
    """Each token and the earlier ones that are the same: ones where i > j and ids `[n]` i and j are equal."""
    earlier: Array = np.tril(ids[:, None] == ids, k=-1).astype(np.float64)
    return earlier


def induction_pattern(ids: Array) -> Array:
    """Each token and those that came after its earlier occurrences: `duplicate_pattern`, a column further right.

    For `a b … a`, the pair of the second `a` with `b` (Olsson et al. 2022). Of a token said twice in a row, the pair
    lies on the main diagonal and counts, as in the detector.
    """
    pattern = np.zeros((len(ids), len(ids)))
    pattern[:, 1:] = duplicate_pattern(ids)[:, :-1]
    return pattern


PATTERNS: Mapping[str, Callable[[Array], Array]] = {
    "previous": previous_pattern,
    "next": next_pattern,
    "duplicate": duplicate_pattern,
    "induction": induction_pattern,
}


def pattern_score(weights: Array, pattern: Array) -> Array:
    """Σ (weights ∘ pattern) / Σ weights over all pairs: `[...]`, 0 where a head has no weight at all."""
    on_pattern = np.einsum("...ij,ij->...", weights, pattern, dtype=np.float64)  # [...]
    total = weights.sum(axis=(-2, -1), dtype=np.float64)  # [...]
    score: Array = np.divide(on_pattern, total, out=np.zeros_like(total), where=total > 0)
    return score


def pair_score(weights: Array, from_: Sequence[int], to: Sequence[int]) -> Array:
    """The weight from the word of the tokens `from_` on the word of the tokens `to`: `[...]`.

    The sum over the attended pieces, the mean over the attending ones (Clark et al. 2019, section 4.1).
    """
    pairs = weights[..., np.asarray(from_)[:, None], np.asarray(to)]  # [..., len(from_), len(to)]
    score: Array = pairs.sum(axis=-1, dtype=np.float64).mean(axis=-1)
    return score


def rank_heads(scores: Array) -> tuple[RankedHead, ...]:
    """The heads with scores `[n_layer, n_head]`, the highest first, equal ones in the order of layers and heads."""
    order = ranking(scores.ravel())  # [n_layer·n_head]
    layers, heads = np.unravel_index(order, scores.shape)
    ranked = zip(layers.tolist(), heads.tolist(), scores.ravel()[order].tolist(), strict=True)
    return tuple(RankedHead(*each) for each in ranked)


def rank_pairs(weights: Array, from_: Sequence[int], to: Sequence[int]) -> tuple[RankedHead, ...]:
    """The heads of weights `[n_layer, n_head, n, n]` by `pair_score`, the highest first."""
    return rank_heads(pair_score(weights, from_, to))


def rank_pattern(weights: Array, ids: Array, name: str) -> tuple[RankedHead, ...]:
    """The heads of weights `[n_layer, n_head, n, n]` over tokens `[n]` by a name of PATTERNS, the highest first."""
    return rank_heads(pattern_score(weights, PATTERNS[name](ids)))
