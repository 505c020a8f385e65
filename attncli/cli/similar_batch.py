"""`attn similar` over files: a number a pair, or its record, in the order of the lines, as they are made."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from attncli.cli.line_files import no_lines, size_of
from attncli.cli.line_report import LineReport
from attncli.cli.options import RecordOptions
from attncli.cli.output import Sink, open_sink, say
from attncli.cli.similar_space import Space, comparer_of
from attncli.cli.writing import MAP, writer_for
from attncli.corpus.comparing import Comparer
from attncli.corpus.lines import Reason
from attncli.corpus.pair_forms import COMPARED, Pair, PairForm
from attncli.corpus.pair_texts import AT_ONCE, RECORDS_AT_ONCE, Block, blocks_of
from attncli.corpus.text_lines import opened_lines
from attncli.errors import ExitCode
from attncli.recipes.text_similarity import Similarity
from attncli.settings.figure import FigureOptions
from attncli.settings.similarity import SimilaritySettings
from attncli.views.formats import Format

Made = TypeVar("Made")
PAIR_A_LINE = "give two texts a line, a tab between them"


@dataclass(frozen=True)
class PairFiles:
    """The files of a run, one of pairs or two of texts; fields: the keys of both, if each line is a JSON object."""

    files: Sequence[str]
    fields: Pair | None = None

    @property
    def form(self) -> PairForm:
        """That of the lines of one file."""
        return COMPARED if self.fields is None else PairForm(COMPARED.names, keys=self.fields, objects=True)


def compare_files(
    pairs: PairFiles,
    space: Space,
    settings: SimilaritySettings,
    form: Format,
    output: RecordOptions,
    figure: FigureOptions = MAP,
) -> ExitCode:
    """Write the similarity of every pair; returns the exit code: 4 if a line is no pair.

    Raises:
        UsageError: there are no pairs, or one of two files has more lines than the other.
        AttnError: a file that cannot be read.
    """
    with ExitStack() as opened:
        sink = opened.enter_context(open_sink(output.output))
        files = [opened.enter_context(opened_lines(name)) for name in pairs.files]
        report = opened.enter_context(LineReport(files, size_of(pairs.files), output))
        comparer = comparer_of(space, settings)
        write = _writing(comparer, form, output, sink, figure)
        names = (pairs.files[0], pairs.files[-1])
        at_once = AT_ONCE if form.name == "txt" else RECORDS_AT_ONCE
        for block in blocks_of(files[0], files[1] if len(files) > 1 else None, names, at_once, pairs.form):
            if block is not None:
                report.take(len(block.lines), write(block))
        if not report.lines:
            raise no_lines(pairs.files, PAIR_A_LINE)
    if form.name == "txt" and not output.quiet:  # records have their own
        for remark in comparer.remarks():
            say(f"note: {remark}")
    return report.code


Write = Callable[[Block], list[tuple[int, str]]]  # returns the bad lines with reasons


def _writing(comparer: Comparer, form: Format, output: RecordOptions, sink: Sink, figure: FigureOptions) -> Write:
    """The function that compares the pairs of a block and writes them in a format."""
    if form.name == "txt":
        return lambda block: _write_values(block, comparer, sink, output.precision)
    writer = writer_for(form, output, sink, figure=figure)

    def write(block: Block) -> list[tuple[int, str]]:
        faults: list[tuple[int, str]] = []
        for line, each in _each(block, comparer.records):
            if isinstance(each, Similarity):
                if not form.many:
                    sink.check_room(form.name)
                writer.write(each, line)
            else:
                faults.append((line, str(each)))
        return faults

    return write


def _write_values(block: Block, comparer: Comparer, sink: Sink, precision: int) -> list[tuple[int, str]]:
    """A line a pair: its similarity, nothing where it has none."""
    found = _each(block, comparer.values)
    sink.text("".join("\n" if isinstance(each, Reason) else f"{each:z.{precision}f}\n" for _, each in found))
    return [(line, str(each)) for line, each in found if isinstance(each, Reason)]


def _each(
    block: Block, compare: Callable[[Sequence[Pair]], Sequence[Made | Reason]]
) -> list[tuple[int, Made | Reason]]:
    """What is made of each line of a block, or why it is bad, with its number."""
    pairs = block.pairs()
    made = iter(compare([pair for pair in pairs if not isinstance(pair, Reason)]))
    return [(line, pair if isinstance(pair, Reason) else next(made)) for line, pair in enumerate(pairs, block.first)]
