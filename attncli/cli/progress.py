"""A bar with the time left for work that takes long: only on a terminal that may be drawn on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attncli.cli.output import told
from attncli.cli.terminal import can_draw

Progress = Callable[[str, int, int], None]


@contextmanager
def progress_bar(color: str = "auto", quiet: bool = False) -> Iterator[Progress]:
    """Give a function that takes what is being done, how much is done, and how much there is.

    Rich's bar is imported at the first call: a command that finds its vectors kept never pays for it. Where standard
    error cannot be drawn on nothing is.
    """
    bars: list[Any] = []

    def advance(what: str, done: int, total: int) -> None:
        what = told(what, sys.stderr)
        if not bars:
            bar = _bar()
            bar.add_task(what, total=total)
            bar.start()
            bars.append(bar)  # only now: an interrupt before leaves nothing to be stopped
        bars[0].update(bars[0].task_ids[0], description=what, completed=done, total=total)

    try:
        yield advance if can_draw(color, sys.stderr) and not quiet else _draw_nothing
    finally:
        for bar in bars:
            bar.stop()


def _draw_nothing(what: str, done: int, total: int) -> None:
    pass


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
