"""The options that belong to the command line alone, in groups that commands share, and the options of models."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any

import typer

from attncli.errors import Setting, UsageError
from attncli.settings.effect import Written
from attncli.settings.explanation import CSV, SCALES, AttentionOptions, TopOption, UnknownOption
from attncli.settings.figure import FIGURED
from attncli.settings.model import AblationOptions, HeadOptions, ReadingOptions, ReductionOptions, TextOptions
from attncli.settings.option import Whole, again, as_it_is, option
from attncli.vectors.places import kept_names
from attncli.views.formats import offered

SCREENS = ("txt", "screen.svg")
DRAWN = ("html", *FIGURED)
COLORS = ("auto", "always", "never")

SentenceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SENTENCE",
        show_default=False,
        help="The sentence; - reads standard input, a sentence a line. Left out: piped text, else an example.",
    ),
]


def model_names() -> list[str]:
    """The names of the models that are there; looked for where completion asks, not where a sentence is explained."""
    from attncli.models.checkpoint import places

    return places.model_names()


output_option = partial(option, "Output")
input_option = partial(option, "Words and vectors")
#: Fields that several groups have.
json_field = partial(output_option, False, "JSON, an object a line (see: attn schema -h).")
vectors_field = partial(
    input_option, None, "A kept set or a file", metavar="NAME|FILE", values=kept_names, described="attn-en"
)
model_field = partial(
    option,
    "Model",
    None,
    "A folder as Hugging Face saves it, or a name (see: attn models list).",
    metavar="PATH|NAME",
    values=model_names,
)
scale_field = partial(
    output_option,
    "auto",
    "The range of colours; auto: to the largest weight off the diagonal, of over 16 words to their 99.5th percentile.",
    values=SCALES,
    needs=[Written((*SCREENS, *DRAWN))],
)
color_field = partial(output_option, "auto", "When to use colour.", values=COLORS)
csv_field = partial(
    option,
    default="guarded",
    help="Text like a formula in CSV: a ' before it, or to the letter.",
    values=CSV,
    needs=[Written(("csv",))],
)
full_field = partial(output_option, False, needs=[Written(("json",))])
debug_field = partial(output_option, False, "Show the traceback of a fault of attn's own.")


@dataclass(frozen=True)
class JsonOption:
    """The form of a list."""

    json: bool = json_field()


@dataclass(frozen=True)
class VectorOption:
    """The vector set."""

    vectors: str | None = vectors_field()


@dataclass(frozen=True)
class InputOptions(UnknownOption, VectorOption):
    """The vector set, and the treatment of words that it lacks."""


@dataclass(frozen=True)
class ModelOption:
    """The model."""

    model: str | None = model_field()


@dataclass(frozen=True)
class RecordOptions:
    """The form and the destination of results without lists."""

    json: bool = output_option(False, "One JSON object a sentence (see: attn schema -h).")
    precision: int = output_option(6, "Decimals in JSON.", check=Whole(0, 17), metavar="N", needs=[Written(("json",))])
    color_scale: str = scale_field()
    color: str = color_field()
    output: str | None = output_option(
        None, "Write to this file; its ending is the format, see --format.", names="-o --output", metavar="FILE"
    )
    format: str | None = output_option(
        None, "The format, whatever the ending of -o.", values=tuple(offered("Explanation")), check=as_it_is
    )
    csv: str = csv_field("Output")
    quiet: bool = output_option(False, "No remarks on standard error, only errors.", names="-q --quiet")
    debug: bool = debug_field()


@dataclass(frozen=True)
class OutputOptions(RecordOptions, TopOption):  # its fields are those of the last one first
    """The form and the destination of results."""

    top: int = again(TopOption, "top", needs=[Written((*SCREENS, "json"))])


@dataclass(frozen=True)
class DisplayOptions:
    """The display of results, and whether remarks are printed."""

    color: str = color_field()
    quiet: bool = output_option(False, "No remarks or progress on standard error, only errors.", names="-q --quiet")
    debug: bool = debug_field()


UNTRAINED = (*(each.name for each in fields(AttentionOptions)), *(each.name for each in fields(InputOptions)))


@dataclass(frozen=True)
class ChosenHeads(HeadOptions, ReadingOptions, ModelOption):
    """The model, its reading of texts, and the layers and heads that are looked at."""


@dataclass(frozen=True)
class ModelOptions(ReductionOptions, HeadOptions, AblationOptions, ReadingOptions, TextOptions, ModelOption):
    """The model, its texts, and the part of it that is shown; the fields but `model` are those of ModelSettings."""


def check_alone(
    context: typer.Context, options: Any, besides: Sequence[str] = (), untrained: Sequence[str] = UNTRAINED
) -> None:
    """With a model the options of untrained attention mean nothing, and without one those of models; UsageError."""
    typed = [name for name in context.params if _was_typed(context, name)]
    if options.model is None:
        for name in vars(options):
            if name in typed:
                raise UsageError("expected a model with it", ("add ", Setting("model", "PATH_OR_NAME")), setting=name)
        return
    for name in (*untrained, *besides):
        if name in typed:
            hint = "leave it out: a model has its own heads, words and masks"
            raise UsageError("no meaning with a model", hint, setting=name)


def _was_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")
