"""The heads of a model by their contributions, as JSON and as rows of a table."""

from collections.abc import Iterator
from typing import Any

from attncli.recipes.contributions import HeadContribution, HeadContributions
from attncli.views.records.json import HEADS_VERSION, Numbers, json_line, sentence_record
from attncli.views.records.rows import Row

COLUMNS = ("part", "layer", "head", "contribution")


def contributions_json(found: HeadContributions, precision: int = 6) -> str:
    """One line of the `attn.heads` schema, every head and every other part in it."""
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": "attn.heads",
            "schema_version": HEADS_VERSION,
            **sentence_record(found.sentence),
            "memory": found.memory and sentence_record(found.memory),
            "model": vars(found.model),
            "by": "contribution",
            **dict.fromkeys(("pattern", "from", "to")),
            "answer": found.answer,
            "answer_id": found.id,
            "position": found.position,
            "logit": numbers.scalar(found.logit),
            "probability": numbers.scalar(found.probability),
            **_with_all(found, numbers),
            "heads": [_head(each, numbers) for each in found.heads],
            "parts": [
                {"part": each.part, "layer": each.layer, "contribution": numbers.scalar(each.contribution)}
                for each in found.parts
            ],
            "sum": numbers.scalar(found.sum),
            "warnings": [*found.warnings, *found.remarks],
        }
    )


def _with_all(found: HeadContributions, numbers: Numbers) -> dict[str, Any]:
    """The answer in the unchanged model, where something is taken away."""
    before = found.with_all
    if before is None:
        return {}
    return {"with_all": {"logit": numbers.scalar(before.logit), "probability": numbers.scalar(before.probability)}}


def _head(each: HeadContribution, numbers: Numbers) -> dict[str, Any]:
    """A head; it has no score, mean and lift, which are those of a pair."""
    return {
        "part": each.part,
        "layer": each.layer,
        "head": each.head,
        **dict.fromkeys(("score", "mean", "lift")),
        "contribution": numbers.scalar(each.contribution),
    }


def contributions_rows(found: HeadContributions) -> Iterator[Row]:
    """The heads of the columns, every head, then every other part, which has no head; the rows sum to the logit."""
    yield COLUMNS
    for each in found.heads:
        yield each.part, each.layer, each.head, each.contribution
    for part in found.parts:
        yield part.part, part.layer, None, part.contribution
