"""The reports of work on files, on standard error: what is bad, which makes the exit code 4, and progress."""

import sys
from collections.abc import Sequence
from types import TracebackType

from attncli.cli.options import RecordOptions
from attncli.cli.output import say
from attncli.cli.pace import Pace
from attncli.corpus.text_lines import Lines
from attncli.errors import ExitCode

MOST_NAMED = 100  # bad ones; the others are counted


class FaultReport(Pace):
    """Shows the pace of work whose records go to an output, and names what is bad, up to MOST_NAMED; then exit code 4.

    unit: what is bad; done: what could not be done with it.
    """

    unit, done = "line", "compared"

    def __init__(self, output: RecordOptions) -> None:
        over_the_output = output.output is None and sys.stdout is not None and sys.stdout.isatty()
        super().__init__(output.color, output.quiet or over_the_output)
        self._bad, self._counted = 0, False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.count_others()

    def fault(self, text: str) -> None:
        """One more is bad, for the reason in the text."""
        self._bad += 1
        if self._bad <= MOST_NAMED:
            say(f"error: {text}")

    def count_others(self) -> None:
        """Say once how many bad ones were not named."""
        if (more := self._bad - MOST_NAMED) > 0 and not self._counted:
            say(f"error: {more:,} more {self.unit}{'s' * (more > 1)} could not be {self.done}")
            self._counted = True

    @property
    def code(self) -> ExitCode:
        """4 if something is bad."""
        return ExitCode.SOME_FAILED if self._bad else ExitCode.FINE


class LineReport(FaultReport):
    """Counts the lines of some files, whose bytes are `size` if that is known, and says which are bad.

    records: what the lines are.
    """

    records = "pairs"

    def __init__(self, files: Sequence[Lines], size: int | None, output: RecordOptions) -> None:
        super().__init__(output)
        self._files, self._size = files, size
        self.lines = 0

    def take(self, lines: int, faults: Sequence[tuple[int, str]]) -> None:
        """So many more lines are done, of which some are bad, by number and reason."""
        self.lines += lines
        for line, reason in faults:
            self.fault(f"line {line}: {reason}")
        text = f"{self.lines:,} {self.records}, {self.rate(self.lines):,.0f}/s"
        done = sum(each.bytes for each in self._files)
        self.show(text, *((0, 1) if self._size is None else (done, self._size)))
