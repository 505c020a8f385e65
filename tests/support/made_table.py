"""A table of a corpus that attn does not have, and the command with it; its workers begin with this file too."""

import sys
from typing import ClassVar

import numpy as np

import attncli.settings.corpus as names
from attncli.corpus.tables.table import Stored, Table, add_to

names.COLLECT += ("made",)


class Made(Table):
    """How much weight goes to the first word of a text."""

    name = "made"
    explanation = "the weight on the first word"
    columns: ClassVar = {"layer": "whole", "head": "whole", "kind": "text", "queries": "whole", "first": "number"}
    stored: ClassVar = {"first": Stored("f", "layer head"), "queries": Stored("f", least=1, whole=True)}

    def add(self, batch):
        first = batch.weights[..., 0].sum(axis=(1, 3), dtype=np.float64)  # [n_layer, n_head]
        add_to(self._sums, {"first": first, "queries": np.array(float(batch.rows.size))})

    @classmethod
    def rows(cls, sums, numbers):
        places = [*np.ndindex(sums["first"].shape)]
        return {
            "layer": [numbers[0][i] for i, _ in places],
            "head": [numbers[1][j] for _, j in places],
            "kind": ["made"] * len(places),
            "queries": [int(sums["queries"])] * len(places),
            "first": [float(sums["first"][place]) for place in places],
        }


if __name__ == "__main__":
    from attncli.cli.app import run

    sys.exit(run(sys.argv[1:]))
