"""Text that a model says, written token by token as it comes."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from attncli.cli.options import OutputOptions
from attncli.cli.output import open_sink
from attncli.cli.reading import Example, each_sentence
from attncli.cli.terminal import detect_screen, wants_colour
from attncli.views.terminal.continuation import closing_lines, opening_lines, said_text

if TYPE_CHECKING:
    from attncli.recipes.continuation import Continuation


def stream_each(
    argument: str | None, begin: Callable[[str], "Continuation"], output: OutputOptions, example: Example
) -> int:
    """Write the text that is said behind each text of `argument`; returns the exit code."""
    screen, first = detect_screen(output.color, to_file=output.output is not None), [True]
    with open_sink(output.output) as sink:

        def write(text: str, line: int | None) -> None:
            continuation = begin(text)
            sink.lines([*([] if first.pop() else [Text()]), *opening_lines(continuation.opening, screen)], screen)
            first.append(False)
            with sink.running(screen) as running:
                for each in said_text(continuation, screen):
                    running(each)
            sink.lines(closing_lines(continuation.prediction, screen), screen)

        dim = wants_colour(output.color, sys.stderr)
        return each_sentence(argument, write, quiet=output.quiet, dim=dim, example=example)
