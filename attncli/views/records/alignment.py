"""A word alignment as JSON, as rows of a table, and as arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.analysis.gold import Agreement
from attncli.arrays import Array
from attncli.files.parquet import Table, check_parquet
from attncli.recipes.alignment import Alignment
from attncli.vectors import StoreInfo
from attncli.views.records.json import VERSION, Numbers, check_count, json_line, sentence_record
from attncli.views.records.rows import Row

#: The columns of a row, with the kinds that Parquet has for them.
KINDS = {"source": "whole", "source_text": "text", "target": "whole", "target_text": "text"} | dict.fromkeys(
    ("similarity", "score", "weight"), "number"
)
NAME = "attn.align"
TABLE = Table(NAME, VERSION, KINDS)
SHARES = ("precision", "recall", "f1", "aer")


def alignment_json(alignment: Alignment, *, full: bool = False, precision: int = 6) -> str:
    """One line of the `attn.align` schema; `full` adds the similarity and the scores.

    Raises:
        AttnError: it would take more than MOST_BYTES.
    """
    check_count(alignment.weights.size * (3 if full else 1), precision)
    numbers = Numbers(precision)
    record = alignment_record(alignment, numbers)
    steps = {"similarity": alignment.similarity, "scores": alignment.scores} if full else {}
    return json_line(record | {name: numbers.array(step) for name, step in steps.items()})


def gold_json(agreement: Agreement, *, precision: int = 6) -> str:
    """The last line of the `attn.align` schema: how the links of all pairs agree with gold ones."""
    shares = _shares(agreement, Numbers(precision)) | {"pairs": agreement.pairs}
    return json_line({"schema": NAME, "schema_version": VERSION, "gold": shares})


def _shares(agreement: Agreement, numbers: Numbers) -> dict[str, Any]:
    """Precision, recall, F1 and AER; null for a share of nothing."""
    return {name: numbers.scalar(getattr(agreement, name)) for name in SHARES}


def alignment_record(alignment: Alignment, numbers: Numbers) -> dict[str, Any]:
    """An alignment as an object of the schema."""
    space = alignment.space
    of_set = isinstance(space, StoreInfo)
    return {
        "schema": NAME,
        "schema_version": VERSION,
        "source": sentence_record(alignment.source),
        "target": sentence_record(alignment.target),
        "vectors": {name: getattr(space, name) for name in ("name", "words", "dimensions")} if of_set else None,
        "model": None if of_set else vars(space),
        "settings": vars(alignment.settings),
        "links": [list(link) for link in alignment.links],
        "weights": numbers.array(alignment.weights),
        "warnings": list(alignment.warnings),
        **({} if alignment.agreement is None else {"gold": _shares(alignment.agreement, numbers)}),
    }


def alignment_rows(alignment: Alignment) -> Iterator[Row]:
    """The heads of the columns, then every link: its words with their places, and the three numbers of the pair."""
    yield tuple(KINDS)
    for i, j in alignment.links:
        words = i, alignment.source.tokens[i].text, j, alignment.target.tokens[j].text
        yield *words, *(float(each[i, j]) for each in (alignment.similarity, alignment.scores, alignment.weights))


def check_installed() -> None:
    """ResourceError where the extra that writes Parquet is missing."""
    check_parquet()


def alignment_table(alignment: Alignment) -> Table:
    """The same rows."""
    _, *rows = alignment_rows(alignment)
    return TABLE._replace(rows=rows)


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
