"""The logit lens: what a model would say if it stopped at a layer (nostalgebraist 2020, "interpreting GPT").

The last norm and the output layer, of a masked model its whole prediction head, are applied to the hidden state of each
layer as if it were the last one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.display import Displayed
from attncli.models.model import Model
from attncli.recipes.answering import Asked, check_scores, probabilities
from attncli.recipes.model_explaining import as_model
from attncli.recipes.prediction import Answer, Candidate, Prediction, candidates, check_says_tokens, predicted
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.text.tokens import Sentence

EMBEDDING = -1  # the number of the layer that is none: the hidden state that the first layer takes
SCORES_AT_ONCE = 2**25  # of tokens, in float32; bounds the memory that all layers and places take


@dataclass(frozen=True, eq=False, repr=False)
class Lens(Displayed):
    """What a model would say at each place if it stopped at a layer.

    prediction: its own answers; positions: the places that are looked at, of all tokens or of those that are answered;
    layers: −1, the embedding, then every layer; rows `[n_layer + 1][n_place]`: the most probable tokens there.
    answers: the model's own first answer at each place; probabilities and ranks `[n_layer + 1, n_place]` are those of
    that answer at each layer, ranks from 1. The last row is the model's own answer.
    """

    prediction: Prediction
    positions: tuple[int, ...]
    layers: tuple[int, ...]
    rows: tuple[tuple[Answer, ...], ...]
    answers: tuple[Candidate, ...]
    probabilities: Array
    ranks: Array
    every: bool = False

    @cached_property
    def first(self) -> Array:
        """The probability of the first token of each row `[n_layer + 1, n_place]`."""
        return np.array([[answer.top[0].probability for answer in row] for row in self.rows])

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """None: a model has a token for every word."""
        return ()


def lens(
    text: str,
    model: Model | str | Path,
    *,
    every: bool = False,
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
    top: int = 5,
) -> Lens:
    """The logit lens: a model's answers if it stopped at each layer (nostalgebraist 2020).

    text, model: as in `predict`.
    every: whether all tokens are looked at; else the last one, the masks, or the `word`.
    pair, target, part, source_lang, target_lang, bos, truncate, without, ablate, word, cut, top: as in `predict`.

    Returns: `rows`, the `top` tokens of each layer at each place, from the embedding (layer −1) to the last layer,
        which is the model's own answer, and the `probabilities` and `ranks` `[n_layer + 1, n_place]` of that answer.

    Raises:
        UsageError, AttnError, ResourceError: as `predict` does, and a UsageError for a classifier.
    """
    given = dict(locals())  # the parameters by name
    settings = check_model_settings(**{name: given[name] for name in given.keys() - {"text", "model", "every"}})
    return lens_with(text, as_model(model), settings, every=every)


class _Seen(NamedTuple):
    """What a layer says at a place, and what it makes of the model's own answer there."""

    answer: Answer
    probability: float
    rank: int


def lens_with(text: str, model: Model, settings: ModelSettings, *, every: bool = False) -> Lens:
    """`lens` with an open model and checked settings."""
    check_says_tokens(model, "lens_all" if every else "lens", True)
    asked = Asked.of(text, model, settings)
    places = tuple(range(len(asked.tokens.tokens))) if every else asked.places
    check_scores(len(places), model)
    states = [state[list(places)] for state in asked.states()]  # [n_layer + 1][n_place, d_model]
    own = model.logits(states[-1])  # [n_place, vocabulary]
    answers = [candidates(row, 1, model)[0] for row in own]
    scored = zip(_scores(states[:-1], own, model), cycle(zip(places, answers, strict=True)), strict=False)
    seen = [_seen(row, place, answer, settings.top, model) for row, (place, answer) in scored]
    shape = len(states), len(places)
    return Lens(
        prediction=predicted(asked, settings, own[[places.index(place) for place in asked.places]]),
        positions=places,
        layers=tuple(range(EMBEDDING, len(states) - 1)),
        rows=tuple(tuple(each.answer for each in seen[n : n + shape[1]]) for n in range(0, len(seen), shape[1])),
        answers=tuple(answers),
        probabilities=np.reshape([each.probability for each in seen], shape),
        ranks=np.reshape([each.rank for each in seen], shape),
        every=every,
    )


def _scores(states: Sequence[Array], own: Array, model: Model) -> Iterator[Array]:
    """The scores of all tokens `[vocabulary]` at each place of each layer, the last layer's being known."""
    x = np.concatenate(states)  # [n_layer · n_place, d_model]
    at_once = max(1, SCORES_AT_ONCE // own.shape[1])
    for start in range(0, len(x), at_once):
        yield from model.logits(x[start : start + at_once])
    yield from own


def _seen(logits: Array, place: int, answer: Candidate, top: int, model: Model) -> _Seen:
    """The first tokens of scores `[vocabulary]`; the answer's rank counts equal scores in the order of ids."""
    score = logits[answer.id]
    rank = 1 + int((logits > score).sum()) + int((logits[: answer.id] == score).sum())
    return _Seen(Answer(place, candidates(logits, top, model)), float(probabilities(logits)[answer.id]), rank)
