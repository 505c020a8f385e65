"""What a model is given: the tokens of a sentence, and of a target, under settings."""

from dataclasses import replace

from attncli.errors import Setting, UsageError
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.inputs import check_sentence
from attncli.settings.model import ModelSettings


def read_input(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text, of the target if there is one, and the part whose attention is asked for.

    Raises:
        UsageError: an empty text, or a target or a part that the model does not have.
        AttnError: more tokens than the model has positions.
    """
    part = part_of(model, settings)
    given = ModelInput(model.texts(settings.source_lang).read(check_sentence("sentence", text)))
    if settings.target is None:
        return given
    target = model.read_target(check_sentence("target", settings.target), settings.target_lang, settings.source_lang)
    return replace(given, target=target, part=part)


def part_of(model: Model, settings: ModelSettings) -> str:
    """The part whose attention is asked for: `cross` where there is a target.

    Raises:
        UsageError: a target or a part that the model does not have, or a part that needs a target.
    """
    if not model.has_decoder and (settings.target is not None or settings.part is not None):
        name, value = ("part", settings.part) if settings.target is None else ("target", settings.target)
        reason = f"expected a model with an encoder and a decoder, got {model.name} ({model.family})"
        raise UsageError(reason, "leave it out: the model reads one text", setting=name, value=value)
    of_target = {"part": settings.part if settings.part != "encoder" else None, "target_lang": settings.target_lang}
    for name, value in of_target.items():
        if settings.target is None and value is not None:
            hint = ("add ", Setting("target", "TEXT"), ", the text that the decoder reads")
            raise UsageError("expected a target with it", hint, setting=name, value=value)
    return settings.part or ("encoder" if settings.target is None else "cross")
