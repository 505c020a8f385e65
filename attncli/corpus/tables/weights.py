"""The table `weights`: a record for each text, its words and the strongest pairs of query and key.

key_words: the words that keys count, where they are of another text than the queries.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
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
        "key_words": "texts",
    }
    per_text = True

    def __init__(self, words: Array | None = None) -> None:
        super().__init__(words)
        self._held: list[tuple[int, Array, Array | None, Array, Array]] = []

    def add(self, batch: Batch) -> None:
        """Hold the words of each text, and their strongest keys, until its record is asked for."""
        keys = repeat(None, len(batch.rows)) if batch.key_rows is None else batch.key_rows
        self._held += zip(batch.texts.tolist(), batch.rows, keys, *batch.strongest, strict=True)

    def records(self, texts: Sequence["Text"], names: Callable[[Array], Sequence[str]]) -> Columns:
        """A row for each text since the last call, in the order of the texts."""
        words = (rows for _, own, others, *_ in self._held for rows in (own, others) if rows is not None)
        numbers = np.unique(np.concatenate([np.empty(0, np.int64), *words]))
        name_of = dict(zip(numbers.tolist(), names(numbers), strict=True))
        columns: dict[str, list[Any]] = {name: [] for name in self.columns}
        for text, rows, others, keys, weights in sorted(self._held, key=lambda each: each[0]):
            query, which = np.nonzero(keys >= 0)
            row = {
                "file": texts[text].file,
                "line": texts[text].line,
                "sentence": texts[text].sentence,
                "words": [name_of[number] for number in rows.tolist()],
                "query": query.tolist(),
                "key": keys[query, which].tolist(),
                "weight": np.round(weights[query, which].astype(np.float64), 6).tolist(),
                "key_words": None if others is None else [name_of[number] for number in others.tolist()],
            }
            for name, value in row.items():
                columns[name].append(value)
        self._held = []
        return columns
