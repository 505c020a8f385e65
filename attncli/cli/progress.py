"""A bar with the time left for work that takes long: on a terminal's standard error only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that takes what is being done, how much is done, and how much there is.

    Rich's bar is imported at the first call: a command that finds its vectors kept never pays for it. Where standard
    error is no terminal nothing is drawn.
    """
    bars: list[Any] = []

    def advance(what: str, done: int, total: int) -> None:
        if not bars:
            bars.append(_bar(quiet))
            bars[0].start()
            bars[0].add_task(what, total=total)
        bars[0].update(bars[0].task_ids[0], description=what, completed=done, total=total)

    try:
        yield advance
    finally:
        for bar in bars:
            bar.stop()


def _bar(quiet: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not terminal)
