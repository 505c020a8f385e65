"""`attn compare`: several similarity methods side by side against one of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import (
    DRAWN,
    SCREENS,
    InputOptions,
    ModelOption,
    OutputOptions,
    SentenceArgument,
    check_alone,
    model_names,
    scale_field,
)
from attncli.errors import Setting, UsageError
from attncli.settings.effect import AnyOf, Without, Written
from attncli.settings.explanation import METHODS, AttentionOptions, CutOption, attention_option, check_methods
from attncli.settings.figure import FigureOptions
from attncli.settings.model import AblationOptions, HeadOptions, ReadingOptions, TextOptions, model_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from attncli.recipes.comparison import Comparison
    from attncli.recipes.model_comparison import ModelComparison

EXAMPLES = """attn compare "Bark is very cute and he is a dog"
attn compare "The king spoke and the queen answered" --method dot --against cosine
attn compare "Bark is very cute and he is a dog" --model my-model --swap he=she"""


@dataclass(frozen=True)
class CompareOptions(CutOption):
    """Words that are cut apart, and the methods that are compared."""

    against: tuple[str, ...] = attention_option(
        (),
        "A method held against --method; repeatable [default: all others].",
        check=check_methods,
        metavar="METHOD",
        values=METHODS,
        typed=list[str],
    )


@dataclass(frozen=True)
class OtherOptions:
    """The other side of a comparison of models."""

    against_model: str | None = model_option(
        None, "Another checkpoint, head by head.", metavar="PATH|NAME", values=model_names
    )
    swap: str | None = model_option(None, "The sentence with a changed word.", metavar="OLD=NEW")


@dataclass(frozen=True)
class ComparedModels(HeadOptions, AblationOptions, OtherOptions, ReadingOptions, TextOptions, ModelOption):
    """The models, or the changed word, and the heads that are compared."""


@dataclass(frozen=True)
class CompareOutput(OutputOptions):
    """The form and the destination of comparisons."""

    color_scale: str = scale_field(needs=[Written((*SCREENS, *DRAWN)), AnyOf((Without("model"), Written(DRAWN)))])


@options(CompareOptions, AttentionOptions, InputOptions, ComparedModels, FigureOptions, CompareOutput)
def command(
    own: CompareOptions,
    attention: AttentionOptions,
    words: InputOptions,
    models: ComparedModels,
    figure: FigureOptions,
    output: CompareOutput,
    context: typer.Context,
    sentence: SentenceArgument = None,
) -> None:
    """Hold several similarity methods against one of them, or two models, or a changed word, head by head."""
    check_alone(context, models, ["against"])
    record = "Comparison" if models.model is None else "ModelComparison"
    if models.model is not None:
        _check_models(models, figure.figure)
    form = chosen_format(record, output, figure.figure)
    from attncli.cli.writing import write_each  # NumPy comes with what follows: not for help and completion

    make = _methods(attention, words, output, own) if models.model is None else _models(models, output, own)
    raise typer.Exit(write_each(sentence, make, form, output, figure=figure))


def _methods(
    attention: AttentionOptions, words: InputOptions, output: OutputOptions, own: CompareOptions
) -> "Callable[[str], Comparison]":
    """The function that compares similarity methods on a sentence."""
    from attncli.cli.reading import opened_sets, settings_of
    from attncli.recipes.comparison import compare_with

    settings, vectors = settings_of(attention, words, output, cut=own.cut), opened_sets(words.vectors, output)
    return lambda text: compare_with(text, settings, vectors, own.against)


def _check_models(models: ComparedModels, figure: str) -> None:
    """Check that a model is compared with one thing, and that the figure can show heads."""
    if models.against_model is not None and models.swap is not None:
        reason = "expected one thing to compare with, got a changed word too"
        raise UsageError(reason, "leave one of the two out", setting="against_model", value=models.against_model)
    if models.against_model is None and models.swap is None:
        hint = ("add either ", Setting("against_model", "NAME"), " or ", Setting("swap", "he=she"))
        raise UsageError("expected something to compare with", hint, setting="model", value=models.model)
    if figure == "arcs":
        reason = "arcs are drawn between words, and here heads are compared"
        raise UsageError(reason, "leave it out: a map of the heads", setting="figure", value=figure)


def _models(models: ComparedModels, output: OutputOptions, own: CompareOptions) -> "Callable[[str], ModelComparison]":
    """The function that compares two models on a sentence, or one model on the sentence and its changed twin."""
    from attncli.cli.reading import model_settings_of, opened_model
    from attncli.recipes.model_comparison import compare_models_with, compare_swap

    choice = model_settings_of(models, cut=own.cut, top=output.top)
    model, swap = opened_model(models.model or ""), models.swap
    if swap is not None:
        return lambda text: compare_swap(text, model, swap, choice)
    against = opened_model(models.against_model or "")
    return lambda text: compare_models_with(text, model, against, choice)
