"""The progress of `attn train` on standard error: a bar, or a line for each held-out figure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from attncli.cli.options import DisplayOptions
from attncli.cli.output import say
from attncli.cli.progress import Progress as Advance
from attncli.cli.terminal import can_draw
from attncli.training.loop import Progress, Trained


class TrainProgress:
    """A bar where one can be drawn, elsewhere a line whenever there is a new held-out figure, and at least one."""

    def __init__(self, display: DisplayOptions, advance: Advance) -> None:
        self._quiet, self._advance = display.quiet, advance
        self._drawn = can_draw(display.color, sys.stderr)
        self._last: Progress | None = None
        self._held_out: float | None = None
        self._printed = self._kept = False

    def say(self, text: str, *, always: bool = False) -> None:
        """Print one line that stays; under --quiet only one that is `always` printed."""
        if always or not self._quiet:
            say(text, whole=True)

    def reading(self, sentences: int) -> None:
        """So many sentences have been read."""
        self._advance(f"read {sentences:,} sentences", 0, 1)

    def training(self, progress: Progress) -> None:
        """Rate, loss, and the held-out figure since it was first measured."""
        self._last = progress
        measured = progress.held_out is not None
        if measured:
            self._held_out = progress.held_out
        self._advance(self._text(progress), round(1000 * _share(progress)), 1000)
        if measured and not self._drawn:
            self._print(progress)

    @contextmanager
    def saying_if_nothing_is_kept(self) -> Iterator[None]:
        """Say so where an interrupt comes before there is anything to keep."""
        try:
            yield
        except KeyboardInterrupt:
            if not self._kept:
                self.say("interrupted before anything was learned; nothing is kept", always=True)
            raise

    def ended(self, trained: Trained) -> None:
        """Print the share of training that is done with the last figure, unless a line did so already."""
        self._kept = True
        if self._last is not None and not (self._printed or self._drawn):
            self._held_out = trained.held_out
            self._print(self._last)

    def _print(self, progress: Progress) -> None:
        self._printed = True
        self.say(f"{_share(progress):4.0%}  {self._text(progress)}")

    def _text(self, progress: Progress) -> str:
        held_out = "" if self._held_out is None else f", held-out MRR {self._held_out:.3f}"
        return f"{progress.tokens_a_second:,.0f} words/s, loss {progress.loss:.3f}{held_out}"


def _share(progress: Progress) -> float:
    return min(1, progress.done)
