"""The sentence of a tour of a model, every head's weights on it, and the heads that its screens are about."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from attncli.analysis.kinds import HeadKinds
from attncli.arrays import Array
from attncli.models.model import Model
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explaining import explain_model_with
from attncli.recipes.model_run import Progress
from attncli.recipes.model_source import ModelSource
from attncli.settings.model import ModelSettings
from attncli.tour import OF_MODEL
from attncli.tour.parts import Part, weights_map
from attncli.tour.tour import AnyTour
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix

MAP_LINES = 20  # a fold would hide a diagonal


class Found(NamedTuple):
    """A head by its layer and its number, both from 0, and the measure that it was found by."""

    layer: int
    head: int
    score: float

    @property
    def name(self) -> str:
        """As `--without` takes it: `4.11`."""
        return f"{self.layer}.{self.head}"


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelTour(AnyTour):
    """A model on a sentence; the explanation has the weights of every head. progress: of work that takes long."""

    explanation: Explanation[ModelSource]
    model: Model
    progress: Progress = lambda *_: None
    lesson = OF_MODEL

    @property
    def kinds(self) -> HeadKinds:
        """The measures and kinds of all heads `[n_layer, n_head]`."""
        return self.explanation.source.kinds

    @property
    def n_heads(self) -> int:
        """The number of all heads."""
        return int(self.kinds.kind.size)

    @property
    def causal(self) -> bool:
        """Whether no token sees one behind it."""
        return not any(np.triu(layer.visible, 1).any() for layer in self.explanation.layers)

    def weights(self, found: Found) -> Array:
        """The weights of a head: `[n, n]`."""
        head: Array = self.explanation.weights[found.layer, found.head]
        return head


def model_tour_of(text: str, model: Model, progress: Progress = lambda *_: None) -> ModelTour:
    """The tour of a model on a sentence; progress: of work that takes long.

    Raises:
        UsageError: an empty sentence.
        AttnError: there are too many tokens, for the model or for the matrices of all heads.
        ResourceError: the model is damaged.
    """
    return ModelTour(explanation=explain_model_with(text, model, ModelSettings()), model=model, progress=progress)


def highest(scores: Array) -> Found:
    """The head with the highest of the scores `[n_layer, n_head]`; of equal ones the first."""
    layer, head = (int(at) for at in np.unravel_index(scores.argmax(), scores.shape))
    return Found(layer, head, float(scores[layer, head]))


def head_map(tour: ModelTour, found: Found, screen: Screen) -> Part:
    """The weights of one head on the sentence, as a map."""
    sentence = tour.explanation.sentence
    tokens = tuple(token.label for token in sentence.tokens)
    hidden = ~tour.explanation.layers[found.layer].visible  # [n, n]
    return weights_map(Matrix(tour.weights(found), hidden, tokens, tokens), names(sentence, screen), screen, MAP_LINES)


def counted(number: int, all_heads: int) -> str:
    """`1 of 72 heads`."""
    return f"{number} of {all_heads} heads"
