"""`attn predict`: the next token behind a text, the words in the place of masks, the labels of a text."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import ModelOption, OutputOptions, SentenceArgument, scale_field
from attncli.errors import Setting, UsageError
from attncli.settings.effect import AnyOf, With, Without, Written
from attncli.settings.explanation import TopOption
from attncli.settings.figure import FIGURED, PictureOptions
from attncli.settings.model import LensOptions, PredictionOptions
from attncli.settings.option import again

if TYPE_CHECKING:
    from attncli.recipes.logit_lens import Lens
    from attncli.recipes.prediction import Prediction

RECORDS = ("json", "csv", "npz")
EXAMPLES = """attn predict "The dog is a [MASK]" --model my-model
attn predict "The dog is a [MASK]" --model my-model --top 20 --json
attn predict "The dog is a [MASK]" --model my-model --lens
attn predict "The dog is a [MASK]" --model my-model --without 1.0
attn predict "Once upon a time" --model my-decoder --generate 50 --sample 0.8"""


@dataclass(frozen=True)
class PredictOptions(LensOptions, PredictionOptions, ModelOption):
    """The model, its texts, and what is done to it."""


@dataclass(frozen=True)
class AnswerOutput(OutputOptions):
    """The form and the destination of answers."""

    top: int = again(
        TopOption,
        "top",
        needs=[
            AnyOf((Without("lens"), Written((*RECORDS, *FIGURED)))),
            AnyOf((Without("lens_all"), Written(RECORDS))),
            AnyOf((Without("generate"), Written(RECORDS))),
        ],
    )
    color_scale: str = scale_field(needs=[AnyOf((With("lens"), With("lens_all"))), Written(FIGURED)])


@options(PredictOptions, PictureOptions, AnswerOutput)
def command(
    predicted: PredictOptions, figure: PictureOptions, output: AnswerOutput, sentence: SentenceArgument = None
) -> None:
    """Show what a model says: the next token, the words in the place of masks, or its labels."""
    if predicted.model is None:
        raise UsageError("attn predict needs a model", ("add ", Setting("model", "PATH_OR_NAME")))
    looks, every = predicted.lens or predicted.lens_all, predicted.lens_all
    if looks and predicted.generate is not None:
        reason = "expected the answer of every layer, or a text that goes on, got both"
        raise UsageError(reason, ("leave out ", Setting("lens")), setting="generate", value=predicted.generate)
    form = chosen_format("Lens" if looks else "Prediction", output)
    from attncli.cli.reading import Example, model_settings_of, opened_model  # NumPy comes with what follows
    from attncli.cli.writing import write_each
    from attncli.recipes.logit_lens import lens_with
    from attncli.recipes.prediction import example_of, predict_with

    settings, model = model_settings_of(predicted, top=output.top), opened_model(predicted.model)
    example = Example("predict", example_of(model))
    if predicted.generate is not None and form.name == "txt":
        from attncli.cli.streaming import stream_each  # which shows the text as it comes
        from attncli.recipes.continuation import Continuation

        raise typer.Exit(stream_each(sentence, lambda text: Continuation(text, model, settings), output, example))

    def make(text: str) -> "Prediction | Lens":
        return lens_with(text, model, settings, every=every) if looks else predict_with(text, model, settings)

    raise typer.Exit(write_each(sentence, make, form, output, figure=figure, example=example))
