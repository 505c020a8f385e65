"""The shell around commands without sentences: lines or JSON out, remarks beside, progress where it takes long."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from rich.text import Text

from attncli.cli.options import COLORS, AnswerOptions, OutputOptions
from attncli.cli.output import open_sink, say
from attncli.cli.progress import Progress, progress_bar
from attncli.cli.terminal import detect_screen
from attncli.settings.explanation import check_choice
from attncli.vectors import Vectors, open_vectors
from attncli.views.screen import Screen

Made = TypeVar("Made")
UNWRAPPED = 100_000  # cells


def answer(lines_of: Callable[[Screen], Iterable[Text]], options: AnswerOptions) -> None:
    """Show lines, set for the screen that standard output is; in a pipe a line is as long as it has to be."""
    screen = detect_screen(check_choice("color", options.color, COLORS))
    if "COLUMNS" not in os.environ and not (sys.stdout and sys.stdout.isatty()):
        screen = replace(screen, width=UNWRAPPED)
    with open_sink(None) as sink:
        sink.lines(lines_of(screen), screen)


def answer_json(lines: Iterable[str]) -> None:
    """Write lines of JSON, each as it is made."""
    with open_sink(None) as sink:
        for line in lines:
            sink.json(line)


def opened(name_or_path: str | None, options: AnswerOptions | OutputOptions) -> Vectors:
    """Open a set; what there is to remark about it is said once."""
    with progressing(options) as progress:
        vectors = open_vectors(name_or_path, progress=progress)
    remark(vectors, options)
    return vectors


def remark(vectors: Vectors, options: AnswerOptions | OutputOptions) -> None:
    """Say what the user should know about a set that was just read."""
    for note in () if options.quiet else vectors.notes:
        say(f"note: {note}")


def announced(options: OutputOptions, make: Callable[[str, Progress], Made]) -> Callable[[str], Made]:
    """What makes something of a text, telling of work that takes long before it begins, with a bar from then on."""

    def made(text: str) -> Made:
        said: list[str] = []
        with progressing(options) as progress:

            def heard(what: str, done: int, total: int) -> None:
                if not said and not options.quiet:
                    say(f"note: {what}")
                said.append(what)
                progress("attending", done, total)

            return make(text, heard)

    return made


@contextmanager
def progressing(options: AnswerOptions | OutputOptions) -> Iterator[Progress]:
    """A bar for what takes long."""
    with progress_bar(check_choice("color", options.color, COLORS), options.quiet) as progress:
        yield progress
