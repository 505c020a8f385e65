"""The head that a page opens on: one with something to say, or the one that differs most between two runs."""

from typing import NamedTuple

import numpy as np

from attncli.analysis.kinds import ANCHOR
from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.recipes.head_effects import HeadEffects
from attncli.recipes.model_comparison import ModelComparison, correspond
from attncli.views.page.kinds import bare_kinds_of


class Opening(NamedTuple):
    """The places of the source, layer and head that are shown first, and whether `weights` or their `difference`."""

    source: int = 0
    layer: int = 0
    head: int = 0
    show: str = "weights"


def telling_head(explanation: Explanation) -> Opening:
    """The head that is most decided about words that no place explains; never a sink where another is to be had.

    Heads without known kinds, as random ones are, tell nothing: the first one opens.
    """
    kinds = np.array(bare_kinds_of(explanation))  # [n_layer, n_head]
    if kinds.shape != (len(explanation.layers), len(explanation.head_numbers)):
        return Opening()
    return _first(decided(explanation), kinds)


def affecting_head(effects: HeadEffects, record: list[list[float | None]]) -> Opening:
    """The head with the largest effect, of those that the page has `[n_layer][n_head]`; never a sink, as above."""
    assert effects.explanation is not None
    sizes = np.abs(np.array(record, dtype=float))  # [n_layer, n_head]; NaN where it was not taken away
    return _first(np.nan_to_num(sizes, nan=-1), np.array(bare_kinds_of(effects.explanation)))


def changed_head(comparison: ModelComparison) -> Opening:
    """The head whose weights diverge most, with its differences from the baseline where there are some."""
    apart = np.array([each.divergence for each in comparison.heads])  # [n_layer * n_head]
    layer, head = divmod(int(apart.argmax()), len(comparison.baseline.head_numbers))
    subtracts = correspond(comparison.baseline, comparison.other, comparison.swap)
    return Opening(1, layer, head, "difference") if subtracts else Opening(0, layer, head)


def decided(explanation: Explanation) -> Array:
    """How decided each head `[n_layer, n_head]` is: the mean over the queries of the largest weight of their own.

    A weight's own part is its distance from the mean over all queries: a key that every query looks at is a sink,
    whatever it is called. Only keys count that no place explains: neither the query itself nor beside it, nor special,
    nor, in a model, the first, which Vig and Belinkov (2019, section 5) find heads to fall back on. Of a chosen query,
    its own row.
    """
    counts = _counting(explanation)  # [n_query, n_key]
    rows = np.flatnonzero(counts.any(axis=-1)) if explanation.query is None else np.array([explanation.query])
    return np.stack([_decided(explanation.kept(layer.weights), counts, rows) for layer in explanation.layers])


def _decided(weights: Array, counts: Array, rows: Array) -> Array:
    """The mean over some rows of the largest of a layer's weights `[n_head, n_query, n_key]` above their mean."""
    above = weights[:, rows] - weights.mean(axis=1, keepdims=True)  # [n_head, rows, n_key]
    largest = above.max(axis=-1, where=counts[rows], initial=0)  # [n_head, rows]
    return np.asarray(largest.sum(axis=-1) / max(1, len(rows)))


def _counting(explanation: Explanation) -> Array:
    """The pairs of a query and a key that no place explains, boolean `[n_query, n_key]`."""
    n, m = len(explanation.sentence.tokens), len(explanation.key_sentence.tokens)
    counts = np.ones((n, m), dtype=bool)
    if explanation.memory is None:
        counts = abs(np.arange(m) - np.arange(n)[:, None]) > 1
    special = explanation.source.special  # [n_key]
    if special is not None:
        counts = counts & ~special & (np.arange(m) > 0)
        if explanation.memory is None:
            counts = counts & ~special[:, None]
    return counts


def _first(numbers: Array, kinds: Array) -> Opening:
    """The place of the largest number `[n_layer, n_head]` that is no sink, or of the largest at all."""
    chosen = np.where(kinds == ANCHOR, -1.0, numbers) if kinds.shape == numbers.shape else numbers
    chosen = numbers if (chosen < 0).all() else chosen
    layer, head = np.unravel_index(int(chosen.argmax()), chosen.shape)
    return Opening(0, int(layer), int(head))
