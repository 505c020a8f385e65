"""`attn align` over files: a line of links a pair, or its record, in the order of the lines, as they are made."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from attncli.cli.align_report import AlignReport
from attncli.cli.align_space import Space
from attncli.cli.align_task import RECORDS, AlignTask, PairView, Written
from attncli.cli.line_files import no_lines, size_of
from attncli.cli.options import RecordOptions
from attncli.cli.output import Sink, open_sink
from attncli.cli.writing import MAP, WRITERS, writer_for
from attncli.corpus.gold_file import GoldLinks
from attncli.corpus.pair_texts import AT_ONCE, RECORDS_AT_ONCE, Block, blocks_of
from attncli.corpus.text_lines import Lines, opened_lines
from attncli.corpus.workers import Lost, open_own_workers
from attncli.errors import AttnError, ExitCode
from attncli.settings.alignment import AlignmentSettings
from attncli.settings.figure import FigureOptions
from attncli.views.formats import Format
from attncli.views.records.alignment import TABLE

PAIR_A_LINE = "give a pair of sentences a line: source ||| target"


@dataclass(frozen=True)
class Batch:
    """The files of a run, one of two columns or sources and targets, the settings of its alignment and its gold.

    space: where words are compared; jobs: how many processes work on it.
    """

    files: Sequence[str]
    settings: AlignmentSettings
    space: Space
    gold: GoldLinks | None = None
    jobs: int = 1


def align_batch(
    batch: Batch, form: Format, output: RecordOptions, *, full: bool = False, figure: FigureOptions = MAP
) -> ExitCode:
    """Write the alignment of every pair; returns the exit code: 4 if a line could not be aligned.

    Raises:
        UsageError: there are no pairs, or one of two files has more lines than the other.
        AttnError: a file that cannot be read.
    """
    written = Written(form.name, full, output.precision)
    with ExitStack() as opened:
        sink = opened.enter_context(open_sink(output.output))
        files = [opened.enter_context(opened_lines(name)) for name in batch.files]
        report = opened.enter_context(AlignReport(files, size_of(batch.files), output))
        workers = opened.enter_context(open_own_workers(batch.jobs))
        write = _writing(form, output, sink, figure)
        for each in workers.in_order(_tasks(batch, written, files)):
            if isinstance(each, Lost):
                reason = f"the lines from {each.task.name} on were not aligned: {each.reason}"
                raise AttnError(reason, "try again, with fewer --jobs")
            write(each.value.views)
            report.add(each.value)
        if form.write == "table":
            sink.table(TABLE, 0)  # has its columns, even if no pair could be aligned
        if not report.lines:
            raise no_lines(batch.files, PAIR_A_LINE)
        if batch.gold is not None:
            report.judge(batch.gold, sink if form.write == "json" else None)
    return report.code


def _tasks(batch: Batch, written: Written, files: Sequence[Lines]) -> Iterator[AlignTask | None]:
    """The work in pieces; None where the next one has to be waited for."""
    at_once = AT_ONCE if written.format == "txt" else RECORDS_AT_ONCE
    names = (batch.files[0], batch.files[-1])
    for block in blocks_of(files[0], files[1] if len(files) > 1 else None, names, at_once):
        if block is None:
            yield None
        else:
            yield AlignTask(batch.settings, batch.space, written, block, _gold_of(block, batch.gold))


def _gold_of(block: Block, gold: GoldLinks | None) -> Sequence[Any] | None:
    """The gold of each pair of a block."""
    first = block.first - 1
    return None if gold is None else [gold[place] for place in range(first, first + len(block.lines))]


def _writing(
    form: Format, output: RecordOptions, sink: Sink, figure: FigureOptions
) -> Callable[[Sequence[PairView]], None]:
    """The function that writes views in a format."""
    if form.name == "txt":
        return lambda views: sink.text("".join(f"{each.view}\n" for each in views))
    writer = writer_for(form, output, sink, figure=figure)

    def write(views: Sequence[PairView]) -> None:
        for each in views:
            if each.view is None:
                continue
            if form.write not in RECORDS:
                WRITERS[form.write](writer, _as_it_is, each.view, each.line)
                continue
            if not form.many:
                sink.check_room(form.name)
            writer.write(each.view, each.line)

    return write


def _as_it_is(view: Any, **_: Any) -> Any:
    """A view that was made elsewhere."""
    return view
