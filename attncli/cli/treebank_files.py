"""`attn heads --treebank`: heads held against relations of files, and what is said of these on standard error."""

from collections.abc import Sequence
from typing import Any

from attncli.cli.heads_options import RankOptions, TreeOptions, VectorHeadOptions
from attncli.cli.line_report import FaultReport
from attncli.cli.options import RecordOptions
from attncli.cli.output import open_sink
from attncli.cli.reading import model_settings_of, opened_model, opened_vectors
from attncli.cli.writing import writer_for
from attncli.corpus.inputs import said
from attncli.corpus.treebank_heads import Unread
from attncli.corpus.treebank_keeping import keep_heads
from attncli.corpus.treebank_running import TreebankRun, by_model, by_vectors
from attncli.errors import ExitCode
from attncli.models.model import Model
from attncli.settings.explanation import check_settings
from attncli.settings.figure import PictureOptions
from attncli.settings.treebank import check_treebank
from attncli.views.formats import Format


class TreebankReport(FaultReport):
    """Names sentences that are passed over, and shows progress."""

    unit, done = "sentence", "read"

    def skip(self, sentence: Unread) -> None:
        """A sentence is passed over."""
        self.fault(f"{said(sentence.file)}, line {sentence.line}: {sentence.reason}")

    def progress(self, work: str, done: int, whole: int) -> None:
        """So much of a work is done."""
        self.begin(work)
        self.show(f"{work}, {done:,} of {whole:,}, {self.rate(done):,.0f}/s" if done else work, done, whole)


def hold_against(
    files: tuple[str, ...],
    ranked: RankOptions,
    trees: TreeOptions,
    vectors: VectorHeadOptions,
    form: Format,
    output: RecordOptions,
    figure: PictureOptions,
) -> ExitCode:
    """Write the heads held against treebanks; returns the exit code: 4 if a sentence was passed over.

    The relations that heads of a model follow are kept for its explanations.

    Raises:
        UsageError: a layer, head or relation that is not there.
        AttnError: a file that cannot be read, or without a pair of words.
    """
    model = None if ranked.model is None else opened_model(ranked.model)
    run = _run(files, model, ranked, trees, vectors, output)
    with TreebankReport(output) as report, open_sink(output.output) as sink:
        found = run(report.skip, report.progress)
        if model is not None:
            keep_heads(found, model)
        writer_for(form, output, sink, figure=figure).write(found)
    return report.code


def _run(
    files: tuple[str, ...],
    model: Model | None,
    ranked: RankOptions,
    trees: TreeOptions,
    vectors: VectorHeadOptions,
    output: RecordOptions,
) -> TreebankRun:
    counted = ("relations", "subtypes", "limit", "hide_first")
    settings = check_treebank(**_named(trees, counted), layer=ranked.layer, head=ranked.head)
    if model is not None:
        return by_model(files, model, model_settings_of(ranked), settings, trees.choose_on)
    attention = check_settings(**_named(vectors, ("mode", "heads", "layers", "projections", "positions", "unknown")))
    return by_vectors(files, opened_vectors(vectors.vectors, output), attention, settings, trees.choose_on)


def _named(group: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(group, name) for name in names}
