"""The shell around the commands of `attn vectors`: lines or JSON out, remarks beside, progress where it takes long."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.text import Text

from attncli.cli.options import COLORS
from attncli.cli.output import open_sink, say
from attncli.cli.progress import progress_bar
from attncli.cli.terminal import detect_screen
from attncli.cli.vectors.options import AnswerOptions
from attncli.settings import check_choice
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.keeping import kept_as
from attncli.views.screen import Screen
from attncli.views.vectors import done_lines, form, size

UNWRAPPED = 100_000  # cells

Progress = Callable[[str, int, int], None]


def answer(lines_of: Callable[[Screen], Iterable[Text]], options: AnswerOptions) -> None:
    """Show lines, set for the screen that standard output is; in a pipe a line is as long as it has to be."""
    screen = detect_screen(check_choice("--color", options.color, COLORS))
    if "COLUMNS" not in os.environ and not (sys.stdout and sys.stdout.isatty()):
        screen = replace(screen, width=UNWRAPPED)
    with open_sink(None) as sink:
        sink.lines(lines_of(screen), screen)


def answer_json(lines: Iterable[str]) -> None:
    """Write lines of JSON, each as it is made."""
    with open_sink(None) as sink:
        for line in lines:
            sink.json(line)


def done(text: str, options: AnswerOptions, then: str = "") -> None:
    """Say what was done, and what can be done next."""
    answer(lambda screen: done_lines(text, screen, then), options)


def done_keeping(vectors: Vectors, options: AnswerOptions) -> None:
    """Say what is kept now, and how to use it; what is remarkable about it stands on standard error."""
    remark(vectors, options)
    held = f"{form(vectors.words, vectors.dimensions)}, {size(kept_as(vectors.name, vectors).size)}"
    done(f"kept as {vectors.name}: {held}", options, f'use it: attn explain "a sentence" --vectors {vectors.name}')


def opened(name_or_path: str | None, options: AnswerOptions) -> Vectors:
    """Open a set; what there is to remark about it is said once."""
    with progressing(options) as progress:
        vectors = open_vectors(name_or_path, progress=progress)
    remark(vectors, options)
    return vectors


def remark(vectors: Vectors, options: AnswerOptions) -> None:
    """Say what the user should know about a set that was just read."""
    for note in () if options.quiet else vectors.notes:
        say(f"note: {note}")


@contextmanager
def progressing(options: AnswerOptions) -> Iterator[Progress]:
    """A bar for what takes long."""
    with progress_bar(options.quiet) as progress:
        yield progress
