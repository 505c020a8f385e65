"""A logit lens as JSON, as rows of a table, and as arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.recipes.logit_lens import Lens
from attncli.views.records.json import Numbers, json_line
from attncli.views.records.prediction import answer_record, check_size, prediction_arrays, prediction_record
from attncli.views.records.rows import Row

HEAD = (
    "layer",
    "position",
    "rank",
    "token",
    "id",
    "probability",
    "logit",
    "answer",
    "answer_probability",
    "answer_rank",
)


def lens_json(lens: Lens, precision: int = 6) -> str:
    """One line of the `attn.predict` schema, with the `layers` of the lens."""
    check_size(sum(len(answer.top) for row in lens.rows for answer in row), precision)
    numbers = Numbers(precision)
    layers = [_layer(lens, row, place, numbers) for row, place in np.ndindex(lens.ranks.shape)]
    return json_line(prediction_record(lens.prediction, numbers) | {"layers": layers})


def _layer(lens: Lens, row: int, place: int, numbers: Numbers) -> dict[str, Any]:
    answer, own = lens.rows[row][place], lens.answers[place]
    probability, rank = numbers.scalar(lens.probabilities[row, place]), int(lens.ranks[row, place])
    made = {"token": own.token, "id": own.id, "probability": probability, "rank": rank}
    return {"layer": lens.layers[row], **answer_record(answer, numbers), "answer": made}


def lens_rows(lens: Lens) -> Iterator[Row]:
    """The heads of the columns, then the tokens of every layer at every place by rank, from 1.

    Each has the model's own answer at that place, with its probability and rank at that layer.
    """
    yield HEAD
    for row, place in np.ndindex(lens.ranks.shape):
        own = lens.answers[place].token, float(lens.probabilities[row, place]), int(lens.ranks[row, place])
        for rank, each in enumerate(lens.rows[row][place].top, start=1):
            answer = each.token, each.id, each.probability, each.logit
            yield lens.layers[row], lens.positions[place], rank, *answer, *own


def lens_arrays(lens: Lens) -> dict[str, Array]:
    """The arrays of the prediction, and those of the lens.

    `lens_probability` and `lens_rank` `[n_layer + 1, n_place]` of the answers `lens_answer` `[n_place]`, which are ids;
    `lens_ids` `[n_layer + 1, n_place, top]` of the first tokens; `layer` and `lens_position` are those of the axes.
    """
    ids = [[[each.id for each in answer.top] for answer in row] for row in lens.rows]
    own = {
        "layer": lens.layers,
        "lens_position": lens.positions,
        "lens_answer": [each.id for each in lens.answers],
        "lens_probability": lens.probabilities,
        "lens_rank": lens.ranks,
        "lens_ids": ids,
    }
    return prediction_arrays(lens.prediction) | {name: np.asarray(array) for name, array in own.items()}
