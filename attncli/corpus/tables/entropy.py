"""The table `entropy`: the mean entropy of the weights, by the length of the text."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import ClassVar

import numpy as np

from attncli.analysis.measures import entropy
from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.tables.table import Arrays, Columns, Line, Stored, Table, add_to


class Entropy(Table):
    """Bits of a word's weights, by the length of the text that it attends to; words that see nothing do not count."""

    name = "entropy"
    explanation = "mean bits of a word's weights: 0 is one word, more is broader"
    columns: ClassVar = {
        "layer": "whole",
        "head": "whole",
        "length": "whole",
        "texts": "whole",
        "words": "whole",
        "mean_bits": "number",
        "standard_deviation": "number",
    }
    stored: ClassVar = {
        "length": Stored("i", "m", least=1, rising=True),
        "texts": Stored("f", "m", least=0, whole=True),
        "rows": Stored("f", "m layer head", least=0, whole=True),
        "total": Stored("f", "m layer head"),
        "squares": Stored("f", "m layer head"),
    }

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._by_length: dict[int, dict[str, Array]] = {}

    def add(self, batch: Batch) -> None:
        """Sums over all words of the sentences."""
        if batch.weights is None:
            bits = np.stack([np.where(each.total > 0, each.entropy, np.nan) for each in batch.streamed])
        else:
            bits = row_entropies(batch.weights)
        bits = bits.reshape(*bits.shape[:2], -1).astype(np.float64)  # [n_layer, n_head, b·n]
        there = ~np.isnan(bits)
        bits = np.where(there, bits, 0)
        sums = {"texts": np.array(float(len(batch.rows))), "rows": there.sum(axis=-1).astype(np.float64)}
        sums |= {"total": bits.sum(axis=-1), "squares": (bits * bits).sum(axis=-1)}
        add_to(self._by_length.setdefault(batch.keys.shape[1], {}), sums)

    def arrays(self) -> Arrays:
        """In the order of the lengths."""
        lengths = sorted(self._by_length)
        names = [name for name in self.stored if name != "length"]
        sums = {name: np.array([self._by_length[n][name] for n in lengths]) for name in names}
        return {"length": np.array(lengths, np.int64), **sums} if lengths else {}

    @classmethod
    def merge(cls, parts: Iterable[Arrays]) -> Arrays:
        """Texts of one length of all parts together."""
        table = cls()
        for part in parts:
            sums = {name: array for name, array in part.items() if name != "length"}
            for place, n in enumerate(part.get("length", np.empty(0)).tolist()):
                add_to(table._by_length.setdefault(n, {}), {name: array[place] for name, array in sums.items()})
        return table.arrays()

    @classmethod
    def rows(cls, sums: Arrays, numbers: tuple[Sequence[int], Sequence[int]]) -> Columns:
        """A row a layer, head and length of text."""
        lengths = range(len(sums["length"]))
        rows = [(m, i, j) for i in range(len(numbers[0])) for j in range(len(numbers[1])) for m in lengths]
        count = [max(float(sums["rows"][row]), 1) for row in rows]
        mean = [float(sums["total"][row]) / each for row, each in zip(rows, count, strict=True)]
        square = [float(sums["squares"][row]) / each for row, each in zip(rows, count, strict=True)]
        return {
            "layer": [numbers[0][i] for _, i, _ in rows],
            "head": [numbers[1][j] for _, _, j in rows],
            "length": [int(sums["length"][m]) for m, _, _ in rows],
            "texts": [int(sums["texts"][m]) for m, _, _ in rows],
            "words": [int(sums["rows"][row]) for row in rows],
            "mean_bits": [round(each, 6) for each in mean],
            "standard_deviation": [round(max(b - a * a, 0) ** 0.5, 6) for a, b in zip(mean, square, strict=True)],
        }

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """A line a layer: the mean of each head over texts of all lengths."""
        totals: dict[tuple[int, int], Array] = {}
        for layer, head, n, bits in zip(*(rows[name] for name in ("layer", "head", "words", "mean_bits")), strict=True):
            totals[layer, head] = totals.get((layer, head), 0) + np.array([n * bits, n])
        several_layers, several_heads = len({*rows["layer"]}) > 1, len({*rows["head"]}) > 1
        for layer, heads in groupby(totals, key=lambda each: each[0]):
            means = [(head, totals[layer, head][0] / max(totals[layer, head][1], 1)) for _, head in heads]
            label = f"layer {layer}" if several_layers else ""
            yield Line(
                label, [f"head {head} {mean:.2f}" if several_heads else f"{mean:.2f}" for head, mean in means], "  "
            )


def row_entropies(weights: Array) -> Array:
    """Bits a row of weights `[n_layer, b, n_head, n, n_key]`: `[n_layer, n_head, b, n]`, NaN for a row of zeros."""
    bits = entropy(weights)  # [n_layer, b, n_head, n]
    certain = bits == 0  # all on one key, or on none
    if certain.any():
        bits[certain] = np.where(weights[certain].any(axis=-1), 0, np.nan)
    return np.moveaxis(bits, 1, 2)
