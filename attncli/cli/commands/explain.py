"""`attn explain`: the matrix, the ranked context words, and each step."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import (
    DRAWN,
    SCREENS,
    InputOptions,
    ModelOptions,
    OutputOptions,
    SentenceArgument,
    check_alone,
    full_field,
    output_option,
    scale_field,
)
from attncli.errors import Setting, UsageError
from attncli.settings.effect import AnyOf, With, Without, Written
from attncli.settings.explanation import AttentionOptions, CutOption, WordOption
from attncli.settings.figure import HeadFigureOptions
from attncli.settings.model import COMBINE, GenerateOption
from attncli.settings.option import again
from attncli.views.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from attncli.recipes.explanation import Explanation

    Make = Callable[[str], Explanation]

EXAMPLES = """attn explain "Bark is very cute and he is a dog"
attn explain "She sat on the river bank" --word bank
attn explain "He gave the dog a bone" --mode multihead --heads 2 --seed 1
attn explain "Bark is very cute and he is a dog" --model my-model --layer 1 --head 3
printf 'one sentence\\na line\\n' | attn explain - --json"""


@dataclass(frozen=True)
class ExplainOptions(GenerateOption, CutOption, WordOption):
    """The close-up, words that are cut apart, a text that goes on, and the extent of the output."""

    full: bool = full_field("With --json: queries, keys, values, outputs, the scores' terms and neighbours too.")
    word: str | None = again(WordOption, "word", needs=[Written((*SCREENS, *DRAWN, "json"))])
    numbers: bool = output_option(
        False,
        "On the map of a model's heads: distances, entropies and shares in place of pictures.",
        needs=[With("model"), Without("word"), With("combine", COMBINE[:1]), Written(SCREENS)],
    )


#: The conditions for a matrix of a model in place of a map of its heads.
ONE_MATRIX = (Without("model"), With("head"), With("combine", COMBINE[1:]))


@dataclass(frozen=True)
class ExplainOutput(OutputOptions):
    """The form and the destination of explanations."""

    long: bool = output_option(
        False, "The whole page, however high the terminal is; so in files and pipes.", needs=[Written(("txt",))]
    )
    top: int = again(
        OutputOptions,
        "top",
        needs=[  # a page has it in the command that it lets copy
            Written((*SCREENS, "json", "html")),
            AnyOf((*ONE_MATRIX, With("word"), Written(("json",)), Written(("html",)))),
        ],
    )
    color_scale: str = scale_field(
        needs=[
            Written((*SCREENS, *DRAWN)),
            AnyOf((Without("word"), Written(DRAWN))),
            AnyOf((*ONE_MATRIX, Written(DRAWN))),
        ]
    )


@options(ExplainOptions, AttentionOptions, InputOptions, ModelOptions, HeadFigureOptions, ExplainOutput)
def command(
    own: ExplainOptions,
    attention: AttentionOptions,
    inputs: InputOptions,
    model: ModelOptions,
    figure: HeadFigureOptions,
    output: ExplainOutput,
    context: typer.Context,
    sentence: SentenceArgument = None,
) -> None:
    """Show which words attend to which, and every step."""
    check_alone(context, model)
    form = chosen_format("Explanation", output, figure.figure)
    from attncli.cli.writing import write_each  # NumPy comes with what follows: not for help and completion

    with_vectors = model.model is None
    if with_vectors and own.generate is not None:
        hint = ("add ", Setting("model", "PATH_OR_NAME"))
        raise UsageError("expected a model with it", hint, setting="generate", value=own.generate)
    make = _with_vectors(attention, inputs, output, own) if with_vectors else _with_model(model, output, own, form)
    raise typer.Exit(write_each(sentence, make, form, output, full=own.full, figure=figure, numbers=own.numbers))


def _with_vectors(
    attention: AttentionOptions, inputs: InputOptions, output: OutputOptions, own: ExplainOptions
) -> "Make":
    """The function that explains a sentence with word vectors."""
    from attncli.cli.progress import announced
    from attncli.cli.reading import opened_sets, settings_of
    from attncli.recipes.explaining import explain_with

    settings, vectors = (
        settings_of(attention, inputs, output, word=own.word, cut=own.cut),
        opened_sets(inputs.vectors, output),
    )
    return announced(output, lambda text, progress: explain_with(text, settings, vectors, progress))


def _with_model(options: ModelOptions, output: OutputOptions, own: ExplainOptions, form: Format) -> "Make":
    """The function that explains a sentence with the heads of a model, with all arrays where they are written."""
    from attncli.cli.reading import model_settings_of, opened_model
    from attncli.recipes.model_explaining import explain_model_with

    settings = model_settings_of(options, word=own.word, cut=own.cut, generate=own.generate, top=output.top)
    model = opened_model(options.model or "")
    return lambda text: explain_model_with(text, model, settings, whole=not form.paged)
