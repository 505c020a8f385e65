"""The progress of `attn corpus` on standard error, and the command that resumes the run after an interrupt."""

import shlex
from collections.abc import Sequence

from attncli.cli.options import DisplayOptions
from attncli.cli.output import say
from attncli.cli.pace import Pace
from attncli.corpus.run import Progress


class CorpusProgress(Pace):
    """A bar with rate and time left where one can be drawn, elsewhere a line now and then; each phase begins anew."""

    def __init__(self, display: DisplayOptions) -> None:
        super().__init__(display.color, display.quiet)
        self._progress: Progress | None = None
        self._lost = 0

    def planning(self, done: int, whole: int) -> None:
        """So many bytes of the text have been cut."""
        self.begin("planning")
        self.show("planning", done, whole)

    def waiting(self, text: str) -> None:
        """Nothing goes on, for the reason in a few words."""
        self.begin("waiting")
        self.show(text, 0, 1)

    def report(self, progress: Progress) -> None:
        """A shard is done, or lost, or a step of the merge is."""
        self._progress = progress
        for each in progress.lost[self._lost :]:
            first, *others = each.task.shard.pieces
            more = f" and {len(others)} more" if others else ""
            say(f"warning: {each.reason}: bytes {first.start:,} on of {first.name!r}{more}")
        self._lost = len(progress.lost)
        if progress.merges:
            self.begin("merging")
            self.show("merging", progress.merged, progress.merges)
        else:
            self.begin("attending")
            rate = self.rate(progress.texts)
            self.show(f"{progress.texts:,} texts, {rate:,.0f}/s", progress.done_bytes, progress.bytes)

    def interrupted(self, folder: str | None, typed: Sequence[str]) -> None:
        """The number of finished shards, and the command that resumes the run."""
        if folder is None:
            say("interrupted; nothing is kept without -o DIR")
            return
        if (progress := self._progress) is None:
            say("interrupted before any part was done")
        else:
            kept = progress.done - len(progress.lost)
            say(f"interrupted; {kept} of {progress.shards} parts are kept in {folder}")
        end = typed.index("--") if "--" in typed else len(typed)  # after it nothing is an option
        resume = [] if "--resume" in typed[:end] else ["--resume"]
        say(f"go on: {shlex.join(['attn', 'corpus', *typed[:end], *resume, *typed[end:]])}", whole=True)
