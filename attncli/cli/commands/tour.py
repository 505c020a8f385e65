"""`attn tour`: short screens about attention, on a sentence of the reader's."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import options
from attncli.cli.options import DisplayOptions, VectorOption, output_option
from attncli.settings.effect import Without
from attncli.settings.option import as_it_is
from attncli.tour import SCREENS, numbered

if TYPE_CHECKING:
    from attncli.cli.tour_guide import Guide

EXAMPLES = """attn tour
attn tour "She sat on the river bank"
attn tour "The king speaks and they listen" --no-input
attn tour --screen positions"""


@dataclass(frozen=True)
class TourOptions(VectorOption):
    """The vector set, and the screens that are shown."""

    screen: str | None = output_option(
        None,
        f"One screen only: {', '.join(SCREENS)}, or its number.",
        check=as_it_is,
        metavar="NAME|N",
        values=tuple(SCREENS),
        described="all",
    )
    no_input: bool = output_option(
        False, "All screens at once, without waiting for a key; so in pipes anyway.", needs=[Without("screen")]
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
    """Walk through attention in short screens, every number computed from your sentence: eight basics, then more."""
    from attncli.cli.reading import (  # Rich and NumPy come with what follows: not for help
        EXAMPLE,
        each_sentence,
        is_batch,
    )

    chosen = None if own.screen is None else numbered(own.screen, SCREENS)
    guide = _guide(own.vectors, display)
    if chosen is None and not own.no_input and not is_batch(sentence) and _is_conversation():
        guide.walk(EXAMPLE.sentence if sentence is None else sentence)
        return
    numbers = range(1, len(SCREENS) + 1) if chosen is None else (chosen,)
    raise typer.Exit(each_sentence(sentence, lambda text, _: guide.show(text, numbers), quiet=True))


def _guide(vectors: str | None, display: DisplayOptions) -> "Guide":
    from attncli.cli.reading import opened_sets
    from attncli.cli.tour_guide import Guide

    return Guide(opened_sets(vectors, display), vectors, display.color)


def _is_conversation() -> bool:
    """Whether there is someone to press a key: a terminal on both sides."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
