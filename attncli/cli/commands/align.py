"""`attn align`: which words of a sentence and of its translation belong together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import ModelOption, RecordOptions, check_alone, figure_field, output_option, vectors_field
from attncli.errors import UsageError
from attncli.settings.alignment import AlignmentOptions, check_alignment
from attncli.settings.explanation import UnknownOption
from attncli.vectors.places import WORLD

if TYPE_CHECKING:
    from attncli.recipes.alignment import Alignment

    Make = Callable[[str, str], Alignment]

EXAMPLES = """attn align "the white house" "la maison blanche"
attn align "the white house" "la maison blanche" --links grow-diag-final --json
attn align "the white house" "la maison blanche" --model my-model --layer 1"""
EXAMPLE = "the dog is very cute", "le chien est très mignon"
NAMES = "SOURCE", "TARGET"  # of the sentences in errors

SourceArgument = Annotated[
    str | None, typer.Argument(metavar="SOURCE", show_default=False, help="A sentence. Left out: an example.")
]
TargetArgument = Annotated[str | None, typer.Argument(metavar="TARGET", show_default=False, help="Its translation.")]


@dataclass(frozen=True)
class WordOptions(UnknownOption):
    """The vector set, and the treatment of words that it lacks."""

    vectors: str | None = vectors_field(described=WORLD)


@dataclass(frozen=True)
class FormOptions(RecordOptions):
    """The form and the destination of alignments."""

    json: bool = output_option(False, "One JSON object a pair of sentences (see: attn schema -h).")
    figure: str = figure_field()
    full: bool = output_option(False, "With --json: the similarity and the scores too.")


@options(AlignmentOptions, WordOptions, ModelOption, FormOptions)
def command(
    alignment: AlignmentOptions,
    words: WordOptions,
    model: ModelOption,
    output: FormOptions,
    context: typer.Context,
    source: SourceArgument = None,
    target: TargetArgument = None,
) -> None:
    """Align the words of two languages: the links between a sentence and its translation."""
    check_alone(context, model, untrained=("vectors", "unknown"))
    form = chosen_format("Alignment", output, output.figure)
    from attncli.cli.output import say
    from attncli.cli.writing import write_one  # NumPy comes with what follows: not for help and completion

    if source is None:
        source, target = EXAMPLE
        if not output.quiet:
            say(f'no sentences given, so here is an example: attn align "{source}" "{target}"')
    if target is None:
        hint = f'for example attn align "{EXAMPLE[0]}" "{EXAMPLE[1]}"'
        raise UsageError("expected a second sentence", hint, setting="SOURCE", value=source)
    make = _with_vectors(alignment, words, output) if model.model is None else _with_model(alignment, model.model)
    pair = source, target
    write_one(lambda: make(*pair), form, output, full=output.full, figure=output.figure)


def _with_vectors(alignment: AlignmentOptions, words: WordOptions, output: RecordOptions) -> "Make":
    """The function that aligns two sentences by word vectors."""
    from attncli.cli.reading import opened_vectors
    from attncli.recipes.alignment import align_with

    settings = check_alignment(**vars(alignment), unknown=words.unknown)
    vectors = opened_vectors(words.vectors or WORLD, output)
    return lambda source, target: align_with(source, target, settings, vectors, NAMES)


def _with_model(alignment: AlignmentOptions, name: str) -> "Make":
    """The function that aligns two sentences by the output of a model's layer."""
    from attncli.cli.reading import opened_model
    from attncli.recipes.alignment import align_by_model

    settings, model = check_alignment(with_model=True, **vars(alignment)), opened_model(name)
    return lambda source, target: align_by_model(source, target, settings, model, NAMES)
