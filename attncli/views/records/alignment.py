"""A word alignment as JSON, as rows of a table, and as arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.recipes.alignment import Alignment
from attncli.vectors import StoreInfo
from attncli.views.records.json import VERSION, Numbers, json_line, sentence_record
from attncli.views.records.rows import Row

HEAD = ("source", "source_text", "target", "target_text", "similarity", "score", "weight")


def alignment_json(alignment: Alignment, *, full: bool = False, precision: int = 6) -> str:
    """One line of the `attn.align` schema; `full` adds the similarity and the scores."""
    numbers = Numbers(precision)
    record = alignment_record(alignment, numbers)
    steps = {"similarity": alignment.similarity, "scores": alignment.scores} if full else {}
    return json_line(record | {name: numbers.array(step) for name, step in steps.items()})


def alignment_record(alignment: Alignment, numbers: Numbers) -> dict[str, Any]:
    """An alignment as an object of the schema."""
    space = alignment.space
    of_set = isinstance(space, StoreInfo)
    return {
        "schema": "attn.align",
        "schema_version": VERSION,
        "source": sentence_record(alignment.source),
        "target": sentence_record(alignment.target),
        "vectors": {name: getattr(space, name) for name in ("name", "words", "dimensions")} if of_set else None,
        "model": None if of_set else vars(space),
        "settings": vars(alignment.settings),
        "links": [list(link) for link in alignment.links],
        "weights": numbers.array(alignment.weights),
        "warnings": list(alignment.warnings),
    }


def alignment_rows(alignment: Alignment) -> Iterator[Row]:
    """The heads of the columns, then every link: its words with their places, and the three numbers of the pair."""
    yield HEAD
    for i, j in alignment.links:
        words = i, alignment.source.tokens[i].text, j, alignment.target.tokens[j].text
        yield *words, *(float(each[i, j]) for each in (alignment.similarity, alignment.scores, alignment.weights))


def alignment_arrays(alignment: Alignment) -> dict[str, Array]:
    """`similarity`, `scores`, `weights` `[n, m]`, `links` `[n_link, 2]`, and the texts of the tokens of either side."""
    sides = {"source": alignment.source, "target": alignment.target}
    return {
        "similarity": alignment.similarity,
        "scores": alignment.scores,
        "weights": alignment.weights,
        "links": np.array(alignment.links, dtype=np.int64).reshape(-1, 2),
        **{name: np.asarray([token.text for token in side.tokens]) for name, side in sides.items()},
    }
