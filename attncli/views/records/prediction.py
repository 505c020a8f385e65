"""A prediction as JSON, as rows of a table, and as arrays."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, Setting
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.recipes.prediction import Answer, Candidate, Label, Prediction
from attncli.settings.model import TEXTS, PredictionOptions
from attncli.settings.option import options_of
from attncli.views.records.json import MOST_BYTES, VERSION, Numbers, json_line
from attncli.views.records.rows import Row

BYTES = 80  # of a token in JSON, without the decimals of its numbers
HEAD = ("position", "rank", "token", "id", "probability", "logit", "with_all", "said")


def prediction_json(prediction: Prediction, precision: int = 6) -> str:
    """One line of the `attn.predict` schema."""
    check_size(sum(len(each.top) for each in prediction.predictions), precision)
    return json_line(prediction_record(prediction, Numbers(precision)))


def check_size(tokens: int, precision: int) -> None:
    """AttnError where so many tokens would take more than MOST_BYTES."""
    needed = tokens * (BYTES + 2 * precision)
    if needed > MOST_BYTES:
        reason = (
            f"the JSON of {tokens:,} tokens would take some {needed / 2**20:,.0f} MB, the limit is {MOST_BYTES >> 20}"
        )
        raise AttnError(reason, ("list fewer of them: ", Setting("top", 100)))


def prediction_record(prediction: Prediction, numbers: Numbers) -> dict[str, Any]:
    """A prediction as an object of the schema."""
    record = {
        "schema": "attn.predict",
        "schema_version": VERSION,
        **_read(prediction.tokens, prediction),
        "target": prediction.target and _read(prediction.target, prediction),
        "model": vars(prediction.model),
        "settings": _settings(prediction),
        **_answers(prediction, numbers),
    }
    if prediction.with_all is not None:
        (record["with_all"],) = (each for each in _answers(prediction.with_all, numbers).values() if each)
    if prediction.said:
        record["generated"] = prediction.answer
    return record | {"warnings": [*prediction.warnings, *prediction.remarks]}


def said_record(prediction: Prediction, numbers: Numbers) -> dict[str, Any]:
    """The answers of a side of a comparison, with the text and the model's name."""
    return {"text": prediction.text, "model": prediction.model.name, **_answers(prediction, numbers)}


def _read(tokens: ModelSentence, prediction: Prediction) -> dict[str, Any]:
    """A text and its tokens; a special one, which has no place in the text, is named by its piece.

    Tokens that the model said have their places in the text and the answer behind it.
    """
    names = ("index", "text", "id", "piece", "start", "end", "special", *["segment"] * (tokens.pair is not None))
    rows = [{name: getattr(each, name) for name in names} for each in tokens.tokens]
    for row, each in zip(rows, tokens.tokens, strict=True):
        row |= {"text": each.text or each.piece} | ({"generated": True} if each.generated else {})
    goes_on = prediction.said and tokens is prediction.answered
    return {"text": tokens.text.removesuffix(prediction.answer) if goes_on else tokens.text, "tokens": rows}


def _settings(prediction: Prediction) -> dict[str, Any]:
    return {name: getattr(prediction.settings, name) for name in options_of(PredictionOptions) if name not in TEXTS}


def _answers(prediction: Prediction, numbers: Numbers) -> dict[str, Any]:
    """The answers, and the labels of a classifier."""
    said = prediction.said or (None,) * len(prediction.predictions)
    rows = zip(prediction.predictions, said, strict=True)
    answers: dict[str, Any] = {"predictions": [answer_record(each, numbers, token) for each, token in rows]}
    labels = [_label(each, numbers) for each in prediction.labels]
    return answers | ({"labels": labels} if labels else {})


def answer_record(answer: Answer, numbers: Numbers, said: Candidate | None = None) -> dict[str, Any]:
    """The tokens of a place, and the one that was said there."""
    found = {"position": answer.position, "top": [_candidate(each, numbers) for each in answer.top]}
    return found if said is None else found | {"said": _candidate(said, numbers)}


def _candidate(each: Candidate, numbers: Numbers) -> dict[str, Any]:
    probability, logit = numbers.scalar(each.probability), numbers.scalar(each.logit)
    return {"token": each.token, "id": each.id, "probability": probability, "logit": logit}


def _label(each: Label, numbers: Numbers) -> dict[str, Any]:
    probability, logit = numbers.scalar(each.probability), numbers.scalar(each.logit)
    return {"label": each.label, "probability": probability, "logit": logit}


def prediction_rows(prediction: Prediction) -> Iterator[Row]:
    """The heads of the columns, then every answer's tokens by rank, from 1; labels have neither position nor id.

    `with_all` is the probability that the unchanged model gives, empty where nothing was changed; `said`, 1 or 0, is
    whether the model went on with the token, empty where it did not go on. A token that was drawn beyond the list has a
    row without a rank.
    """
    yield HEAD
    for place, answer in enumerate(prediction.predictions):
        said = prediction.said[place] if prediction.said else None
        ranked: list[tuple[int | None, Candidate]] = [*enumerate(answer.top, start=1)]
        if said is not None and said.id not in [each.id for each in answer.top]:
            ranked.append((None, said))
        for rank, each in ranked:
            own = each.token, each.id, each.probability, each.logit
            before = prediction.before(place, each.id)
            yield answer.position, rank, *own, before, None if said is None else int(said.id == each.id)
    for rank, label in enumerate(prediction.labels, start=1):
        before = prediction.label_before(label)
        yield None, rank, label.label, None, label.probability, label.logit, before, None


def prediction_arrays(prediction: Prediction) -> dict[str, Array]:
    """`logits` `[n_place, vocabulary]`, `position` `[n_place]` among the `tokens`; of a classifier `[labels]`.

    With changes `with_all` has the logits of the unchanged model; `model` is its description as JSON. Of very long
    generated texts there are no logits.
    """
    arrays: dict[str, Any] = {
        "tokens": [token.text or token.piece for token in prediction.answered.tokens],
        "model": json.dumps(vars(prediction.model)),
    }
    if prediction.labels:
        arrays |= {"labels": [each.label for each in sorted(prediction.labels, key=lambda each: each.row)]}
    else:
        arrays |= {"position": [each.position for each in prediction.predictions]}
    changed = {"logits": prediction, "with_all": prediction.with_all}
    arrays |= {name: each.label_logits if each.labels else each.logits for name, each in changed.items() if each}
    return {name: np.asarray(array) for name, array in arrays.items() if array is not None}
