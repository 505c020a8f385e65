"""What the two sides of a comparison of models say of their texts."""

from dataclasses import replace

from attncli.errors import AttnError
from attncli.models.model import Model
from attncli.recipes.answering import Asked
from attncli.recipes.model_input import part_of
from attncli.recipes.prediction import Prediction, predict_with, predicted
from attncli.settings.model import ModelSettings

Side = tuple[str, Model, ModelSettings]


def answers_of(*sides: Side) -> tuple[Prediction, ...]:
    """The answer of each text's model, of a masked model in the place of its masks; none unless all sides have one."""
    found = [answer for side in sides if (answer := _answer(*side)) is not None]
    return tuple(found) if len(found) == len(sides) else ()


def _answer(text: str, model: Model, settings: ModelSettings) -> Prediction | None:
    """None: a model without an output layer, a text without a mask, or one in windows."""
    if settings.target is not None:
        settings = replace(settings, part=part_of(model, settings))  # that cuts are of
    if model.labels:
        return predict_with(text, model, settings) if settings.stride is None else None
    try:
        asked = Asked.of(text, model, settings)
    except AttnError:  # the heads are compared all the same
        return None
    return predicted(asked, settings, asked.logits())
