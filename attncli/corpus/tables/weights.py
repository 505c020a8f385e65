"""The table `weights`: a record for each text, its words and the strongest pairs of query and key."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.corpus.tables.table import Columns, Table

if TYPE_CHECKING:
    from attncli.corpus.running import Text


class Weights(Table):
    """Nothing is summed: records are written while the texts are read."""

    name = "weights"
    columns: ClassVar = {
        "file": "text",
        "line": "whole",
        "sentence": "whole",
        "words": "texts",
        "query": "wholes",
        "key": "wholes",
        "weight": "numbers",
    }
    per_text = True

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._held: list[tuple[int, Array, Array, Array]] = []

    def add(self, batch: Batch) -> None:
        """Hold the words of each text, and their strongest keys, until its record is asked for."""
        self._held += zip(batch.texts.tolist(), batch.rows, *batch.strongest, strict=True)

    def records(self, texts: Sequence["Text"], names: Callable[[Array], Sequence[str]]) -> Columns:
        """A row for each text since the last call, in the order of the texts."""
        numbers = np.unique(np.concatenate([np.empty(0, np.int64), *(rows for _, rows, _, _ in self._held)]))
        name_of = dict(zip(numbers.tolist(), names(numbers), strict=True))
        columns: dict[str, list[Any]] = {name: [] for name in self.columns}
        for text, rows, keys, weights in sorted(self._held, key=lambda each: each[0]):
            query, which = np.nonzero(keys >= 0)
            row = {
                "file": texts[text].file,
                "line": texts[text].line,
                "sentence": texts[text].sentence,
                "words": [name_of[number] for number in rows.tolist()],
                "query": query.tolist(),
                "key": keys[query, which].tolist(),
                "weight": np.round(weights[query, which].astype(np.float64), 6).tolist(),
            }
            for name, value in row.items():
                columns[name].append(value)
        self._held = []
        return columns
