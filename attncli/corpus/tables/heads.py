"""The table `heads`: the measures of each head, over all texts."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from attncli.analysis.kinds import PROFILE, kinds_of, measure_heads, name_of, profile_heads
from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.tables.table import MOST_LINES, Arrays, Columns, Line, Stored, Table, add_to

NUMBERS = ("distance", "entropy", "special", "previous", "next", "same", "first", "anchor", "evenness")
#: The measures that are added up: besides NUMBERS those that trained heads are named by, and whether they are trained.
SUMMED = (*NUMBERS, *PROFILE, "trained")


class Heads(Table):
    """Measures of each head, summed over texts; long texts are left out."""

    name = "heads"
    explanation = "what each does, over all texts"
    columns: ClassVar = {
        "layer": "whole",
        "head": "whole",
        "texts": "whole",
        "kind": "text",
        **dict.fromkeys(NUMBERS, "number"),
    }
    stored: ClassVar = {
        "left_out": Stored("f", least=0, whole=True, always=True),
        "sums": Stored("f", "layer head measure"),
        "texts": Stored("f", least=1, whole=True),
    }
    sizes: ClassVar = {"measure": len(SUMMED)}

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._sums["left_out"] = np.zeros(())

    def add(self, batch: Batch) -> None:
        """The measures of each sentence."""
        texts = np.array(float(len(batch.rows)))
        if batch.weights is None:
            add_to(self._sums, {"left_out": texts})
        else:
            measured = measures_of(batch, batch.weights)  # [n_layer, n_head, b, measures]
            add_to(self._sums, {"sums": measured.sum(axis=2, dtype=np.float64), "texts": texts})

    @classmethod
    def rows(cls, sums: Arrays, numbers: tuple[Sequence[int], Sequence[int]]) -> Columns:
        """Means over the texts, and the kind that they come to, for trained heads their name."""
        texts = float(sums["texts"])
        means = sums["sums"] / texts  # [n_layer, n_head, measures]
        by_name = dict(zip(SUMMED, np.moveaxis(means, -1, 0), strict=True))
        kinds = kinds_of([by_name[name] for name in ("previous", "next", "same", "anchor")], by_name["evenness"])
        profile = np.stack([by_name[name] for name in PROFILE], axis=-1)  # [n_layer, n_head, 5]
        rows = [(i, j) for i in range(len(numbers[0])) for j in range(len(numbers[1]))]
        return {
            "layer": [numbers[0][i] for i, _ in rows],
            "head": [numbers[1][j] for _, j in rows],
            "texts": [int(texts)] * len(rows),
            "kind": [name_of(profile[row]) if by_name["trained"][row] else str(kinds[row]) for row in rows],
            **{name: [round(float(means[row][at]), 6) for row in rows] for at, name in enumerate(NUMBERS)},
        }

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """The first heads: their kind, and how far they look."""
        found = zip(*(rows[name][:MOST_LINES] for name in ("layer", "head", "kind", "distance")), strict=True)
        for layer, head, kind, distance in found:
            yield Line("", [f"layer {layer}, head {head}: {kind}", f"{distance:.1f} words away on average"])

    @classmethod
    def note(cls, rows: Columns) -> str | None:
        """The number of listed heads, if not all."""
        if len(rows["layer"]) > MOST_LINES:
            return f"only the first {MOST_LINES} heads are listed; the table has all"
        return None


def measures_of(batch: Batch, weights: Array) -> Array:
    """The SUMMED of each head on each sentence of a batch: `[n_layer, n_head, b, measures]`."""
    special = np.zeros(weights.shape[-1], bool) if batch.special is None else batch.special
    kinds = measure_heads(weights, special, batch.visible, crosses=batch.crosses)
    measured = np.stack([getattr(kinds, name) for name in NUMBERS], axis=-1)  # [n_layer, b, n_head, 9]
    named = np.zeros((*measured.shape[:-1], len(PROFILE) + 1))
    if batch.trained_on is not None:
        named = _profiles(weights, batch.trained_on, batch.visible)
    return np.moveaxis(np.concatenate([measured, named], axis=-1), 1, 2)


def _profiles(weights: Array, x: Array, visible: Array) -> Array:
    """The PROFILE of each head, and 1, since it is trained: `[n_layer, b, n_head, len(PROFILE) + 1]`."""
    profiles = np.ones((*weights.shape[:3], len(PROFILE) + 1))
    for layer, text in np.ndindex(weights.shape[:2]):
        shown: Array = np.any(visible[layer, text], axis=0)  # [n, n]
        profile = profile_heads(weights[layer, text].astype(np.float64), x[text].astype(np.float64), shown)
        profiles[layer, text, :, :-1] = profile
    return profiles
