"""The JSON contract: a record as one line, numbers rounded, never NaN or Infinity."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, Setting
from attncli.recipes.explanation import Context, Explanation, Layer
from attncli.recipes.sources import Neighbour
from attncli.settings.explanation import Settings
from attncli.settings.model import ARRAYS, DRAWS, TEXTS
from attncli.text.tokens import Sentence, Token
from attncli.vectors import Vectors
from attncli.views.formula import formula_of
from attncli.views.rounding import rounded_parts

if TYPE_CHECKING:  # an explanation of vectors need not wait for models
    from attncli.recipes.given import GivenSource
    from attncli.recipes.head_ranking import HeadRanking
    from attncli.recipes.model_source import ModelSource

MOST_BYTES = 64 * 2**20  # of a model's JSON
KINDS = ("distance", "entropy", "special", "previous", "next", "same", "first")
VERSION = "1.0"
FIRST_SETTINGS = ("mode", "method", "heads", "layers", "mask")  # which records have always begun with
HEADS_VERSION = "1.1"  # of those of heads
ATTENTION_VERSION = "1.1"  # of the records of explain and compare


def explanation_json(explanation: Explanation, *, full: bool = False, precision: int = 6) -> str:
    """One line of the `attn.explain` schema; `full` adds queries, keys, values, outputs and neighbours."""
    if explanation.source.vectors is None:
        _check_size(explanation, precision, full)
    numbers, source = Numbers(precision), explanation.source
    record = {
        "schema": "attn.explain",
        "schema_version": ATTENTION_VERSION,
        **sentence_record(explanation.sentence),
        "memory": explanation.memory and sentence_record(explanation.memory),
        "vectors": source.vectors and vectors_record(source.vectors),
        "model": source.model and vars(source.model),
        **GIVEN[source.kind](source),
        "settings": SETTINGS[source.kind](source),
        "scores": numbers.array(explanation.scores) if explanation.has_scores else None,
        "weights": numbers.array(explanation.known_weights) if explanation.has_matrix else None,
        **_kinds(explanation, numbers),
        "context": [context_record(explanation.context[query], numbers) for query in explanation.queries],
        "word": _word(explanation, numbers),
        "roles": [
            {"head": head, "here": role.here, "held_out": role.held_out}
            for head, role in zip(explanation.head_numbers, source.roles, strict=False)
        ],
        "warnings": [*explanation.warnings, *explanation.remarks],
        **changes_entry(explanation, numbers),
    }
    return json_line(record | (full_record(explanation, numbers) if full and explanation.has_steps else {}))


def changes_entry(record: "Explanation | HeadRanking", numbers: "Numbers") -> dict[str, Any]:
    """The difference that heads taken away and words cut apart make; empty without any."""
    if record.changes is None:
        return {}
    from attncli.views.records.changes import changes_record  # the other records need not wait for it

    return {"changes": changes_record(record.changes, numbers)}


def _check_size(explanation: Explanation, precision: int, full: bool) -> None:
    """AttnError for numbers with `precision` decimals, a sign or point and a separator each, of MOST_BYTES."""
    pairs = len(explanation.sentence.tokens) * len(explanation.key_sentence.tokens)
    matrix = len(explanation.layers) * len(explanation.head_numbers) * pairs
    steps = [matrix * (1 + explanation.has_scores)]
    if full and explanation.has_scores:
        steps += [matrix]  # the similarities
        steps += [array.size for layer in explanation.layers for array in (layer.queries, layer.keys, layer.values) * 2]
    needed = sum(steps) * (precision + 6)
    if needed > MOST_BYTES:
        raise AttnError(
            f"the JSON of {len(explanation.layers)} layers × {len(explanation.head_numbers)} heads would take some "
            f"{needed / 2**20:,.0f} MB, the limit is {MOST_BYTES >> 20}",
            ARRAYS,
        )


def _kinds(explanation: Explanation, numbers: "Numbers") -> dict[str, Any]:
    """The kind of each chosen head of a model; empty for vectors."""
    source = explanation.source
    if source.kinds is None:
        return {}
    names = KINDS if source.kinds.crossing is None else (*KINDS, "crossing")
    return {
        "heads": [
            {"layer": layer, "head": head, "kind": str(source.kinds.kind[row, column])}
            | {name: numbers.scalar(getattr(source.kinds, name)[row, column]) for name in names}
            for row, layer in enumerate(source.layers)
            for column, head in enumerate(source.heads)
        ]
    }


def _word(explanation: Explanation, numbers: "Numbers") -> dict[str, Any] | None:
    """The close-up of the query; none of several layers of a model, or where there are no scores."""
    several = not explanation.source.repeats and len(explanation.layers) > 1
    if explanation.query is None or not explanation.has_steps or several:
        return None
    return close_up_record(explanation, explanation.query, numbers)


def check_count(count: int, precision: int) -> None:
    """AttnError where so many numbers, of `precision` decimals each, would take more than MOST_BYTES."""
    needed = count * (precision + 4)
    if needed > MOST_BYTES:
        taken = f"the JSON of {count:,} numbers would take some {needed / 2**20:,.0f} MB, the limit is "
        raise AttnError(f"{taken}{MOST_BYTES >> 20}", ("write arrays: ", Setting("output", "FILE.npz")))


class Numbers:
    """Numbers as JSON shows them: `precision` decimals, null for NaN and infinities."""

    def __init__(self, precision: int) -> None:
        self._precision = precision

    def scalar(self, value: float | None) -> float | None:
        """A single number."""
        return None if value is None else self.array(np.float64(value))

    def array(self, values: Array | np.float64) -> Any:
        """Nested lists of the array's shape."""
        rounded: Array = np.asarray(self._round(values) + 0.0)  # + 0.0 turns -0.0 into 0.0
        nothing = ~np.isfinite(rounded)
        if nothing.any():
            rounded = rounded.astype(object)
            rounded[nothing] = None
        return rounded.tolist()

    def parts(self, values: Array) -> Any:
        """Nested lists of numbers that sum to their rounded sum."""
        return self.array(rounded_parts(values, self._precision))

    def _round(self, values: Array | np.float64) -> Array:
        """Rounded where there is something to round: a float64 of 2⁵³/10ⁿ has no n-th decimal, and could overflow."""
        values = np.asarray(values, dtype=np.float64)  # a rounded float32 has more decimals than it was rounded to
        small = np.abs(values) < 2.0**53 / 10.0**self._precision
        return np.where(small, np.round(np.where(small, values, 0), self._precision), values)


def sentence_record(sentence: Sentence) -> dict[str, Any]:
    """A sentence with its tokens and unknown words."""
    composed = {each.index for each in sentence.composed}
    return {
        "sentence": sentence.text,
        "tokens": [_token(each, each.index in composed) for each in sentence.tokens],
        "unknown": [
            {"text": each.text, "start": each.start, "end": each.end, "suggestions": list(each.suggestions)}
            for each in sentence.unknown
        ],
    }


def _token(token: Token, composed: bool) -> dict[str, Any]:
    shown = {"index": token.index, "text": token.text, "word": token.word, "start": token.start, "end": token.end}
    if token.pieces:
        shown |= {"special": token.special, "pieces": list(token.pieces)}
        shown |= {"generated": True} if token.generated else {}
        return shown if token.segment is None else shown | {"segment": token.segment}
    return shown | {"composed": True} if composed else shown


def vectors_record(vectors: Vectors) -> dict[str, Any]:
    """The name and the sizes of a vector set."""
    return {"name": vectors.name, "words": vectors.words, "dimensions": vectors.dimensions}


def _of_model(source: "ModelSource | GivenSource") -> dict[str, Any]:
    settings = {name: value for name, value in vars(source.settings).items() if name not in (*TEXTS, *DRAWS)}
    return settings | {"layer": list(source.layers), "head": list(source.heads)}


#: The settings of a source, by its kind.
SETTINGS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "vectors": lambda source: _settings(source.settings),
    "model": _of_model,
    "weights": _of_model,
}


#: Keys of a source that the others have not.
GIVEN: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "vectors": lambda source: {},
    "model": lambda source: {},
    "weights": lambda source: {"given": {"name": source.name}},
}


def _settings(settings: Settings) -> dict[str, Any]:
    order = (*FIRST_SETTINGS, *vars(settings))
    shown = {name: getattr(settings, name) for name in order if name not in TEXTS}
    return shown | {"mask": ",".join(settings.mask) or "none"}


def context_record(context: Context, numbers: Numbers) -> dict[str, Any]:
    """One query's ranked context words."""
    ranked = [{"key": each.key, "text": each.text, "weight": numbers.scalar(each.weight)} for each in context.ranked]
    return {"query": context.query, "self": numbers.scalar(context.itself), "ranked": ranked}


def close_up_record(explanation: Explanation, query: int, numbers: Numbers) -> dict[str, Any]:
    """Everything about one query."""
    close_up = explanation.close_up(query)
    return {
        "query": query,
        "others": list(close_up.others),
        "scores": numbers.array(close_up.scores),
        "weights": numbers.array(close_up.weights),
        "contributions": numbers.array(close_up.contributions),
        "lookup": list(close_up.lookup),
        "before": _neighbours(close_up.before, numbers),
        "after": _neighbours(close_up.after, numbers),
    }


def _neighbours(neighbours: Iterable[Neighbour] | None, numbers: Numbers) -> list[dict[str, Any]] | None:
    if neighbours is None:
        return None
    return [{"text": each.text, "similarity": numbers.scalar(each.similarity)} for each in neighbours]


def full_record(explanation: Explanation, numbers: Numbers) -> dict[str, Any]:
    """The fields that `--full` adds."""
    layers, queries = explanation.layers, range(len(explanation.sentence.tokens))
    return {
        "queries": [numbers.array(layer.queries) for layer in layers],
        "keys": [numbers.array(layer.keys) for layer in layers],
        "values": [numbers.array(layer.values) for layer in layers],
        "outputs": [numbers.array(layer.context) for layer in layers],
        "terms": [_terms(layer, numbers) for layer in layers],
        "neighbours": [
            {"query": query, "before": _neighbours(before, numbers), "after": _neighbours(after, numbers)}
            for query, (before, after) in zip(queries, explanation.neighbours(queries), strict=True)
        ],
    }


def _terms(layer: Layer, numbers: Numbers) -> dict[str, Any] | None:
    """The terms of a layer's scores; None where it is too long for them."""
    terms = layer.terms(range(layer.queries.shape[1])) if layer.scores is not None else None
    if terms is None:
        return None
    return {
        "formula": [formula_of(terms, head).text for head in range(len(terms.divisor))],
        "similarity": numbers.array(terms.similarity),
        "divisor": numbers.array(terms.divisor),
        "softcap": numbers.scalar(terms.softcap),
        "position": None if terms.position is None else numbers.array(terms.position),
        "temperature": numbers.array(terms.temperature),
    }


# Characters that could act on a terminal; in JSON an escape is the same string.
_ACTING = re.compile("[\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(record: dict[str, Any]) -> str:
    """A record as one line of JSON, safe to print anywhere."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    return _ACTING.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def of_line(record: str, number: int | None) -> str:
    """A record as one line of JSON, with the line of the input that it came from; None: it came from no line."""
    return record if number is None else f'{record[:-1]}, "line": {number}}}'


def ranking_json(ranking: "HeadRanking", precision: int = 6) -> str:
    """One line of the `attn.heads` schema, every head in it."""
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": "attn.heads",
            "schema_version": HEADS_VERSION,
            **sentence_record(ranking.sentence),
            "memory": ranking.memory and sentence_record(ranking.memory),
            "model": vars(ranking.model),
            "by": "pair" if ranking.pattern is None else "pattern",
            "pattern": ranking.pattern,
            "from": None if ranking.from_ is None else list(ranking.from_),
            "to": None if ranking.to is None else list(ranking.to),
            "heads": [
                {
                    **({} if ranking.part is None else {"part": ranking.part}),
                    "layer": each.layer,
                    "head": each.head,
                    "score": numbers.scalar(each.score),
                    "mean": numbers.scalar(each.mean),
                    "lift": numbers.scalar(each.lift),
                }
                for each in ranking.heads
            ],
            "warnings": [*ranking.warnings, *ranking.remarks],
            **changes_entry(ranking, numbers),
        }
    )
