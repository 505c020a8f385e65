"""The progress of `attn corpus` on standard error, and the command that resumes the run after an interrupt."""

import shlex
import sys
import time
from collections.abc import Sequence
from types import TracebackType

from attncli.cli.options import DisplayOptions
from attncli.cli.output import say
from attncli.cli.progress import progress_bar
from attncli.cli.terminal import can_draw
from attncli.corpus.run import Progress
from attncli.corpus.shards import Shard
from attncli.corpus.workers import Lost

EVERY = 30  # seconds between lines where no bar can be drawn


class CorpusProgress:
    """A bar with rate and time left where one can be drawn, elsewhere a line now and then."""

    def __init__(self, shards: Sequence[Shard], display: DisplayOptions) -> None:
        self._bytes = sum(shard.bytes for shard in shards)
        self._drawn, self._quiet = can_draw(display.color, sys.stderr), display.quiet
        self._bar = progress_bar(display.color, display.quiet)
        self._progress = Progress(len(shards))
        self._lost: list[Lost] = []
        self._began = self._spoke = time.monotonic()

    def __enter__(self) -> "CorpusProgress":
        self._advance = self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def report(self, progress: Progress) -> None:
        """A shard is done, or lost."""
        lost, self._progress = len(self._lost), progress
        for each in progress.lost[lost:]:
            self._lost.append(each)
            first, *others = each.task.shard.pieces
            more = f" and {len(others)} more" if others else ""
            say(f"warning: {each.reason}: bytes {first.start:,} on of {first.name!r}{more}")
        self._draw()

    def _draw(self) -> None:
        progress, now = self._progress, time.monotonic()
        text = f"{progress.texts:,} texts, {progress.texts / max(now - self._began, 1e-9):,.0f}/s"
        self._advance(text, progress.done_bytes, max(self._bytes, 1))
        if not self._drawn and not self._quiet and now - self._spoke >= EVERY:
            self._spoke = now
            say(f"{progress.done_bytes / max(self._bytes, 1):4.0%}  {text}{self._left(now)}")

    def _left(self, now: float) -> str:
        done = self._progress.done_bytes
        if not done:
            return ""
        return f", {(now - self._began) * (self._bytes - done) / done:,.0f} s left"

    def interrupted(self, folder: str | None, typed: Sequence[str]) -> None:
        """The number of finished shards, and the command that resumes the run."""
        if folder is None:
            say("interrupted; nothing is kept without -o DIR")
            return
        kept = self._progress.done - len(self._progress.lost)
        say(f"interrupted; {kept} of {self._progress.shards} parts are kept in {folder}")
        end = typed.index("--") if "--" in typed else len(typed)  # after it nothing is an option
        resume = [] if "--resume" in typed[:end] else ["--resume"]
        say(f"go on: {shlex.join(['attn', 'corpus', *typed[:end], *resume, *typed[end:]])}", whole=True)
