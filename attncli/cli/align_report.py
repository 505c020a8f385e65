"""The report of `attn align` over files, on standard error: bad lines, progress, and the agreement with gold."""

import sys
from collections.abc import Sequence
from types import TracebackType

from attncli.analysis.gold import Agreement
from attncli.cli.align_task import Outcome
from attncli.cli.options import RecordOptions
from attncli.cli.output import Sink, say
from attncli.cli.pace import Pace
from attncli.corpus.gold_file import GoldLinks
from attncli.corpus.text_lines import Lines
from attncli.errors import ExitCode

MOST_NAMED = 100  # bad lines; the others are counted


class AlignReport:
    """Counts the pairs of some files, whose bytes are `size` if that is known, and says which could not be aligned."""

    def __init__(self, files: Sequence[Lines], size: int | None, output: RecordOptions) -> None:
        over_the_output = output.output is None and sys.stdout is not None and sys.stdout.isatty()
        self._pace = Pace(output.color, output.quiet or over_the_output)
        self._files, self._size, self._precision = files, size, output.precision
        self._agreement = Agreement()
        self._beyond: list[int] = []
        self.pairs = self._bad = 0
        self._counted = False

    def __enter__(self) -> "AlignReport":
        self._pace.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pace.__exit__(kind, error, trace)
        self._count_others()

    def add(self, outcome: Outcome) -> None:
        """Some pairs are written."""
        self.pairs += outcome.pairs
        self._agreement += outcome.agreement
        self._beyond += outcome.beyond
        for line, reason in outcome.faults[: max(MOST_NAMED - self._bad, 0)]:
            say(f"error: line {line}: {reason}")
        self._bad += len(outcome.faults)
        text = f"{self.pairs:,} pairs, {self._pace.rate(self.pairs):,.0f}/s"
        done = sum(each.bytes for each in self._files)
        self._pace.show(text, *((0, 1) if self._size is None else (done, self._size)))

    def _count_others(self) -> None:
        """Say once how many bad lines were not named."""
        if (more := self._bad - MOST_NAMED) > 0 and not self._counted:
            say(f"error: {more:,} more line{'s' * (more > 1)} could not be aligned")
            self._counted = True

    @property
    def code(self) -> ExitCode:
        """4 if a line could not be aligned."""
        return ExitCode.SOME_FAILED if self._bad else ExitCode.FINE

    def judge(self, gold: GoldLinks, sink: Sink | None) -> None:
        """Write how the links of all pairs agree with gold: as JSON to a sink, else on standard error."""
        self._count_others()
        if gold.pairs != self.pairs:
            say(f"warning: expected gold for {self.pairs:,} pairs, got {gold.pairs:,}: is it the gold of this text?")
        if self._beyond:
            lines = f"line {self._beyond[0]}" + (f" and {len(self._beyond) - 1:,} more" if self._beyond[1:] else "")
            say(f"warning: gold leads out of the words of {lines}: is it of this text, and is --gold-base right?")
        write_agreement(self._agreement, sink, self._precision)


def write_agreement(agreement: Agreement, sink: Sink | None, precision: int) -> None:
    """Write how links agree with gold: as JSON to a sink, else on standard error."""
    if sink is None:
        say(f"gold: {figures(agreement)}")
        return
    from attncli.views.records.alignment import gold_json

    sink.json(gold_json(agreement, precision=precision))


def figures(agreement: Agreement) -> str:
    """`precision 0.900, recall 0.800, F1 0.847, AER 0.153 of 200 pairs`, with - for a share of nothing."""
    shares = {name: getattr(agreement, name.lower()) for name in ("precision", "recall", "F1", "AER")}
    shown = (f"{name} {'-' if share is None else format(share, '.3f')}" for name, share in shares.items())
    return f"{', '.join(shown)} of {agreement.pairs:,} pair{'s' * (agreement.pairs != 1)}"
