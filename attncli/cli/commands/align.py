"""`attn align`: which words of a sentence and of its translation belong together."""

from dataclasses import dataclass
from typing import Annotated

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import ModelOption, RecordOptions, output_option, vectors_field
from attncli.errors import UsageError
from attncli.settings.alignment import AlignmentOptions
from attncli.settings.explanation import UnknownOption
from attncli.vectors.places import WORLD

EXAMPLES = """attn align "the white house" "la maison blanche"
attn align "the white house" "la maison blanche" --links grow-diag-final --json"""
EXAMPLE = "the dog is very cute", "le chien est très mignon"

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

    full: bool = output_option(False, "With --json: the similarity and the scores too.")


@options(AlignmentOptions, WordOptions, ModelOption, FormOptions)
def command(
    alignment: AlignmentOptions,
    words: WordOptions,
    model: ModelOption,
    output: FormOptions,
    source: SourceArgument = None,
    target: TargetArgument = None,
) -> None:
    """Align the words of two languages: the links between a sentence and its translation."""
    form = chosen_format("Alignment", output)
    from attncli.cli.output import say
    from attncli.cli.reading import opened_vectors  # NumPy comes with what follows: not for help and completion
    from attncli.cli.writing import write_one
    from attncli.recipes.alignment import Alignment, align_with
    from attncli.settings.alignment import check_alignment

    settings = check_alignment(**vars(alignment), unknown=words.unknown)
    if source is None:
        source, target = EXAMPLE
        if not output.quiet:
            say(f'no sentences given, so here is an example: attn align "{source}" "{target}"')
    if target is None:
        hint = f'for example attn align "{EXAMPLE[0]}" "{EXAMPLE[1]}"'
        raise UsageError("expected a second sentence", hint, setting="SOURCE", value=source)
    vectors = opened_vectors(words.vectors or WORLD, output)

    def make() -> Alignment:
        return align_with(source or "", target or "", settings, vectors, ("SOURCE", "TARGET"))

    write_one(make, form, output, full=output.full)
