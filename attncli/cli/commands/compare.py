"""`attn compare`: several similarity methods side by side against one of them."""

from dataclasses import dataclass
from typing import Annotated

import typer

from attncli.cli.documents import comparison_documents, model_comparison_documents
from attncli.cli.lazy import options
from attncli.cli.model_options import Heads, Layers, ModelName, check_alone, model_option, opened_model
from attncli.cli.options import (
    AttentionOptions,
    Figure,
    InputOptions,
    OutputOptions,
    SentenceArgument,
    attention_option,
)
from attncli.errors import Setting, UsageError
from attncli.settings.explanation import METHODS

EXAMPLES = """attn compare "Bark is very cute and he is a dog"
attn compare "The king spoke and the queen answered" --method dot --against cosine
attn compare "Bark is very cute and he is a dog" --model my-model --swap he=she"""
Against = Annotated[
    list[str] | None,
    attention_option(
        "--against", "A method held against --method; repeatable [default: all others].", "METHOD", METHODS
    ),
]


@dataclass(frozen=True)
class ComparedModels:
    """Which models, or which word is changed, and the heads that are held against each other."""

    model: ModelName = None
    against_model: Annotated[
        str | None, model_option("--against-model", "Another checkpoint, head by head.", "PATH|NAME")
    ] = None
    swap: Annotated[str | None, model_option("--swap", "The sentence with a changed word.", "OLD=NEW")] = None
    layer: Layers = None
    head: Heads = None


@options(AttentionOptions, InputOptions, ComparedModels, OutputOptions)
def command(
    attention: AttentionOptions,
    words: InputOptions,
    models: ComparedModels,
    output: OutputOptions,
    context: typer.Context,
    sentence: SentenceArgument = None,
    against: Against = None,
    figure: Figure = "heat",
) -> None:
    """Hold several similarity methods against one of them, or two models, or a changed word, head by head."""
    check_alone(context, models, ["against"])
    if models.model is not None:
        raise typer.Exit(_compare_models(models, output, sentence, figure))
    documents = comparison_documents(output, figure)
    from attncli.cli.showing import Show, settings_of, vectors_of  # NumPy comes with these: not for help, completion
    from attncli.recipes.comparison import compare_with
    from attncli.views.records.json import comparison_json
    from attncli.views.records.rows import comparison_rows
    from attncli.views.terminal.compare import compare_lines

    settings, vectors = settings_of(attention, words, output), vectors_of(words, output)
    show = Show(
        lambda text: compare_with(text, settings, vectors, tuple(against or ())),
        lambda comparison: comparison.methods[0].explanation.sentences,
        lambda comparison: comparison_json(comparison, precision=output.precision),
        compare_lines,
        comparison_rows,
        documents,
    )
    raise typer.Exit(show.each(sentence, output))


def _compare_models(models: ComparedModels, output: OutputOptions, sentence: str | None, figure: str) -> int:
    """Two models, or one on a sentence and its changed twin."""
    if models.against_model is not None and models.swap is not None:
        reason = "expected one thing to compare with, got a changed word too"
        raise UsageError(reason, "leave one of the two out", setting="against_model", value=models.against_model)
    if models.against_model is None and models.swap is None:
        hint = ("add either ", Setting("against_model", "NAME"), " or ", Setting("swap", "he=she"))
        raise UsageError("expected something to compare with", hint, setting="model", value=models.model)
    documents = model_comparison_documents(output, figure)
    from attncli.cli.showing import Show
    from attncli.recipes.model_comparison import ModelComparison, compare_models, compare_swap
    from attncli.settings.model import check_model_settings
    from attncli.views.records.rows import model_comparison_rows
    from attncli.views.terminal.model_compare import model_compare_lines, model_comparison_json

    choice = check_model_settings(layer=models.layer, head=models.head, top=output.top)
    model = opened_model(models.model or "")
    against = opened_model(models.against_model) if models.against_model is not None else model

    def make(text: str) -> ModelComparison:
        if models.swap is not None:
            return compare_swap(text, model, models.swap, choice)
        return compare_models(text, model, against, choice)

    show = Show(
        make,
        lambda made: made.sentences,
        lambda made: model_comparison_json(made, output.precision),
        model_compare_lines,
        model_comparison_rows,
        documents,
    )
    return show.each(sentence, output)
