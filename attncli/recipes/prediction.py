"""The recipe of `attn predict`: the tokens that a model says behind a text, or in the place of its masks, or labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import UsageError
from attncli.models.changes import UNCHANGED
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.answering import Asked, check_single, probabilities
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
    """A label of a classifier, and its row among the model's labels."""

    label: str
    row: int
    probability: float
    logit: float


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Displayed):
    """What a model says of a text.

    tokens: those of the text; target: those that the decoder of an encoder–decoder has read, None of other models.
    predictions: an answer a place, in the order of their positions among the target's tokens, or among the text's;
    logits `[n_place, vocabulary]` in float32: those of every token there, and label_logits `[labels]` those of a
    classifier, which has no predictions; None where there are none. with_all: the prediction of the unchanged model,
    where heads were taken away or words cut apart. masked: whether answers stand in the place of their position, not
    behind it; apart: whether each label is probable by itself, so that several may hold. said: of a text that the model
    went on from (`generate`) the token that it said at each place, and answer, the text of them; the tokens have them
    too, marked as `generated`.
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
    apart: bool = False
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    with_all: "Prediction | None" = None
    said: tuple[Candidate, ...] = ()
    answer: str = ""

    @property
    def text(self) -> str:
        """The text as typed."""
        return self.tokens.text if self.target is not None else self.tokens.text.removesuffix(self.answer)

    @property
    def answered(self) -> ModelSentence:
        """The tokens that the positions count."""
        return self.tokens if self.target is None else self.target

    @cached_property
    def probabilities(self) -> Array | None:
        """The softmax of the logits `[n_place, vocabulary]`, in float64."""
        return None if self.logits is None else probabilities(self.logits)

    def before(self, place: int, id: int) -> float | None:
        """The probability of a token at a place, counted from 0, without the changes; None where there are none."""
        found = None if self.with_all is None else self.with_all.probabilities
        return None if found is None else float(found[place, id])

    def label_before(self, label: Label) -> float | None:
        """The probability of a label without the changes; None where there are none."""
        found = () if self.with_all is None else self.with_all.labels
        return next((each.probability for each in found if each.row == label.row), None)

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
    part: str | None = None,
    source_lang: str | None = None,
    target_lang: str | None = None,
    bos: bool | None = None,
    truncate: bool = False,
    without: str | Sequence[str] = (),
    ablate: str = "zero",
    word: str | int | None = None,
    cut: str | Sequence[str] = (),
    generate: int | None = None,
    sample: float | None = None,
    top_p: float = 1.0,
    seed: int = 0,
    top: int = 5,
) -> Prediction:
    """The most probable next tokens behind a text, the tokens in the place of its masks, or its labels.

    text: a decoder goes on from it, a masked model fills in every mask in it (`[MASK]`, `<mask>`), an encoder–decoder
        has it as source, a classifier or reranker scores its labels for it.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    target: what the decoder of an encoder–decoder goes on from; None: it begins.
    pair, source_lang, target_lang, bos, truncate: as in `explain_model`.
    without: heads that are taken away, `23.4` or `decoder:2.1`, and several; ablate: what stands in the place of their
        output, `zero` or `mean`, its mean over the tokens (Michel et al. 2019, section 2.1).
    word: a word of the text, or of the target: the answer behind it, or of a masked model in its place, where that of
        the last token or of the masks is not wanted.
    cut: pairs of words as `he:dog`, or `*:dog`: the first does not attend to the second, in any layer and head
        (attention knockout, Geva et al. 2023); part: of an encoder–decoder the attention that is cut, None: `decoder`.
    generate: go on with at most so many tokens, up to one that ends the text, each time with the likeliest one.
    sample: draw each of them by its probability instead, at this temperature; top_p: from the most probable ones alone
        whose probabilities sum to it (Holtzman et al. 2020, section 3.1); seed: of the draws.
    top: the number of tokens of each answer, from 1; of more than the vocabulary has, all.

    Returns: `predictions`, each with its position and its `top` tokens with probability and logit, and the `logits`
        `[n_place, vocabulary]` of all tokens; of a classifier `labels` and `label_logits` `[labels]`; with `without` or
        `cut` the same of the unchanged model as `with_all`; with `generate` an entry of `predictions` for each token of
        `said`, the text of all as `answer`, and no `logits` where they were more than 2²⁵ numbers.

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
    if settings.generate is not None:
        from attncli.recipes.continuation import continued  # which is made of what stands here

        return continued(text, model, settings)
    if model.labels:
        return _classified(text, model, settings)
    asked = Asked.of(text, model, settings)
    return predicted(asked, settings, asked.logits())


def predicted(asked: Asked, settings: ModelSettings, logits: Array) -> Prediction:
    """The tokens of the scores at the places `[n_place, vocabulary]`; without the changes too where there are any."""
    found = _answered(asked, settings, logits)
    if asked.given.changes:
        found = replace(found, with_all=_answered(asked, settings, asked.logits(UNCHANGED)))
    return found


def _answered(asked: Asked, settings: ModelSettings, logits: Array) -> Prediction:
    model = asked.model
    tops = (candidates(row, settings.top, model) for row in logits)
    return replace(
        empty_prediction(asked.given, model, settings),
        predictions=tuple(map(Answer, asked.places, tops)),
        logits=logits,
        masked=asked.masked,
        remarks=tuple(_remarks(asked)),
    )


def _classified(text: str, model: Model, settings: ModelSettings) -> Prediction:
    """The labels of a classifier, the most probable one first; without the changes too where there are any."""
    check_says_tokens(model, "word", settings.word)
    given = read_input(text, model, settings)
    check_single(given, settings)
    found = _labelled(given, model, settings)
    if given.changes:
        found = replace(found, with_all=_labelled(replace(given, changes=UNCHANGED), model, settings))
    return found


def check_says_tokens(model: Model, setting: str, value: object) -> None:
    """UsageError: a setting that is given for a classifier, and is of models that say tokens."""
    if model.labels and value is not None:
        reason = f"expected a model that says tokens, got {model.name}, which says labels of whole texts"
        raise UsageError(reason, "leave it out", setting=setting, value=value)


def _labelled(given: ModelInput, model: Model, settings: ModelSettings) -> Prediction:
    found = empty_prediction(given, model, settings)
    logits = model.class_logits(given.text.ids, model.output(given))  # [labels]
    return replace(found, labels=labels_of(logits, model), label_logits=logits, apart=model.labels_apart)


def candidates(logits: Array, top: int, model: Model) -> tuple[Candidate, ...]:
    """The tokens of the highest scores `[vocabulary]`, the highest first, and of equal ones in the order of ids."""
    shares, top = probabilities(logits), min(top, len(logits))
    first = np.flatnonzero(logits >= np.partition(logits, -top)[-top])  # equal scores among them
    order = first[np.argsort(-logits[first], kind="stable")[:top]]
    return tuple(_candidate(id, shares, logits, model) for id in order.tolist())


def candidate(logits: Array, id: int, model: Model) -> Candidate:
    """A token among the scores of all `[vocabulary]`."""
    return _candidate(id, probabilities(logits), logits, model)


def _candidate(id: int, shares: Array, logits: Array, model: Model) -> Candidate:
    return Candidate(model.token_text(id), id, float(shares[id]), float(logits[id]))


def labels_of(logits: Array, model: Model) -> tuple[Label, ...]:
    """The labels of scores `[labels]`, the most probable first."""
    shares = model.label_shares(logits)
    order = np.argsort(-logits, kind="stable").tolist()
    return tuple(Label(model.labels[row], row, float(shares[row]), float(logits[row])) for row in order)


def empty_prediction(given: ModelInput, model: Model, settings: ModelSettings) -> Prediction:
    """A prediction without answers."""
    info = ModelInfo.of(model, given.reader)
    return Prediction(info, given.text, given.target, settings, warnings=(*model.warnings, *given.warnings))


def _remarks(asked: Asked) -> Iterator[str]:
    """That the token that answers ends texts."""
    last = asked.tokens.tokens[-1]
    if not asked.masked and last.id in asked.model.ends and len(asked.tokens.tokens) > 1:
        yield f"the last token is {last.piece}, which ends texts: the answer is what comes after the end"
