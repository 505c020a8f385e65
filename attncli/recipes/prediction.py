"""The recipe of `attn predict`: the tokens that a model says behind a text, or in the place of its masks, or labels."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import Setting, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.answering import Asked, probabilities
from attncli.recipes.model_explaining import as_model
from attncli.recipes.model_input import read_input
from attncli.recipes.model_source import ModelInfo
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.text.tokens import Sentence


class Candidate(NamedTuple):
    """A token that a model may say: its text, a space in front included, and its id."""

    token: str
    id: int
    probability: float
    logit: float


class Answer(NamedTuple):
    """The most probable tokens at a place: behind the token of `position`, or of a masked model in its place."""

    position: int
    top: tuple[Candidate, ...]


class Label(NamedTuple):
    """A label of a classifier."""

    label: str
    probability: float
    logit: float


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of a text.

    tokens: those of the text; target: those that the decoder of an encoder–decoder has read, None of other models.
    predictions: an answer a place, in the order of their positions among the target's tokens, or among the text's;
    logits `[n_place, vocabulary]` in float32: those of every token there, and label_logits `[labels]` those of a
    classifier, which has no predictions; None where there are none.
    """

    model: ModelInfo
    tokens: ModelSentence
    target: ModelSentence | None
    settings: ModelSettings
    predictions: tuple[Answer, ...] = ()
    logits: Array | None = None
    labels: tuple[Label, ...] = ()
    label_logits: Array | None = None
    masked: bool = False
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text as typed."""
        return self.tokens.text

    @property
    def answered(self) -> ModelSentence:
        """The tokens that the positions count."""
        return self.tokens if self.target is None else self.target

    @property
    def probabilities(self) -> Array | None:
        """The softmax of the logits `[n_place, vocabulary]`, in float64."""
        return None if self.logits is None else probabilities(self.logits)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """None: a model has a token for every word."""
        return ()


def predict(
    text: str,
    model: Model | str | Path,
    *,
    pair: str | None = None,
    target: str | None = None,
    source_lang: str | None = None,
    target_lang: str | None = None,
    bos: bool | None = None,
    truncate: bool = False,
    top: int = 5,
) -> Prediction:
    """The most probable next tokens behind a text, the tokens in the place of its masks, or its labels.

    text: a decoder goes on from it, a masked model fills in every mask in it (`[MASK]`, `<mask>`), an encoder–decoder
        has it as source, a classifier or reranker scores its labels for it.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    target: what the decoder of an encoder–decoder goes on from; None: it begins.
    pair, source_lang, target_lang, bos, truncate: as in `explain_model`.
    top: the number of tokens of each answer, from 1; of more than the vocabulary has, all.

    Returns: `predictions`, each with its position and its `top` tokens with probability and logit, and the `logits`
        `[n_place, vocabulary]` of all tokens; of a classifier `labels` and `label_logits` `[labels]`.

    Raises:
        UsageError: an empty text, a text without a mask for a masked model, or a value that does not fit.
        AttnError: more tokens than the model has positions.
        ResourceError: a model that is missing or unreadable, or that has no output layer.
    """
    given = dict(locals())  # the parameters by name
    settings = check_model_settings(**{name: given[name] for name in given.keys() - {"text", "model"}})
    return predict_with(text, as_model(model), settings)


def example_of(model: Model) -> str:
    """A text that the model can say something of."""
    if model.mask is None or model.has_decoder or model.shape.causal or model.labels:
        return "The capital of France is"
    return f"Paris is the {model.mask.piece} of France."


def predict_with(text: str, model: Model, settings: ModelSettings) -> Prediction:
    """`predict` with an open model and checked settings."""
    return _classified(text, model, settings) if model.labels else _continued(text, model, settings)


def _continued(text: str, model: Model, settings: ModelSettings) -> Prediction:
    """The tokens that a model says."""
    asked = Asked.of(text, model, settings)
    _check_single(asked.given, settings)
    logits = asked.logits()  # [n_place, vocabulary]
    found = _prediction(asked.given, model, settings)
    answers = map(lambda place, row: Answer(place, candidates(row, settings.top, model)), asked.places, logits)
    return replace(
        found, predictions=tuple(answers), logits=logits, masked=asked.masked, remarks=tuple(_remarks(asked))
    )


def _classified(text: str, model: Model, settings: ModelSettings) -> Prediction:
    """The labels of a classifier, the most probable one first."""
    given = read_input(text, model, settings)
    _check_single(given, settings)
    for layer in model.layers(given):
        last = layer.output
    logits = model.class_logits(given.text.ids, last)  # [labels]
    found = _prediction(given, model, settings)
    return replace(found, labels=labels_of(logits, model), label_logits=logits)


def candidates(logits: Array, top: int, model: Model) -> tuple[Candidate, ...]:
    """The tokens of the highest scores `[vocabulary]`, the highest first, and of equal ones in the order of ids."""
    shares, order = probabilities(logits), np.argsort(-logits, kind="stable")[:top]
    return tuple(Candidate(model.token_text(id), id, float(shares[id]), float(logits[id])) for id in order.tolist())


def labels_of(logits: Array, model: Model) -> tuple[Label, ...]:
    """The labels of scores `[labels]`, the most probable first; a single score by the logistic function."""
    shares = probabilities(np.append(logits, 0) if len(logits) == 1 else logits)
    order = np.argsort(-logits, kind="stable").tolist()
    return tuple(Label(model.labels[row], float(shares[row]), float(logits[row])) for row in order)


def _prediction(given: ModelInput, model: Model, settings: ModelSettings) -> Prediction:
    """A prediction without answers."""
    shape = model.shape_of(given.part)
    info = ModelInfo(model.name, model.family, shape.n_layer, shape.n_head, model.parameters)
    return Prediction(info, given.text, given.target, settings, warnings=(*model.warnings, *given.warnings))


def _check_single(given: ModelInput, settings: ModelSettings) -> None:
    """UsageError: a text in windows."""
    if given.windows is not None:
        reason = "expected a text that fits the model's positions, got one in windows"
        raise UsageError(reason, ("cut it: ", Setting("truncate")), setting="stride", value=settings.stride)


def _remarks(asked: Asked) -> Iterator[str]:
    """That the token that answers ends texts."""
    last = asked.tokens.tokens[-1]
    if not asked.masked and last.id in asked.model.ends and len(asked.tokens.tokens) > 1:
        yield f"the last token is {last.piece}, which ends texts: the answer is what comes after the end"
