"""The recipe of `attn predict --generate`: the text that a model says, token by token, and its prediction then."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, Setting, UsageError
from attncli.models.changes import UNCHANGED
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.generating import Choose, Said, likeliest
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.sampling import Sampler
from attncli.models.speech import Speech
from attncli.recipes.answering import Asked
from attncli.recipes.changes import changes_of
from attncli.recipes.prediction import Answer, Candidate, Prediction, candidate, candidates, empty_prediction
from attncli.settings.model import ModelSettings

MOST_KEPT = 2**25  # scores that are kept: 128 MB
STEP = "saying tokens"


class Continuation:
    """A text that a model goes on from: iterate over it for the text as it comes; its prediction is there then."""

    def __init__(self, text: str, model: Model, settings: ModelSettings) -> None:
        """Read the text; nothing is computed yet.

        Raises:
            UsageError: a model that says no text; a word at which it shall answer.
            AttnError, ResourceError: as `Asked.of`.
        """
        check_speaks(model, settings)
        self.settings, self.model = settings, model
        self.asked = Asked.of(text, model, settings)
        self.most = min(settings.generate or 1, model.room(self.asked.given))
        if settings.cut:
            self.asked = replace(self.asked, given=self._cut_before_it_is_said())
        self._speech: Speech = model.speech(self.asked.given)
        self._answers: list[Answer] = []
        self._said: list[Candidate] = []
        self._logits: list[Array] | None = [] if self.most * model.vocabulary <= MOST_KEPT else None

    def __iter__(self) -> Iterator[str]:
        """The text of each token, `` where it is none or no whole character yet."""
        before = self.asked.places[0]
        for said in self.model.say(self.asked.given, self.most, chooser(self.settings)):
            self._keep(said, before + len(self._said))
            yield self._speech.add(said.id)
        yield self._speech.finish()

    def _keep(self, said: Said, place: int) -> None:
        self._answers.append(Answer(place, candidates(said.logits, self.settings.top, self.model)))
        self._said.append(candidate(said.logits, said.id, self.model))
        if self._logits is not None:
            self._logits.append(said.logits)

    @property
    def opening(self) -> Prediction:
        """The prediction before anything is said."""
        return empty_prediction(self.asked.given, self.model, self.settings)

    @property
    def whole(self) -> ModelInput:
        """The input with all that was said, and warnings where it is not what was asked for."""
        given = self._given(self._speech.sentence)
        return replace(given, warnings=(*given.warnings, *self._shortfalls()))

    @property
    def prediction(self) -> Prediction:
        """The prediction of all tokens that were said so far."""
        found = replace(
            empty_prediction(self._given(self._speech.sentence), self.model, self.settings),
            predictions=tuple(self._answers),
            logits=None if self._logits is None else np.stack(self._logits),
            said=tuple(self._said),
            answer=self._speech.text,
            remarks=tuple(self._remarks()),
        )
        if self.asked.given.changes:
            before = replace(found, logits=self._unchanged, predictions=self._tops, said=())
            found = replace(found, with_all=before)
        return found

    @cached_property
    def _unchanged(self) -> Array:
        """The scores in the same places, of the same text, by the unchanged model: `[n_said, vocabulary]`."""
        whole = self._speech.sentence
        read = replace(whole, tokens=whole.tokens[:-1], segments=whole.segments and whole.segments[:-1])
        places = tuple(answer.position for answer in self._answers)
        return replace(self.asked, given=self._given(read), places=places).logits(UNCHANGED)

    @property
    def _tops(self) -> tuple[Answer, ...]:
        rows = zip(self._answers, self._unchanged, strict=True)
        return tuple(Answer(each.position, candidates(row, self.settings.top, self.model)) for each, row in rows)

    def _cut_before_it_is_said(self) -> ModelInput:
        """The input with cuts for every token, `*:dog`, that are of those to come too."""
        given, tokens = self.asked.given, self.asked.tokens
        n, end = len(tokens.tokens), len(tokens.text)
        more = (ModelToken(n + at, -1, "", "", end, end, True, None) for at in range(self.most))
        longer = self._given(replace(tokens, tokens=(*tokens.tokens, *more)))
        return replace(given, changes=changes_of(longer, self.model, self.settings))

    def _given(self, queries: ModelSentence) -> ModelInput:
        """The input with other tokens of the text, or of the target."""
        given = self.asked.given
        return replace(given, text=queries) if given.target is None else replace(given, target=queries)

    def _remarks(self) -> Iterator[str]:
        """What ended the text, and what is not as it was asked for."""
        if self._has_ended:
            yield f"{len(self._said):,} tokens; the last one, {self.model.piece(self._said[-1].id)}, ends the text"
        yield from self._shortfalls()

    def _shortfalls(self) -> Iterator[str]:
        wanted, n = self.settings.generate or 1, len(self._said)
        if self.most < wanted and not self._has_ended:
            positions = (self.model.decoder or self.model.shape).positions
            yield f"{n:,} tokens, not {wanted:,}: {self.model.name} takes {positions:,}, those before them included"
        if others := self.model.saying.others:
            yield f"the model's folder asks for more than the likeliest token: {', '.join(others)}; it is not honoured"

    @property
    def _has_ended(self) -> bool:
        return bool(self._said) and self._said[-1].id in self.model.ends


def chooser(settings: ModelSettings) -> Choose:
    """The choice of a token: the likeliest one, or one drawn at random from the seed."""
    if settings.sample is None:
        return likeliest
    return Sampler(settings.sample, settings.top_p, np.random.default_rng(settings.seed))


def check_speaks(model: Model, settings: ModelSettings) -> None:
    """UsageError: a model that goes on from no text, or an answer at a word."""
    if model.labels or not (model.has_decoder or model.shape.causal):
        does = "says labels" if model.labels else "fills masks in"
        reason = f"expected a model that goes on from a text, got {model.name} ({model.family}), which {does}"
        raise UsageError(reason, "leave it out", setting="generate", value=settings.generate)
    if settings.word is not None:
        reason = "expected an answer at a word, or a text that goes on, got both"
        raise UsageError(reason, ("leave out ", Setting("generate")), setting="word", value=settings.word)


def with_answer(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """A text with what the model says behind it, or a source with the target that it says, as one input.

    Raises:
        UsageError, AttnError, ResourceError: as of `Continuation`.
    """
    part = settings.part or ("cross" if model.has_decoder else None)
    continuation = Continuation(text, model, replace(settings, word=None, part=part))
    continuation.most = min(continuation.most, model.room(continuation.asked.given) - 1)  # each of them is read
    if not continuation.most:
        raise AttnError(f"{model.name} has no position for a token behind the text", "shorten the text")
    for _ in continuation:
        pass
    return continuation.whole


def continued(text: str, model: Model, settings: ModelSettings) -> Prediction:
    """The prediction of the whole text that the model says."""
    continuation = Continuation(text, model, settings)
    for _ in continuation:
        pass
    return continuation.prediction
