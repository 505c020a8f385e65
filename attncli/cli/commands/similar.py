"""`attn similar`: how alike two texts are, and which of their words make them so."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.formats import chosen_format, offered
from attncli.cli.lazy import options
from attncli.cli.options import InputOptions, ModelOption, RecordOptions, check_alone, figure_field, output_option
from attncli.errors import UsageError
from attncli.settings.option import as_it_is
from attncli.settings.similarity import SimilarityOptions, check_similarity

if TYPE_CHECKING:
    from attncli.recipes.text_similarity import Similarity
    from attncli.settings.similarity import SimilaritySettings

EXAMPLES = """attn similar "The dog plays in the garden" "A puppy runs on the lawn"
attn similar "The dog plays in the garden" "A puppy runs on the lawn" --model my-model
attn similar "The dog plays in the garden" "A puppy runs on the lawn" --drop dog --json"""
EXAMPLE = "The dog plays in the garden", "A puppy runs on the lawn"
NAMES = "A", "B"  # of the texts in errors

FirstArgument = Annotated[
    str | None, typer.Argument(metavar="A", show_default=False, help="A text. Left out: an example.")
]
SecondArgument = Annotated[str | None, typer.Argument(metavar="B", show_default=False, help="The other text.")]


@dataclass(frozen=True)
class FormOptions(RecordOptions):
    """The form and the destination of similarities."""

    json: bool = output_option(False, "One JSON object a pair of texts (see: attn schema -h).")
    format: str | None = output_option(
        None, "The format, whatever the ending of -o.", values=tuple(offered("Similarity")), check=as_it_is
    )
    figure: str = figure_field()


@options(SimilarityOptions, InputOptions, ModelOption, FormOptions)
def command(
    similarity: SimilarityOptions,
    words: InputOptions,
    model: ModelOption,
    output: FormOptions,
    context: typer.Context,
    a: FirstArgument = None,
    b: SecondArgument = None,
) -> None:
    """Compare two texts: how alike they are, and which of their words make them so."""
    check_alone(context, model, untrained=("vectors", "unknown"))
    form = chosen_format("Similarity", output, output.figure)
    given = vars(similarity) | ({} if model.model else {"unknown": words.unknown})
    settings = check_similarity(with_model=model.model is not None, **given)
    texts = _texts(a, b, output)
    from attncli.cli.writing import write_one

    write_one(lambda: _compared(texts, settings, words, model, output), form, output, figure=output.figure)


def _texts(a: str | None, b: str | None, output: FormOptions) -> tuple[str, str]:
    """The two texts, or those of the example."""
    if a is not None and b is not None:
        return a, b
    if a is not None:
        hint = f'for example attn similar "{EXAMPLE[0]}" "{EXAMPLE[1]}"'
        raise UsageError("expected a second text", hint, setting="A", value=a)
    from attncli.cli.output import say

    if not output.quiet:
        say('no texts given, so here is an example: attn similar "{}" "{}"'.format(*EXAMPLE))
    return EXAMPLE


def _compared(
    texts: tuple[str, str],
    settings: "SimilaritySettings",
    words: InputOptions,
    model: ModelOption,
    output: FormOptions,
) -> "Similarity":
    """The similarity of two texts by the vectors or the model."""
    from attncli.cli.reading import opened_model, opened_sets
    from attncli.recipes.text_similarity import similar_by_model, similar_with

    if model.model is not None:
        found = similar_by_model(*texts, settings, opened_model(model.model), NAMES)
        return replace(found, named=model.model)
    found = similar_with(*texts, settings, opened_sets(words.vectors, output), NAMES)
    return replace(found, named=words.vectors)
