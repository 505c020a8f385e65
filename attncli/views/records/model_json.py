"""The explanation of a model as one line of the `attn.explain` schema."""

from typing import Any

from attncli.errors import AttnError
from attncli.recipes.model_explanation import ModelExplanation
from attncli.settings.model import ARRAYS
from attncli.views.records.arrays import worked_out_weights
from attncli.views.records.json import (
    ATTENTION_VERSION,
    Numbers,
    close_up_record,
    context_record,
    full_record,
    json_line,
    sentence_record,
)

MOST_BYTES = 64 * 2**20
NUMBERS = ("distance", "entropy", "special", "previous", "next", "same", "first")


def model_json(explanation: ModelExplanation, *, full: bool = False, precision: int = 6) -> str:
    """One line; AttnError where it would be larger than MOST_BYTES."""
    _check_size(explanation, precision, full)
    numbers = Numbers(precision)
    record = {
        "schema": "attn.explain",
        "schema_version": ATTENTION_VERSION,
        **sentence_record(explanation.sentence),
        "memory": None,
        "vectors": None,
        "model": vars(explanation.model),
        "settings": _settings(explanation),
        "scores": numbers.array(explanation.scores) if explanation.has_scores else None,
        "weights": numbers.array(worked_out_weights(explanation)),
        "heads": list(_heads(explanation, numbers)),
        "context": [context_record(each, numbers) for each in explanation.context if _has(explanation, each.query)],
        "word": _word(explanation, numbers),
        "roles": [],
        "warnings": [*explanation.warnings, *explanation.remarks],
    }
    return json_line(record | (full_record(explanation, numbers) if full and explanation.has_scores else {}))


def _has(explanation: ModelExplanation, query: int) -> bool:
    return not explanation.partial or query == explanation.query


def _check_size(explanation: ModelExplanation, precision: int, full: bool) -> None:
    """Two matrices of numbers with `precision` decimals, a sign or point, and what stands between them."""
    steps = [explanation.weights.size * (1 + explanation.has_scores)]
    if full and explanation.has_scores:
        steps += [explanation.weights.size]  # the similarities
        steps += [array.size for layer in explanation.layers for array in (layer.queries, layer.keys, layer.values) * 2]
    needed = sum(steps) * (precision + 6)
    if needed > MOST_BYTES:
        raise AttnError(
            f"the JSON of {explanation.weights.shape[0]} layers × {explanation.weights.shape[1]} heads would take some "
            f"{needed / 2**20:,.0f} MB, the limit is {MOST_BYTES >> 20}",
            ARRAYS,
        )


def _settings(explanation: ModelExplanation) -> dict[str, Any]:
    choice = vars(explanation.choice)
    return choice | {"layer": list(explanation.layer_numbers), "head": list(explanation.head_numbers)}


def _heads(explanation: ModelExplanation, numbers: Numbers) -> Any:
    kinds = explanation.kinds
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            measured = {name: numbers.one(getattr(kinds, name)[row, column]) for name in NUMBERS}
            yield {"layer": layer, "head": head, "kind": str(kinds.kind[row, column]), **measured}


def _word(explanation: ModelExplanation, numbers: Numbers) -> dict[str, Any] | None:
    if explanation.query is None or not explanation.has_scores or explanation.weights.shape[0] > 1:
        return None
    return close_up_record(explanation, explanation.query, numbers)
