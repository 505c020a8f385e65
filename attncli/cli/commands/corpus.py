"""`attn corpus`: attention over whole files of text, as tables."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attncli.cli.corpus_options import CollectOptions, RunOptions
from attncli.cli.lazy import options
from attncli.cli.options import ChosenHeads, DisplayOptions, VectorOption, check_alone
from attncli.corpus.threads import one_thread_each
from attncli.errors import ExitCode, Setting, UsageError
from attncli.interrupts import held_back
from attncli.settings.explanation import AttentionOptions

if TYPE_CHECKING:
    from attncli.cli.corpus_progress import CorpusProgress
    from attncli.corpus.run import Corpus
    from attncli.corpus.settings import CorpusSettings
    from attncli.corpus.shards import Shard

EXAMPLES = """attn corpus my-text.txt --words bank,river
attn corpus my-text.txt -o attention --collect context,weights --jobs 2
attn corpus my-text.txt --mode multihead --collect heads,distance --limit 1000"""
PICTURES = (".svg", ".pdf", ".png")


@options(VectorOption, CollectOptions, AttentionOptions, ChosenHeads, RunOptions, DisplayOptions)
def command(
    collected: CollectOptions,
    attention: AttentionOptions,
    model: ChosenHeads,
    run: RunOptions,
    display: DisplayOptions,
    inputs: VectorOption,
    context: typer.Context,
    text: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Text, a sentence or document a line; .gz, .zst; - is standard input."),
    ],
) -> None:
    """Attention over whole files of text: context words, distances, entropy, heads, as tables."""
    check_alone(context, model)
    one_thread_each()  # before NumPy is there
    _check(run, attention, collected)
    with _folder(run) as folder:
        raise typer.Exit(_run(folder, text, collected, attention, model, run, display, inputs.vectors))


def _check(run: RunOptions, attention: AttentionOptions, collected: CollectOptions) -> None:
    if attention.memory is not None:
        raise UsageError("no meaning here: every text attends to itself", "leave it out", setting="memory")
    if run.picture is not None:
        _check_picture(run.picture, collected)
    if run.resume and run.output is None:
        raise UsageError("expected the folder that was begun", "add -o DIR", setting="resume")


def _check_picture(path: str, collected: CollectOptions) -> None:
    """Check that the table of the figure is collected and that matplotlib is installed."""
    from attncli.views.figure.saving import check_installed

    if Path(path).suffix.lower() not in PICTURES:
        raise UsageError(f"expected an ending among {', '.join(PICTURES)}", setting="picture", value=path)
    if "distance" not in collected.collect:
        hint = ("add ", Setting("collect", "distance"))
        raise UsageError("a picture shows distances, which are not collected", hint, setting="picture", value=path)
    check_installed()


@contextmanager
def _folder(run: RunOptions) -> Iterator[Path]:
    """The folder that was named, or one that lasts as long as the run."""
    if run.output is not None:
        yield Path(run.output)
        return
    folder = tempfile.mkdtemp(prefix="attn-corpus-")
    try:
        yield Path(folder)
    finally:
        with held_back():  # an impatient second Ctrl-C would leave a part of it
            shutil.rmtree(folder, ignore_errors=True)


def _run(
    folder: Path,
    text: list[str],
    collected: CollectOptions,
    attention: AttentionOptions,
    model: ChosenHeads,
    run: RunOptions,
    display: DisplayOptions,
    vectors: str | None,
) -> int:
    from attncli.corpus.inputs import named_texts
    from attncli.corpus.plan import begun, plan_of
    from attncli.corpus.writing import check_table

    check_table(run.format)
    settings = _settings(collected, attention, model, run, display, vectors)
    limit = collected.limit
    with begun(folder, plan_of(settings, named_texts(text), limit), run.resume):
        folder = folder.absolute()  # workers may have another working directory
        return _worked(text, limit, folder, settings, run, display)


def _shards(text: list[str], folder: Path, limit: int | None, progress: "CorpusProgress") -> "list[Shard]":
    """The text of the run, laid out where it must be, and cut."""
    from attncli.cli.output import say
    from attncli.corpus.inputs import inputs_of
    from attncli.corpus.shards import plan_shards

    stream = sys.stdin.buffer if sys.stdin else None
    inputs = inputs_of(text, folder, stream, limit, lambda note: say(f"note: {note}"))
    shards = plan_shards(inputs, limit, progress.planning)
    if not shards:
        raise UsageError("there is no text in " + ", ".join(map(repr, text)), "give files with a sentence a line")
    return shards


def _worked(
    text: list[str],
    limit: int | None,
    folder: Path,
    settings: "CorpusSettings",
    run: RunOptions,
    display: DisplayOptions,
) -> int:
    """The run itself, and its summary."""
    from attncli.cli.corpus_progress import CorpusProgress
    from attncli.corpus.folder import prepare, sweep
    from attncli.corpus.run import run_corpus
    from attncli.corpus.workers import open_workers

    progress = CorpusProgress(display)
    try:
        # a message about an interrupt is printed under the bar, when there are no workers any more
        with progress, open_workers(run.jobs, run.scheduler, progress.waiting) as workers:
            shards = _shards(text, folder, limit, progress)
            prepare(folder)
            corpus = run_corpus(shards, folder, settings, workers, progress.report, run.keep_parts)
    except KeyboardInterrupt:
        with held_back():
            sweep(folder)
            progress.interrupted(run.output, sys.argv[2:])
        return ExitCode.INTERRUPTED
    if run.picture is not None and "distance" in corpus.tables:
        _draw(corpus, run.picture)
    _show(corpus, run, display)
    some_failed = corpus.manifest["skipped"] or corpus.manifest["lost"]
    return ExitCode.SOME_FAILED if some_failed else ExitCode.FINE


def _draw(corpus: "Corpus", path: str) -> None:
    """Write a figure of attention by distance, in the form that the file's ending says."""
    from attncli.cli.output import open_sink, say
    from attncli.views.figure.distances import distance_content
    from attncli.views.figure.saving import save_figure

    form: Any = Path(path).suffix.lower().removeprefix(".")
    remarks: list[str] = []
    with open_sink(path) as sink:
        sink.document(lambda stream: remarks.extend(save_figure(distance_content(corpus), "heat", stream, form)))
    for remark in remarks:
        say(f"note: {remark}")


def _show(corpus: "Corpus", run: RunOptions, display: DisplayOptions) -> None:
    """Print the summary, or the manifest as JSON."""
    from attncli.cli.writing import print_json, print_lines
    from attncli.views.terminal.corpus import corpus_json, corpus_lines

    if run.json:
        print_json([corpus_json(corpus)])
    else:
        print_lines(lambda screen: corpus_lines(corpus, screen, kept=run.output is not None), display)


def _settings(
    collected: CollectOptions,
    attention: AttentionOptions,
    chosen: ChosenHeads,
    run: RunOptions,
    display: DisplayOptions,
    vectors: str | None,
) -> "CorpusSettings":
    """The checked settings; the vectors or the model are opened, and every word of --words must be known."""
    from attncli.cli.reading import model_settings_of, opened_model, opened_vectors
    from attncli.corpus.opening import find_words, model_source, open_reader, vectors_source
    from attncli.corpus.settings import CorpusSettings
    from attncli.settings.explanation import check_settings

    if chosen.model is None:
        attends: Any = check_settings(**vars(attention), unknown="skip", top=collected.top)
        source = vectors_source(opened_vectors(vectors, display), vectors, attends)
    else:
        source = model_source(opened_model(chosen.model))
        attends = model_settings_of(chosen, top=collected.top, words=bool(collected.words))
    settings = CorpusSettings(
        source,
        attends,
        collected.collect,
        collected.words,
        collected.field,
        collected.sentences,
        run.format,
        run.csv,
        collected.kept,
    )
    find_words(settings, open_reader(settings))
    return settings
