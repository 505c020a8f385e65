"""What is saved: the explanation that the screen shows, as `attn explain` would have made it."""

from dataclasses import dataclass, fields, replace

import numpy as np

from attncli.attention.attend import Attention
from attncli.explore.part import part_of
from attncli.explore.state import State
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.model_explanation import ModelExplanation
from attncli.recipes.model_reduction import MEANINGS


@dataclass(frozen=True, eq=False, kw_only=True)
class OneHead(Explanation):
    """One of several heads alone: which layer and which head it was, counted from 0."""

    layer: int
    head: int

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """The number of the layer."""
        return (self.layer,)

    @property
    def head_numbers(self) -> tuple[int, ...]:
        """The number of the head."""
        return (self.head,)


def saved(state: State, whole: Explanation) -> Explanation:
    """The layer and head that are shown, or their mean; in a close-up its query."""
    shown = _of_model(state, whole) if isinstance(whole, ModelExplanation) else _of_vectors(state, whole)
    if state.panel != "steps":
        return shown
    asked = replace(shown, query=state.query, settings=replace(shown.settings, word=str(state.query)))
    if isinstance(asked, ModelExplanation):
        return replace(asked, choice=replace(asked.choice, word=str(state.query)))
    return asked


def _of_vectors(state: State, whole: Explanation) -> Explanation:
    """All heads with their mean, up to the layer that is shown, or one head, which a remark names."""
    layer = len(whole.layers) - 1 if state.layer is None else state.layer
    if state.head is None:
        settings = replace(whole.settings, layers=layer + 1)
        return replace(whole, layers=whole.layers[: layer + 1], settings=settings)
    part, n_head = part_of(whole, layer, state.head), len(whole.layers[-1].attention.weights)
    given = {each.name: getattr(part, each.name) for each in fields(Explanation)}
    of_layer = f" of layer {layer}" if len(whole.layers) > 1 else ""
    given["remarks"] = (f"this is head {state.head}{of_layer} alone, of heads 0-{n_head - 1}", *part.remarks)
    return OneHead(**given, layer=layer, head=state.head)


def _of_model(state: State, whole: ModelExplanation) -> ModelExplanation:
    part = part_of(whole, state.layer, state.head)
    assert isinstance(part, ModelExplanation)
    if whole.choice.combine != "none":
        return part
    if state.head is not None or len(part.head_numbers) == 1:
        return replace(part, choice=replace(part.choice, layer=part.layer_numbers, head=part.head_numbers))
    return _mean(part)


def _mean(part: ModelExplanation) -> ModelExplanation:
    """The mean of a layer's heads, as `--combine mean` has it: weights without scores."""
    weights = part.mean_weights[None]  # [1, n_query, n_key]
    nothing = np.empty((1, weights.shape[1], 0))
    scores = np.where(part.layers[0].visible | (weights > 0), 0.0, -np.inf)  # [1, n_query, n_key]
    layer = Layer(nothing, nothing, nothing, Attention(scores, weights, nothing), nothing[0])
    choice = replace(part.choice, layer=part.layer_numbers, combine="mean")
    remarks = (f"mean: {MEANINGS['mean']}", *part.remarks)
    return replace(part, layers=(layer,), choice=choice, remarks=remarks, has_scores=False)
