"""What a model is given: the tokens of a sentence, and of a second text or a target, under settings."""

from collections.abc import Iterator
from dataclasses import replace

from attncli.errors import FinalError, Setting, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.reading import TextReader
from attncli.recipes.changes import changes_of
from attncli.recipes.inputs import check_sentence
from attncli.settings.model import ModelSettings
from attncli.settings.wording import Remark


def read_input(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text or of two, of the target if there is one, and the part whose attention is asked for.

    Raises:
        UsageError: an empty text, a target or a part that the model does not have, both a second text and a target, or
            no token to begin with.
        AttnError: more tokens than the model has positions.
    """
    given = _read_texts(check_sentence("sentence", text), model, settings)
    changes = changes_of(given, model, settings)
    return replace(given, changes=changes) if changes else given


def _read_texts(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text, and of the target if there is one."""
    part = part_of(model, settings)
    given = _read_text(text, model, settings)
    given = replace(given, warnings=(*given.warnings, *_typed(given.text, model)))
    if settings.target is None:
        return given
    if settings.stride is not None:
        reason = "expected one text in windows, got a target that attends to it"
        raise UsageError(reason, ("cut it instead: ", Setting("truncate")), setting="stride", value=settings.stride)
    reader = model.targets(settings.target_lang, settings.source_lang)
    target = check_sentence("target", settings.target)
    if not settings.truncate:
        return replace(given, target=reader.read(target), part=part)
    cut, warnings = _cut(reader.texts.read_long(target), reader.texts, "target")
    return replace(given, target=reader.shifted(cut), part=part, warnings=(*given.warnings, *warnings))


def _read_text(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The tokens of a text or of two, cut or in windows where that is asked for and there are more than positions."""
    reader = model.texts(settings.source_lang, settings.bos, in_windows=settings.target is None)
    pair = None if settings.pair is None else check_sentence("pair", settings.pair)
    if settings.truncate:
        cut, warnings = _cut(reader.read_long(text, pair), reader, "text")
        return ModelInput(cut, warnings=warnings)
    if settings.stride is None:
        return ModelInput(reader.read(text, pair))
    if pair is not None:
        reason = "expected one text in windows, got two in one input"
        hint = ("leave out ", Setting("pair"), ", or cut both: ", Setting("truncate"))
        raise FinalError(reason, hint, setting="stride", value=settings.stride)
    return _in_windows(reader.read_long(text), reader, settings.stride)


def _cut(sentence: ModelSentence, reader: TextReader, name: str) -> tuple[ModelSentence, tuple[str, ...]]:
    """As many of the tokens as there are positions, and a warning about the others; name: that of the text."""
    cut = reader.cut(sentence)
    n, every = len(cut.tokens), len(sentence.tokens)
    if n == every:
        return cut, ()
    end = "beginning" if reader.tokenizer.truncation_side == "right" else "end"
    of_what = f"the {end} of the {name}" if sentence.pair is None else f"the {end}s of both texts"
    return cut, (f"the model was given {of_what}: {n:,} of {every:,} tokens",)


def _in_windows(sentence: ModelSentence, reader: TextReader, stride: int) -> ModelInput:
    """The tokens in windows, if more than one is needed."""
    windows = reader.windows(sentence, stride)
    if len(windows.spans) == 1:
        return ModelInput(sentence)
    how = f"{len(windows.spans):,} windows of {max(windows.lengths):,} tokens that overlap by {stride:,}"
    said = f"the text was read in {how}: the model gives no weights between tokens that no window holds"
    return ModelInput(sentence, windows=windows, warnings=(said,))


def is_separated(text: ModelSentence, model: Model) -> bool:
    """Whether a separator was typed, which in a model that reads both ways would stand between two texts."""
    return bool(text.separators) and text.pair is None and not model.shape.causal


def _typed(text: ModelSentence, model: Model) -> Iterator[str]:
    """A warning about a separator that was typed: it begins no second text, as the tokenizer does."""
    if is_separated(text, model):
        typed = text.tokens[text.separators[0]].piece
        said = f"{typed} is typed in the text, all of which has segment 0; a second text: "
        yield Remark((said, Setting("pair", "TEXT")))


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
    if settings.pair is not None and settings.target is not None:
        reason = "expected one input, got a target beside the two texts"
        raise FinalError(reason, "leave one of the two out", setting="pair", value=settings.pair)
    if not model.has_decoder and (settings.target is not None or settings.part is not None):
        named = ("part", settings.part) if settings.target is None else ("target", settings.target)
        raise without_decoder(model, *named)
    of_target = {"part": settings.part if settings.part != "encoder" else None, "target_lang": settings.target_lang}
    has_target = settings.target is not None or (model.has_decoder and settings.generate is not None)
    for name, value in of_target.items():
        if not has_target and value is not None:
            hint = ("add ", Setting("target", "TEXT"), ", the text that the decoder reads")
            raise UsageError("expected a target with it", hint, setting=name, value=value)
    return settings.part or ("cross" if has_target else "encoder")


def input_remarks(text: ModelSentence, settings: ModelSettings) -> Iterator[str]:
    """The tokens that were put in front of the text, or left out there."""
    if settings.bos is None:
        return
    changed = text.added if settings.bos else text.left_out
    how = "put in front of the text" if settings.bos else "left out in front of the text"
    if changed:
        yield f"{how}: {', '.join(changed)}"
    elif settings.bos:
        yield f"nothing is put in front of the text: the tokenizer puts {text.tokens[0].piece} there"
    else:
        yield "nothing is left out in front of the text: the tokenizer puts no token there"


def without_decoder(model: Model, name: str, value: str | None) -> UsageError:
    """The error for a setting of encoder–decoders with another model."""
    reason = f"expected a model with an encoder and a decoder, got {model.name} ({model.family})"
    return UsageError(reason, "leave it out: the model reads one text", setting=name, value=value)
