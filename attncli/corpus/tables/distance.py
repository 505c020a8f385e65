"""The table `distance`: the mean weight at each distance of key and query."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.tables.table import DIGITS, Arrays, Columns, Line, Stored, Table, add_to

REACH = 64  # words: distances beyond are counted together
NEAR = 8  # words to each side of a query that the summary shows


class Distance(Table):
    """Weight by key − query = −REACH … REACH, and beyond in the last place; each is counted in its own text."""

    name = "distance"
    explanation = "the mean weight of a word that stands so far before or after"
    columns: ClassVar = {
        "layer": "whole",
        "head": "whole",
        "distance": "whole",
        "pairs": "whole",
        "weight": "number",
        "mean_weight": "number",
    }
    stored: ClassVar = {
        "weight": Stored("f", "layer head reach"),
        "pairs": Stored("f", "reach", least=0, whole=True),
    }
    sizes: ClassVar = {"reach": 2 * REACH + 2}
    reach = REACH

    def add(self, batch: Batch) -> None:
        """Sums over all sentences."""
        if batch.weights is None:
            weight = np.stack([each.by_distance for each in batch.streamed])
        else:
            weight = weight_by_distance(batch.weights)
        pairs = len(batch.rows) * pairs_by_distance(batch.rows.shape[1], batch.keys.shape[1])
        add_to(self._sums, {"weight": weight, "pairs": pairs.astype(np.float64)})

    @classmethod
    def rows(cls, sums: Arrays, numbers: tuple[Sequence[int], Sequence[int]]) -> Columns:
        """A row a layer, head and distance; a distance of None is all beyond REACH."""
        distances = [*range(-REACH, REACH + 1), None]
        there = np.flatnonzero(sums["pairs"])
        rows = [(i, j, at) for i in range(len(numbers[0])) for j in range(len(numbers[1])) for at in there.tolist()]
        weight = [round(float(sums["weight"][row]), DIGITS) for row in rows]
        pairs = [int(sums["pairs"][at]) for _, _, at in rows]
        return {
            "layer": [numbers[0][i] for i, _, _ in rows],
            "head": [numbers[1][j] for _, j, _ in rows],
            "distance": [distances[at] for _, _, at in rows],
            "pairs": pairs,
            "weight": weight,
            "mean_weight": [round(each / count, DIGITS) for each, count in zip(weight, pairs, strict=True)],
        }

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """The mean weight at each small distance, over all heads of the last layer."""
        by_distance: dict[int, list[float]] = {}
        for layer, distance, mean in zip(*(rows[name] for name in ("layer", "distance", "mean_weight")), strict=True):
            if layer == rows["layer"][-1] and distance is not None and abs(distance) <= NEAR:
                by_distance.setdefault(distance, []).append(mean)
        share = {distance: sum(means) / len(means) for distance, means in by_distance.items()}
        most = max(*share.values(), 1e-9)
        for distance, mean in share.items():
            yield Line(f"{distance:+4d}".replace("+0", " 0"), [f"{mean:.4f}"], share=mean / most)


def weight_by_distance(weights: Array) -> Array:
    """Weights `[n_layer, b, n_head, n_query, n_key]` added up by distance: `[n_layer, n_head, 2·REACH + 2]`."""
    n_query, n_key = weights.shape[-2:]
    summed = weights.sum(axis=1).astype(np.float64)  # [n_layer, n_head, n_query, n_key]
    sums = np.zeros((*summed.shape[:2], 2 * REACH + 2))
    for offset in range(-min(n_query - 1, REACH), min(n_key - 1, REACH) + 1):
        sums[..., offset + REACH] = np.diagonal(summed, offset, axis1=-2, axis2=-1).sum(axis=-1)
    sums[..., -1] = summed.sum(axis=(-2, -1)) - sums[..., :-1].sum(axis=-1)
    if max(n_query, n_key) <= REACH + 1:
        sums[..., -1] = 0
    return sums


def pairs_by_distance(n_query: int, n_key: int) -> Array:
    """The number of pairs of a query and a key at each distance, in texts of so many words: `[2·REACH + 2]`."""
    distance = np.arange(-REACH, REACH + 1)
    first, last = np.maximum(-distance, 0), np.minimum(n_key - distance, n_query)  # queries that have such a key
    at = np.maximum(last - first, 0)
    return np.append(at, n_query * n_key - at.sum())
