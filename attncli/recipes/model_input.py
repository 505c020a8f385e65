"""What a model is given: the tokens of a sentence, and of a target, under settings."""

from collections.abc import Iterator
from dataclasses import replace

from attncli.errors import Setting, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.windows import Windows
from attncli.recipes.inputs import check_sentence
from attncli.settings.model import ModelSettings


def read_input(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text, of the target if there is one, and the part whose attention is asked for.

    Raises:
        UsageError: an empty text, or a target or a part that the model does not have.
        AttnError: more tokens than the model has positions.
    """
    part = part_of(model, settings)
    given = _read_text(check_sentence("sentence", text), model, settings)
    if settings.target is None:
        return given
    if settings.stride is not None:
        reason = "expected one text in windows, got a target that attends to it"
        raise UsageError(reason, ("cut it instead: ", Setting("truncate")), setting="stride", value=settings.stride)
    target = model.read_target(check_sentence("target", settings.target), settings.target_lang, settings.source_lang)
    return replace(given, target=target, part=part)


def _read_text(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text, cut or in windows where that is asked for and there are more of them than positions."""
    reader = model.texts(settings.source_lang)
    if not settings.truncate and settings.stride is None:
        return ModelInput(reader.read(text))
    sentence = reader.read_long(text)
    windows = reader.windows(sentence, settings.stride or 0)
    if len(windows.spans) == 1:
        return ModelInput(sentence)
    if settings.truncate:
        cut = windows.first(sentence)
        return ModelInput(cut, warnings=(_cut_to(len(cut.tokens), sentence, windows),))
    return ModelInput(sentence, windows=windows, warnings=(_in_windows(windows, settings.stride or 0),))


def _cut_to(n: int, sentence: ModelSentence, windows: Windows) -> str:
    end = "beginning" if windows.spans[0][0] == windows.before else "end"
    return f"the model was given the {end} of the text: {n:,} of its {len(sentence.tokens):,} tokens"


def _in_windows(windows: Windows, stride: int) -> str:
    windows_of = f"{len(windows.spans):,} windows of {max(windows.lengths):,} tokens that overlap by {stride:,}"
    return f"the text was read in {windows_of}: the model gives no weights between tokens that no window holds"


def of_long_texts(model: Model, settings: ModelSettings) -> Iterator[str]:
    """What is done with those of many texts that have more tokens than the model has positions, if not refused."""
    if settings.truncate:
        yield f"of texts with more than {model.shape.positions:,} tokens the model was given so many"
    if settings.stride is not None:
        yield (
            f"texts of more than {model.shape.positions:,} tokens were read in windows that overlap by "
            f"{settings.stride:,}: the model gives no weights between tokens that no window holds"
        )


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
