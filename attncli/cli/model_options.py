"""The options behind `--model`, shared by the commands that look into one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

from attncli.cli.options import AttentionOptions, InputOptions, option
from attncli.errors import Setting, UsageError
from attncli.settings.model import COMBINE

UNTRAINED = (*(each.name for each in fields(AttentionOptions)), *(each.name for each in fields(InputOptions)))


def model_option(name: str, help: str, metavar: str | None = None, values: Sequence[str] = ()) -> Any:
    """An option of the panel about models."""
    return option("Model", name, help, metavar, values)


ModelName = Annotated[
    str | None, model_option("--model", "A folder as Hugging Face saves it, or a model of its cache.", "PATH|NAME")
]


Layers = Annotated[
    list[str] | None, model_option("--layer", "Layers, counted from 0: 3, or 0,4-7  [default: all]", "L")
]
Heads = Annotated[list[str] | None, model_option("--head", "Heads of each layer, counted from 0  [default: all]", "H")]


@dataclass(frozen=True)
class ModelOptions:
    """Which model, and what of it is shown; the fields but `model` are settings by name."""

    model: ModelName = None
    layer: Layers = None
    head: Heads = None
    combine: Annotated[
        str, model_option("--combine", "One matrix of the chosen layers and heads.", "|".join(COMBINE), COMBINE)
    ] = "none"
    words: Annotated[bool, model_option("--words", "Merge pieces into words.")] = False
    hide_special: Annotated[bool, model_option("--hide-special", "Leave out [CLS], <s> and the like.")] = False


def check_alone(context: typer.Context, options: Any, besides: Sequence[str] = ()) -> None:
    """With a model the options of untrained attention mean nothing, and without one those of models; UsageError."""
    typed = [name for name in context.params if _was_typed(context, name)]
    if options.model is None:
        for name in vars(options):
            if name in typed:
                raise UsageError("expected a model with it", ("add ", Setting("model", "PATH_OR_NAME")), setting=name)
        return
    for name in (*UNTRAINED, *besides):
        if name in typed:
            hint = "leave it out: a model has its own heads, words and masks"
            raise UsageError("no meaning with a model", hint, setting=name)


def _was_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")
