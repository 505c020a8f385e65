"""The report of work on lines of files, on standard error: bad lines, which make the exit code 4, and progress."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from attncli.cli.options import RecordOptions
from attncli.cli.output import say
from attncli.cli.pace import Pace
from attncli.corpus.text_lines import Lines
from attncli.errors import ExitCode

MOST_NAMED = 100  # bad lines; the others are counted


class LineReport:
    """Counts the lines of some files, whose bytes are `size` if that is known, and says which are bad.

    unit, done: what a line is, and what is done with it.
    """

    unit, done = "pairs", "compared"

    def __init__(self, files: Sequence[Lines], size: int | None, output: RecordOptions) -> None:
        over_the_output = output.output is None and sys.stdout is not None and sys.stdout.isatty()
        self._pace = Pace(output.color, output.quiet or over_the_output)
        self._files, self._size = files, size
        self.lines = self._bad = 0
        self._counted = False

    def __enter__(self) -> Self:
        self._pace.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pace.__exit__(kind, error, trace)
        self.count_others()

    def take(self, lines: int, faults: Sequence[tuple[int, str]]) -> None:
        """So many more lines are done, of which some are bad, by number and reason."""
        self.lines += lines
        for line, reason in faults[: max(MOST_NAMED - self._bad, 0)]:
            say(f"error: line {line}: {reason}")
        self._bad += len(faults)
        text = f"{self.lines:,} {self.unit}, {self._pace.rate(self.lines):,.0f}/s"
        done = sum(each.bytes for each in self._files)
        self._pace.show(text, *((0, 1) if self._size is None else (done, self._size)))

    def count_others(self) -> None:
        """Say once how many bad lines were not named."""
        if (more := self._bad - MOST_NAMED) > 0 and not self._counted:
            say(f"error: {more:,} more line{'s' * (more > 1)} could not be {self.done}")
            self._counted = True

    @property
    def code(self) -> ExitCode:
        """4 if a line is bad."""
        return ExitCode.SOME_FAILED if self._bad else ExitCode.FINE
