"""JSON of comparisons: of similarity methods, and of two runs of models."""

from typing import Any

from attncli.recipes.comparison import Compared, Comparison
from attncli.recipes.model_comparison import ComparedHead, ModelComparison
from attncli.views.records.json import (
    ATTENTION_VERSION,
    SETTINGS,
    Numbers,
    changes_entry,
    context_record,
    json_line,
    sentence_record,
    vectors_record,
)
from attncli.views.records.prediction import said_record


def comparison_json(comparison: Comparison, *, precision: int = 6) -> str:
    """One line of the `attn.compare` schema."""
    numbers = Numbers(precision)
    baseline = comparison.methods[0].explanation
    return json_line(
        {
            "schema": "attn.compare",
            "schema_version": ATTENTION_VERSION,
            **sentence_record(comparison.sentence),
            "memory": baseline.memory and sentence_record(baseline.memory),
            "vectors": vectors_record(comparison.vectors),
            "model": None,
            "settings": SETTINGS["vectors"](baseline.source),
            "baseline": comparison.baseline,
            "methods": [_compared(each, numbers) for each in comparison.methods],
            "heads": [],
            "warnings": [*comparison.warnings, *baseline.remarks],
        }
    )


def _compared(compared: Compared, numbers: Numbers) -> dict[str, Any]:
    return {
        "method": compared.method,
        "weights": numbers.array(compared.weights),
        "entropy": numbers.scalar(compared.entropy),
        "divergence": numbers.scalar(compared.divergence),
        "rank_correlation": numbers.scalar(compared.rank_correlation),
        "top1_agreement": numbers.scalar(compared.top1_agreement),
        "context": [context_record(each, numbers) for each in compared.context],
        **changes_entry(compared.explanation, numbers),
    }


def model_comparison_json(comparison: ModelComparison, precision: int = 6) -> str:
    """One line of the `attn.compare` schema; `methods` is empty."""
    numbers, baseline = Numbers(precision), comparison.baseline
    swap = None
    if comparison.swap is not None:
        swap = {"from": comparison.swap[0], "to": comparison.swap[1], "sentence": comparison.other.sentence.text}
    return json_line(
        {
            "schema": "attn.compare",
            "schema_version": ATTENTION_VERSION,
            **sentence_record(baseline.sentence),
            "memory": baseline.memory and sentence_record(baseline.memory),
            "vectors": None,
            "model": vars(baseline.source.model),
            "against_model": None if swap else vars(comparison.other.source.model),
            "swap": swap,
            "settings": SETTINGS["model"](baseline.source),
            "baseline": baseline.source.name,
            "methods": [],
            "heads": [_compared_head(each, numbers) for each in comparison.heads],
            "answers": [said_record(each, numbers) for each in comparison.answers],
            "warnings": [*comparison.warnings, *comparison.remarks],
            **_changes_of_both(comparison, numbers),
        }
    )


def _changes_of_both(comparison: ModelComparison, numbers: Numbers) -> dict[str, Any]:
    """The distance of two runs with their changes and without, and the difference that these make to each."""
    if comparison.with_all is None:
        return {}
    both = {"divergence": numbers.scalar(comparison.divergence), "with_all": numbers.scalar(comparison.with_all)}
    runs = {"baseline": comparison.baseline, "other": comparison.other}
    return {"changes": both | {name: changes_entry(run, numbers)["changes"] for name, run in runs.items()}}


def _compared_head(each: ComparedHead, numbers: Numbers) -> dict[str, float | int | None]:
    return {name: value if isinstance(value, int) else numbers.scalar(value) for name, value in vars(each).items()}
