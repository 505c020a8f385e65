"""The pace of work of a known size: a bar where one can be drawn, elsewhere a line now and then."""

import sys
import time
from types import TracebackType
from typing import Self

from attncli.cli.output import say
from attncli.cli.progress import progress_bar
from attncli.cli.terminal import can_draw

EVERY = 30  # seconds between lines


class Pace:
    """Shows how much is done, by a bar or by lines, or not at all with `quiet`."""

    def __init__(self, color: str, quiet: bool) -> None:
        self._drawn, self._quiet = can_draw(color, sys.stderr), quiet
        self._bar = progress_bar(color, quiet)
        self._work = ""
        self._began = self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        self._advance = self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def begin(self, work: str) -> None:
        """The work from now on; other work than before has a speed of its own."""
        if work != self._work:
            self._work, self._began = work, time.monotonic()

    def rate(self, count: int) -> float:
        """So many a second since it began."""
        return count / max(time.monotonic() - self._began, 1e-9)

    def show(self, text: str, done: int, whole: int) -> None:
        """So much is done; `text` says how many of what."""
        self._advance(text, done, max(whole, 1))
        now = time.monotonic()
        if not self._drawn and not self._quiet and now - self._spoke >= EVERY:
            self._spoke = now
            left = f", {(now - self._began) * (whole - done) / done:,.0f} s left" if done else ""
            say(f"{done / max(whole, 1):4.0%}  {text}{left}")
