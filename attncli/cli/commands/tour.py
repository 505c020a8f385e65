"""`attn tour`: eight short screens about attention, on a sentence of the reader's."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import options
from attncli.cli.options import AnswerOptions, VectorSet, output_option
from attncli.settings.explanation import check_whole
from attncli.tour import SCREENS

if TYPE_CHECKING:
    from attncli.cli.tour_guide import Guide

EXAMPLES = """attn tour
attn tour "She sat on the river bank"
attn tour "The king speaks and they listen" --no-input
attn tour --screen 5"""


@options(AnswerOptions)
def command(
    answers: AnswerOptions,
    sentence: Annotated[
        str | None,
        typer.Argument(
            metavar="SENTENCE",
            show_default=False,
            help="What the tour is about; - reads standard input, a sentence a line. Left out: an example.",
        ),
    ] = None,
    vectors: VectorSet = None,
    screen: Annotated[
        int | None, output_option("--screen", f"One screen only, 1 to {len(SCREENS)}  [default: all]", "N")
    ] = None,
    no_input: Annotated[
        bool, output_option("--no-input", "All screens at once, without waiting for a key; so in pipes anyway.")
    ] = False,
) -> None:
    """Walk through attention in eight short screens, every number computed from your sentence."""
    from attncli.cli.reading import (  # Rich and NumPy come with what follows: not for help
        EXAMPLE,
        each_sentence,
        is_batch,
    )

    only = None if screen is None else check_whole("screen", screen, 1, len(SCREENS))
    guide = _guide(vectors, answers)
    if only is None and not no_input and not is_batch(sentence) and _is_conversation():
        guide.walk(EXAMPLE if sentence is None else sentence)
        return
    numbers = range(1, len(SCREENS) + 1) if only is None else (only,)
    raise typer.Exit(each_sentence(sentence, lambda text, _: guide.show(text, numbers), quiet=True))


def _guide(vectors: str | None, answers: AnswerOptions) -> "Guide":
    from attncli.cli.options import COLORS
    from attncli.cli.reading import opened_vectors
    from attncli.cli.tour_guide import Guide
    from attncli.settings.explanation import check_choice

    color = check_choice("color", answers.color, COLORS)
    return Guide(opened_vectors(vectors, answers), vectors, color)


def _is_conversation() -> bool:
    """Whether there is someone to press a key: a terminal on both sides."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
