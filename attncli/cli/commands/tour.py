"""`attn tour`: short screens about attention, on a sentence of the reader's."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import options
from attncli.cli.options import DisplayOptions, ModelOption, VectorOption, input_option, output_option
from attncli.errors import Setting, UsageError, Words
from attncli.settings.effect import AnyOf, With, Without
from attncli.settings.option import as_it_is, check_text
from attncli.tour import MODEL_SCREENS, OF_MODEL, OF_VECTORS, SCREENS, Lesson, numbered
from attncli.views.formats import offered

if TYPE_CHECKING:
    from attncli.cli.tour_guide import Guide

EXAMPLES = """attn tour
attn tour "She sat on the river bank"
attn tour "The king speaks and they listen" --no-input
attn tour --screen positions
attn tour "Bark is very cute and he is a dog" --screen crossing --memory "un chien mignon"
attn tour "She sat on the river bank" -o tour.html
attn tour "Bark is very cute and he is a dog" --model my-model"""


CROSSING = [*SCREENS].index("crossing") + 1


@dataclass(frozen=True)
class TourOptions(ModelOption, VectorOption):  # its fields are those of the last one first
    """The vector set or the model, and the screens that are shown."""

    screen: str | None = output_option(
        None,
        f"One screen only: {', '.join(SCREENS)}; with --model {', '.join(MODEL_SCREENS)}; or its number.",
        check=as_it_is,
        metavar="NAME|N",
        values=(*SCREENS, *MODEL_SCREENS),
        described="all",
    )
    memory: str | None = input_option(
        None,
        "The other sentence of the screen on cross-attention, in any language",
        check=check_text,
        metavar="SENTENCE",
        described="the sentence word by word in another language",
        needs=[Without("model"), AnyOf((With("screen", ("crossing", str(CROSSING))), Without("screen")))],
    )
    no_input: bool = output_option(
        False,
        "All screens at once, without waiting for a key; so in pipes and files anyway.",
        needs=[Without("screen"), Without("output")],
    )
    output: str | None = output_option(
        None,
        "Write to this file; its ending is the format: .html is one offline page.",
        names="-o --output",
        metavar="FILE",
    )
    format: str | None = output_option(
        None, "The format, whatever the ending of -o.", values=tuple(offered("WholeTour")), check=as_it_is
    )


@options(TourOptions, DisplayOptions)
def command(
    own: TourOptions,
    display: DisplayOptions,
    sentence: Annotated[
        str | None,
        typer.Argument(
            metavar="SENTENCE",
            show_default=False,
            help="What the tour is about; - reads standard input, a sentence a line. Left out: an example.",
        ),
    ] = None,
) -> None:
    """Walk through attention in short screens, every number computed from your sentence: eight basics, then more.

    With --model: the heads of a trained model on your sentence, found by what they do on it.
    """
    from attncli.cli.reading import (  # Rich and NumPy come with what follows: not for help
        EXAMPLE,
        each_sentence,
        is_batch,
    )

    lesson = OF_VECTORS if own.model is None else OF_MODEL
    numbers = _numbers(own, lesson)
    if own.output is not None or own.format is not None:
        raise typer.Exit(_write(own, display, sentence, numbers))
    guide = _guide(own, display)
    if own.screen is None and not own.no_input and not is_batch(sentence) and _is_conversation():
        guide.walk(EXAMPLE.sentence if sentence is None else sentence)
        return
    raise typer.Exit(each_sentence(sentence, lambda text, _: guide.show(text, numbers), quiet=True))


def _numbers(own: TourOptions, lesson: Lesson) -> range:
    """The screens that are asked for, from 1; UsageError: there is none of that number, or two lessons."""
    if own.model is not None and own.vectors is not None:
        hint = "leave one of the two out: a model has vectors of its own"
        raise UsageError("no meaning with a model", hint, setting="vectors", value=own.vectors)
    if own.screen is None:
        return lesson.numbers
    chosen = numbered(_of_lesson(own.screen, lesson), lesson.screens)
    return range(chosen, chosen + 1)


def _of_lesson(screen: str, lesson: Lesson) -> str:
    """The screen, if it is none of the other lesson; UsageError."""
    other = OF_MODEL if lesson is OF_VECTORS else OF_VECTORS
    if screen.casefold() in other.screens and screen.casefold() not in lesson.screens:
        hint: Words = ("add ", Setting("model", "PATH_OR_NAME")) if other is OF_MODEL else "leave the model out"
        raise UsageError("a screen of the other tour", hint, setting="screen", value=screen)
    return screen


def _write(own: TourOptions, display: DisplayOptions, sentence: str | None, numbers: range) -> int:
    """The screens in a file or a format; returns the exit code."""
    from attncli.cli.formats import chosen_format
    from attncli.cli.options import RecordOptions
    from attncli.cli.reading import EXAMPLE, Example
    from attncli.cli.writing import write_each

    output = RecordOptions(output=own.output, format=own.format, **vars(display))
    form, guide = chosen_format("WholeTour", output), _guide(own, display)
    example = Example("tour", EXAMPLE.sentence)
    return write_each(sentence, lambda text: guide.whole(text, numbers), form, output, example=example, lines=("txt",))


def _guide(own: TourOptions, display: DisplayOptions) -> "Guide":
    from functools import partial

    from attncli.cli.tour_guide import Guide

    if own.model is not None:
        from attncli.cli.reading import opened_model
        from attncli.tour.of_model.model_tour import model_tour_of

        made = partial(model_tour_of, model=opened_model(own.model), progress=partial(_told, display.quiet))
        return Guide(OF_MODEL, made, own.model, display.color)
    from attncli.cli.reading import opened_sets
    from attncli.tour.tour import tour_of

    toured = partial(tour_of, vectors=opened_sets(own.vectors, display), memory=own.memory)
    return Guide(OF_VECTORS, toured, own.vectors, display.color)


def _told(quiet: bool, work: str, done: int, total: int) -> None:
    """A note where long work begins."""
    if done == 0 and not quiet:
        from attncli.cli.output import say

        say(f"note: {work}")


def _is_conversation() -> bool:
    """Whether there is someone to press a key: a terminal on both sides."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
