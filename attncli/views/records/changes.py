"""JSON of the difference that heads taken away and words cut apart make: the key `changes` of a record."""

from typing import Any

from attncli.recipes.context_moves import ContextMoves
from attncli.recipes.differences import Difference
from attncli.views.records.json import Numbers


def changes_record(changes: Difference | ContextMoves, numbers: Numbers) -> dict[str, Any]:
    """The difference of a model's run, or the moves of context vectors."""
    return _moves(changes, numbers) if isinstance(changes, ContextMoves) else _difference(changes, numbers)


def _difference(difference: Difference, numbers: Numbers) -> dict[str, Any]:
    layer, head, most = difference.largest
    return {
        "divergence": numbers.scalar(float(difference.divergence.mean())),
        "largest": {"layer": layer, "head": head, "divergence": numbers.scalar(most)},
        "layers": [
            {"layer": number, "divergence": numbers.scalar(mean), "largest": numbers.scalar(largest)}
            for number, mean, largest in difference.by_layer
        ],
        "output": numbers.scalar(difference.output),
        "answers": [
            {
                "position": each.position,
                "token": each.token,
                "with_all": numbers.scalar(each.with_all),
                "probability": numbers.scalar(each.probability),
                "now": each.now,
            }
            for each in difference.answers
        ],
    }


def _moves(moved: ContextMoves, numbers: Numbers) -> dict[str, Any]:
    return {
        "contexts": [
            {
                "query": each.query,
                "cosine": numbers.scalar(each.cosine),
                "change": numbers.scalar(each.change),
                "length": numbers.scalar(each.length),
            }
            for each in moved.moves
        ]
    }
