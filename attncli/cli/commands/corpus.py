"""`attn corpus`: attention over whole files of text, as tables."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from attncli.cli.corpus_options import CollectOptions, CorpusModel, RunOptions
from attncli.cli.corpus_targets import check_targets
from attncli.cli.lazy import options
from attncli.cli.options import DisplayOptions, VectorOption, check_alone
from attncli.cli.pictures import check_picture, write_picture
from attncli.corpus.threads import one_thread_each
from attncli.errors import ExitCode, Setting, UsageError
from attncli.interrupts import held_back
from attncli.settings.explanation import AttentionOptions
from attncli.settings.figure import PictureOptions

if TYPE_CHECKING:
    from attncli.cli.corpus_progress import CorpusProgress
    from attncli.corpus.inputs import Input
    from attncli.corpus.run import Corpus
    from attncli.corpus.settings import CorpusSettings
    from attncli.corpus.shards import Shard
    from attncli.models.model import Model
    from attncli.settings.explanation import Settings

EXAMPLES = """attn corpus my-text.txt --words bank,river
attn corpus my-text.txt -o attention --collect context,weights --jobs 2
attn corpus my-text.txt --mode multihead --collect heads,distance --limit 1000"""


class Texts(NamedTuple):
    """The files as they were named, that of the targets, and how many lines are read."""

    files: list[str]
    target: str | None
    limit: int | None


@options(VectorOption, CollectOptions, AttentionOptions, CorpusModel, RunOptions, PictureOptions, DisplayOptions)
def command(
    collected: CollectOptions,
    attention: AttentionOptions,
    model: CorpusModel,
    run: RunOptions,
    picture: PictureOptions,
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
    check_targets(text, collected, model)
    texts = Texts(text, model.target, collected.limit)
    with _folder(run) as folder:
        raise typer.Exit(_run(folder, texts, collected, attention, model, run, picture, display, inputs.vectors))


def _check(run: RunOptions, attention: AttentionOptions, collected: CollectOptions) -> None:
    if attention.memory is not None:
        raise UsageError("no meaning here: every text attends to itself", "leave it out", setting="memory")
    if run.picture is not None:
        _check_picture(run.picture, collected)
    if run.resume and run.output is None:
        raise UsageError("expected the folder that was begun", "add -o DIR", setting="resume")


def _check_picture(path: str, collected: CollectOptions) -> None:
    """Check that the table of the figure is collected and that matplotlib is installed."""
    if "distance" not in collected.collect:
        hint = ("add ", Setting("collect", "distance"))
        raise UsageError("a picture shows distances, which are not collected", hint, setting="picture", value=path)
    check_picture(path)


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
    texts: Texts,
    collected: CollectOptions,
    attention: AttentionOptions,
    model: CorpusModel,
    run: RunOptions,
    picture: PictureOptions,
    display: DisplayOptions,
    vectors: str | None,
) -> int:
    from attncli.corpus.inputs import named_texts
    from attncli.corpus.plan import begun, plan_of
    from attncli.corpus.writing import check_table

    check_table(run.format)
    settings = _settings(collected, attention, model, run, display, vectors, (texts, folder))
    named = [*named_texts(texts.files), *named_texts([] if texts.target is None else [texts.target])]
    with begun(folder, plan_of(settings, named, texts.limit), run.resume):
        folder = folder.absolute()  # workers may have another working directory
        return _worked(texts, folder, settings, run, picture, display)


def _inputs(texts: Texts, folder: Path, settings: "CorpusSettings") -> "list[Input]":
    """The text of the run as plain files, laid out where it must be."""
    from attncli.cli.output import say
    from attncli.corpus.columns import other_columns, pair_of
    from attncli.corpus.inputs import inputs_of

    def note(remark: str) -> None:
        say(f"note: {remark}")

    stream = sys.stdin.buffer if sys.stdin else None
    if texts.target is not None:
        return [pair_of(texts.files[0], texts.target, folder, stream, texts.limit, note)]
    inputs = inputs_of(texts.files, folder, stream, texts.limit, note)
    if settings.part is not None and settings.field is None:
        for remark in filter(None, (other_columns(each, settings.paired) for each in inputs)):
            note(remark)
    return inputs


def _shards(texts: Texts, folder: Path, settings: "CorpusSettings", progress: "CorpusProgress") -> "list[Shard]":
    """The text of the run, cut."""
    from attncli.corpus.shards import plan_shards

    shards = plan_shards(_inputs(texts, folder, settings), texts.limit, progress.planning)
    if not shards:
        hint = "give files with a sentence a line"
        raise UsageError("there is no text in " + ", ".join(map(repr, texts.files)), hint)
    return shards


def _worked(
    texts: Texts,
    folder: Path,
    settings: "CorpusSettings",
    run: RunOptions,
    picture: PictureOptions,
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
            shards = _shards(texts, folder, settings, progress)
            prepare(folder)
            corpus = run_corpus(shards, folder, settings, workers, progress.report, run.keep_parts)
    except KeyboardInterrupt:
        with held_back():
            sweep(folder)
            progress.interrupted(run.output, sys.argv[2:])
        return ExitCode.INTERRUPTED
    if run.picture is not None and "distance" in corpus.tables:
        from attncli.views.figure.distances import distance_content

        write_picture(run.picture, distance_content(corpus), picture)
    _show(corpus, run, display)
    some_failed = corpus.manifest["skipped"] or corpus.manifest["lost"]
    return ExitCode.SOME_FAILED if some_failed else ExitCode.FINE


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
    chosen: CorpusModel,
    run: RunOptions,
    display: DisplayOptions,
    vectors: str | None,
    read: tuple[Texts, Path],
) -> "CorpusSettings":
    """The checked settings; the vectors or the model are opened, and every word of --words must be known."""
    from attncli.cli.reading import model_settings_of, opened_vectors
    from attncli.corpus.inputs import shown
    from attncli.corpus.opening import find_words, model_source, open_reader, vectors_source
    from attncli.corpus.settings import CorpusSettings
    from attncli.settings.explanation import check_settings

    if chosen.model is None:
        attends: Any = check_settings(**vars(attention), unknown="skip", top=collected.top)
        vectors = vectors or _other_set(*read, collected.field, attends, display)
        source = vectors_source(opened_vectors(vectors, display), vectors, attends)
    else:
        source = model_source(_opened(chosen, chosen.model))
        given = replace(chosen, target=None, part=chosen.shown_part)  # a target of the settings is a text
        attends = model_settings_of(given, top=collected.top, words=bool(collected.words))
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
        None if chosen.target is None else shown(chosen.target),
        chosen.target_field,
    )
    find_words(settings, open_reader(settings))
    return settings


def _other_set(
    texts: Texts, folder: Path, field: str | None, settings: "Settings", display: DisplayOptions
) -> str | None:
    """The name of the embedded set of the texts if it is not the usual one, which a note says."""
    from attncli.cli.output import say
    from attncli.corpus.languages import first_texts, of_other_languages
    from attncli.corpus.lines import LineForm
    from attncli.vectors.catalogue import EmbeddedSets
    from attncli.vectors.places import EMBEDDED, WORLD

    firsts = first_texts(texts.files, folder, sys.stdin.buffer if sys.stdin else None, LineForm(field))
    if not of_other_languages(firsts, settings, EmbeddedSets()):
        return None
    if not display.quiet:
        say(f"note: {EMBEDDED} has no word of most of the first lines: the vectors are those of {WORLD}")
    return WORLD


def _opened(chosen: CorpusModel, name: str) -> "Model":
    """The model. Raises UsageError where it has no decoder that could read the targets."""
    from attncli.cli.reading import opened_model
    from attncli.recipes.model_input import without_decoder

    model = opened_model(name)
    for setting in ("part", "target", "target_field"):
        value = getattr(chosen, setting)
        if value is not None and not model.has_decoder:
            raise without_decoder(model, setting, value)
    return model
