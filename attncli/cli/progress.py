"""Progress of work that takes long: a bar on a terminal that may be drawn on, and a note before it begins."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from attncli.cli.options import DisplayOptions, RecordOptions
from attncli.cli.output import printable, say
from attncli.cli.terminal import can_draw

#: Takes the name of the work, the amount done, and the whole amount.
Progress = Callable[[str, int, int], None]
Made = TypeVar("Made")


@contextmanager
def progressing(options: DisplayOptions | RecordOptions) -> Iterator[Progress]:
    """A bar for work that takes long, unless `--color` or `--quiet` forbid it."""
    with progress_bar(options.color, options.quiet) as progress:
        yield progress


@contextmanager
def progress_bar(color: str = "auto", quiet: bool = False) -> Iterator[Progress]:
    """A bar that appears at the first call.

    Rich's bar is imported only then: a command that finds its vectors kept never pays for it. Nothing is drawn where
    standard error cannot be drawn on.
    """
    bars: list[Any] = []

    def advance(what: str, done: int, total: int) -> None:
        what = printable(what, sys.stderr)
        if not bars:
            bar = _bar()
            bar.add_task(what, total=total)
            bar.start()
            bars.append(bar)  # only now: an interrupt before leaves nothing to be stopped
        (task,) = bars[0].tasks
        if task.total != total:
            bars[0].reset(task.id, total=total)  # other work, of another speed
        bars[0].update(task.id, description=what, completed=done)

    try:
        yield advance if can_draw(color, sys.stderr) and not quiet else _draw_nothing
    finally:
        for bar in bars:
            bar.stop()


def announced(
    options: RecordOptions, make: Callable[[str, Progress], Made], name: str = "attending"
) -> Callable[[str], Made]:
    """A function of a text that prints a note when long work begins, and then shows a bar of this name."""

    def made(text: str) -> Made:
        noted: list[str] = []
        with progressing(options) as progress:

            def advance(what: str, done: int, total: int) -> None:
                if not noted and not options.quiet:
                    say(f"note: {what}")
                noted.append(what)
                progress(name, done, total)

            return make(text, advance)

    return made


def _draw_nothing(what: str, done: int, total: int) -> None:
    pass


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
