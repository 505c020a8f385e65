"""What is watched while a model is changed: the score of its answer, that of a label, or a hidden state."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from attncli.analysis.measures import cosines
from attncli.arrays import Array
from attncli.attention.products import row_blocks
from attncli.errors import Setting, Subject, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.answering import Asked, check_single, probabilities
from attncli.recipes.model_input import read_input
from attncli.recipes.sides import Side
from attncli.recipes.word_places import pieces_of
from attncli.settings.model import ModelSettings
from attncli.settings.wording import Remark

SCORES = 2**24  # scores of tokens that are held at once: 64 MB


@dataclass(frozen=True, kw_only=True)
class Watched(ABC):
    """A number that the last layer's output decides.

    given: the input; places: the tokens whose output it is, among `tokens`, all if there are none; answer, id: of the
    token or label whose score it is, if it is a score.
    """

    model: Model
    given: ModelInput
    places: tuple[int, ...]
    answer: str | None = None
    id: int | None = None

    #: Whether it is a score, which a change makes smaller or larger; else the distance from the unchanged one.
    scored = True

    @property
    def tokens(self) -> ModelSentence:
        """The tokens of the text, or those that the decoder has read."""
        return self.given.begun

    @abstractmethod
    def measure(self, output: Array) -> tuple[Array, Array | None]:
        """The number `[b]` of outputs `[b, n, d_model]`, and the answer's probability `[b]`; both in float64."""

    def change(self, with_all: Array, without: Array) -> tuple[Array, Array | None]:
        """From the output `[n, d_model]` with all heads to those without some `[b, n, d_model]`: the effects `[b]`.

        With the probability of the answer `[b]`.
        """
        (before, _), (after, shares) = self.measure(with_all[None]), self.measure(without)
        return after - before, shares

    def remarks(self) -> Iterator[str]:
        """What a user may not expect."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class WatchedToken(Watched):
    """The score of a token at one place: of the next token, of the one in the place of a mask."""

    id: int
    others: int = 0

    @property
    def place(self) -> int:
        """The token that is answered."""
        return self.places[0]

    def measure(self, output: Array) -> tuple[Array, Array]:
        """The score of the token `[b]`, and its probability."""
        at_place = output[:, self.place]  # [b, d_model]
        found = [self._of(at_place[rows]) for rows in row_blocks(len(output), self.model.vocabulary, SCORES)]
        scores, shares = (np.concatenate(each) for each in zip(*found, strict=True))
        return scores, shares

    def _of(self, x: Array) -> tuple[Array, Array]:
        scores = self.model.logits(x)  # [b, vocabulary]
        return scores[:, self.id].astype(np.float64), probabilities(scores)[:, self.id]

    def remarks(self) -> Iterator[str]:
        """That the text has further places to answer."""
        if self.others:
            number = f"{self.others} other place{'s' * (self.others > 1)}"
            yield Remark((f"the answer at token {self.place} is watched, not at {number}: ", Setting("word", "INDEX")))


@dataclass(frozen=True, kw_only=True)
class WatchedLabel(Watched):
    """The score of a label of a classifier."""

    id: int

    def measure(self, output: Array) -> tuple[Array, Array]:
        """The score of the label `[b]`, and its probability."""
        ids = self.given.text.ids
        scores = np.stack([self.model.class_logits(ids, each) for each in output]).astype(np.float64)  # [b, labels]
        return scores[:, self.id], self.model.label_shares(scores)[:, self.id]


@dataclass(frozen=True, kw_only=True)
class WatchedState(Watched):
    """The last hidden state, the mean over the tokens of a word or of the text: how far it turns."""

    scored = False

    def measure(self, output: Array) -> tuple[Array, None]:
        """The state `[b, d_model]`."""
        b, n, d = output.shape
        last = self.model.final_of(self.given, output.reshape(-1, d)).reshape(b, n, -1).astype(np.float64)
        return (last[:, list(self.places)] if self.places else last).mean(axis=1), None

    def change(self, with_all: Array, without: Array) -> tuple[Array, None]:
        """1 − the cosine of the states `[b]`."""
        (before, _), (after, _) = self.measure(with_all[None]), self.measure(without)
        return np.maximum(1 - cosines(before, after), 0), None


def watched(text: str, model: Model, settings: ModelSettings, answer: str | None = None) -> Watched:
    """The answer of a model to a text, a classifier's label, or the hidden state of a model that has no answers.

    answer: the token or label whose score is watched; None: the model's own first one. The settings' word is the place
    that is answered, or whose state is watched.

    Raises:
        UsageError: an answer that is no single token or label, or of a model without any; a word that there is not.
        AttnError, ResourceError: as in `Asked.of`.
    """
    if model.labels:
        return _label(text, model, settings, answer)
    if not model.has_output:
        return _state(text, model, settings, answer)
    asked = Asked.of(text, model, settings)
    places, others = asked.places[:1], len(asked.places) - 1
    id = -1 if answer is None else token_named(answer, model, settings)
    found = WatchedToken(model=model, given=asked.given, places=places, id=id, others=others)
    return found if answer is None else replace(found, answer=model.token_text(id))


def first_answer(watched: Watched, output: Array) -> Watched:
    """With the answer that the output `[n, d_model]` with all heads gives, where none was named."""
    if watched.answer is not None or not watched.scored:
        return watched
    model = watched.model
    if isinstance(watched, WatchedLabel):
        best = int(np.argmax(model.class_logits(watched.given.text.ids, output)))
        return replace(watched, id=best, answer=model.labels[best])
    best = int(np.argmax(model.logits(output[list(watched.places)])[0]))
    return replace(watched, id=best, answer=model.token_text(best))


def token_named(text: str, model: Model, settings: ModelSettings) -> int:
    """The id of the one token that a text is; UsageError where it is none or several.

    A tokenizer that puts a space in front of every text makes of ` Paris` what it makes of `Paris`.
    """
    found = _pieces(text, model, settings)
    if len(found) != 1 and text.startswith(" "):
        found = min(found, _pieces(text.strip(), model, settings), key=lambda ids: (len(ids) != 1, len(ids)))
    if len(found) == 1 and found[0] < model.vocabulary:
        return found[0]
    pieces = ", ".join(repr(model.token_text(id)) for id in found[:6]) + ", …" * (len(found) > 6)
    hint = ("for example the first of them: ", Subject("for_", model.token_text(found[0]))) if found else None
    if not text.startswith(" ") and len(_pieces(f" {text}", model, settings)) == 1:
        hint = ("with a space in front it is one: ", Subject("for_", f" {text}"))
    reason = f"expected one token of {model.name}, got {len(found)}: {pieces}" if found else "expected a token"
    raise UsageError(reason, hint, setting="for_", value=text)


def _pieces(text: str, model: Model, settings: ModelSettings) -> list[int]:
    """The ids of a text's own tokens, as the model says them."""
    if not text.strip():
        return []
    of_target = (settings.target_lang, settings.source_lang)
    reader = model.targets(*of_target).texts if model.has_decoder else model.texts()
    return [token.id for token in reader.read(text).tokens if not token.special]


def _label(text: str, model: Model, settings: ModelSettings, answer: str | None) -> WatchedLabel:
    if settings.word is not None:
        reason = f"expected no word: {model.name} classifies the text as a whole"
        raise UsageError(reason, "leave it out", setting="word", value=settings.word)
    if answer is not None and answer not in model.labels:
        shown = ", ".join(model.labels[:6]) + ", …" * (len(model.labels) > 6)
        raise UsageError(f"expected a label of {model.name}: {shown}", setting="for_", value=answer)
    given = read_input(text, model, settings)
    check_single(given, settings)
    id = 0 if answer is None else model.labels.index(answer)
    place = model.class_place(given.text.ids)
    places = () if place is None else (place,)
    return WatchedLabel(model=model, given=given, places=places, id=id, answer=answer)


def _state(text: str, model: Model, settings: ModelSettings, answer: str | None) -> WatchedState:
    if answer is not None:
        reason = f"{model.name} has no output layer, and so no answer: heads are ranked by the change of a hidden state"
        hint = ("leave it out, or name a word: ", Setting("word", "WORD"))
        raise UsageError(reason, hint, setting="for_", value=answer)
    given = read_input(text, model, settings)
    check_single(given, settings)
    found = WatchedState(model=model, given=given, places=())
    if settings.word is None:
        return found
    words = Side.of(found.tokens, ModelSettings()).sentence
    return replace(found, places=pieces_of(words, settings.word, "word"))
