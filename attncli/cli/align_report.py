"""The report of `attn align` over files: that of their lines, and the agreement with gold."""

from collections.abc import Sequence

from attncli.analysis.gold import Agreement
from attncli.cli.align_task import Outcome
from attncli.cli.line_report import LineReport
from attncli.cli.options import RecordOptions
from attncli.cli.output import Sink, say
from attncli.corpus.gold_file import GoldLinks
from attncli.corpus.text_lines import Lines
from attncli.views.rounding import counted


class AlignReport(LineReport):
    """Counts pairs of texts, says which could not be aligned, and how their links agree with gold."""

    done = "aligned"

    def __init__(self, files: Sequence[Lines], size: int | None, output: RecordOptions) -> None:
        super().__init__(files, size, output)
        self._precision = output.precision
        self._agreement = Agreement()
        self._beyond: list[int] = []

    def add(self, outcome: Outcome) -> None:
        """Some pairs are written."""
        self._agreement += outcome.agreement
        self._beyond += outcome.beyond
        self.take(outcome.pairs, outcome.faults)

    def judge(self, gold: GoldLinks, sink: Sink | None) -> None:
        """Write how the links of all pairs agree with gold: as JSON to a sink, else on standard error."""
        self.count_others()
        if gold.pairs != self.lines:
            say(f"warning: expected gold for {self.lines:,} pairs, got {gold.pairs:,}: is it the gold of this text?")
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
    return f"{', '.join(shown)} of {counted(agreement.pairs, 'pair')}"
