"""The heads of a model by their effect, as JSON and as rows of a table."""

from collections.abc import Iterator
from typing import Any

from attncli.recipes.head_effects import HeadEffect, HeadEffects
from attncli.views.records.json import HEADS_VERSION, Numbers, json_line, sentence_record
from attncli.views.records.rows import Row

HEAD = ("part", "layer", "head", "effect", "probability", "weight", "key", "key_text")


def effects_json(effects: HeadEffects, precision: int = 6) -> str:
    """One line of the `attn.heads` schema, every head in it."""
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": "attn.heads",
            "schema_version": HEADS_VERSION,
            **sentence_record(effects.sentence),
            "memory": effects.memory and sentence_record(effects.memory),
            "model": vars(effects.model),
            "by": "effect",
            **dict.fromkeys(("pattern", "from", "to")),
            "measure": "logit" if effects.scored else "cosine",
            "ablate": effects.settings.ablate,
            "answer": effects.answer,
            "answer_id": effects.id,
            "position": effects.position,
            "logit": numbers.scalar(effects.logit),
            "probability": numbers.scalar(effects.probability),
            **_with_all(effects, numbers),
            "rank_correlation": numbers.scalar(effects.rank_correlation),
            "heads": [_head(each, numbers) for each in effects.heads],
            "warnings": [*effects.warnings, *effects.remarks],
        }
    )


def _with_all(effects: HeadEffects, numbers: Numbers) -> dict[str, Any]:
    """The numbers of the unchanged model, where something is taken away in every pass."""
    if effects.with_all is None:
        return {}
    found = {name: numbers.scalar(value) for name, value in effects.with_all._asdict().items()}
    return {"with_all": {name: value for name, value in found.items() if value is not None}}


def _head(each: HeadEffect, numbers: Numbers) -> dict[str, Any]:
    """A head; it has no score, mean and lift, which are those of a pair."""
    return {
        "part": each.part,
        "layer": each.layer,
        "head": each.head,
        **dict.fromkeys(("score", "mean", "lift")),
        "effect": numbers.scalar(each.effect),
        "probability": numbers.scalar(each.probability),
        "weight": numbers.scalar(each.weight),
        "key": each.key,
    }


def effects_rows(effects: HeadEffects) -> Iterator[Row]:
    """The heads of the columns, then every head; empty where there is no part, no answer or no one key."""
    yield HEAD
    for each in effects.heads:
        key = None if each.key is None else effects.keys(each).tokens[each.key].text
        yield each.part, each.layer, each.head, each.effect, each.probability, each.weight, each.key, key
