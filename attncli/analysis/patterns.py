"""Patterns of pairs: the share of a head's weight on one, and the order of heads by it.

The scores are the `mul` measure of TransformerLens's head detector (transformer_lens/head_detector.py): the weight on
the pattern's pairs, divided by all of the head's weight. Weights are `[..., n, n]`, patterns `[n, n]` of zeros and
ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array


class RankedHead(NamedTuple):
    """A head of a model, both numbers from 0, and its score: the weight on a pair, or the share on a pattern.

    `mean` is, for a pair, the weight that all words together put on the attended one (see `column_mean`).
    """

    layer: int
    head: int
    score: float
    mean: float | None = None

    @property
    def lift(self) -> float | None:
        """The weight of the pair minus the mean weight of all words on the attended one."""
        return None if self.mean is None else self.score - self.mean


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

    For `a b … a`, the pair of the second `a` with `b` (Olsson et al. 2022). Of a token twice in a row, the pair
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


def column_mean(weights: Array, visible: Array, to: Sequence[int]) -> Array:
    """The mean weight on the word of the tokens `to`, over all tokens that see one of them: `[...]`.

    weights `[..., n, n]`; visible, boolean, broadcastable to them: which keys a query sees. It is high for a
    head that attends there from every query: its weight on a pair is not specific to the pair.
    """
    on_word = weights[..., np.asarray(to)].sum(axis=-1, dtype=np.float64)  # [..., n]
    seeing = visible[..., np.asarray(to)].any(axis=-1)  # [..., n]
    mean: Array = np.where(seeing, on_word, 0).sum(axis=-1) / np.maximum(seeing.sum(axis=-1), 1)
    return mean


def in_order(scores: Array, means: Array | None = None, *, by_lift: bool = False) -> tuple[RankedHead, ...]:
    """The heads with scores `[n_layer, n_head]`, the highest first, equal ones in the order of layers and heads.

    means: of the same shape, the baseline of the scores; by_lift: the highest score − mean comes first.
    """
    order = ranking((scores if means is None or not by_lift else scores - means).ravel())  # [n_layer·n_head]
    layers, heads = np.unravel_index(order, scores.shape)
    against = [None] * len(order) if means is None else means.ravel()[order].tolist()
    ranked = zip(layers.tolist(), heads.tolist(), scores.ravel()[order].tolist(), against, strict=True)
    return tuple(RankedHead(*each) for each in ranked)
