"""`attn train`: heads trained on a text of one's own, and how well they do."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import options
from attncli.cli.options import DisplayOptions
from attncli.cli.train_options import (
    EvaluateOptions,
    TrainOptions,
    check_evaluation,
    check_fits,
    check_training,
    limit_of,
    shape_of,
)
from attncli.cli.train_picture import ENDED, TrainPicture
from attncli.errors import ExitCode
from attncli.settings.explanation import MULTIHEAD_DEFAULT
from attncli.settings.figure import PictureOptions

if TYPE_CHECKING:
    from attncli.cli.train_progress import TrainProgress
    from attncli.training.block import Shape
    from attncli.training.loop import Trained
    from attncli.training.scoring import Predictor
    from attncli.vectors import Vectors

EXAMPLES = """attn train my-text.txt -o my.npz --epochs 3
attn train my-text.txt -o my.npz --heads 4 --content-heads 2 --minutes 0.1 --seed 7 --picture my.svg
attn train --evaluate trained --heads 3 my-text.txt"""


@options(TrainOptions, EvaluateOptions, PictureOptions, DisplayOptions)
def command(
    training: TrainOptions,
    evaluation: EvaluateOptions,
    picture: PictureOptions,
    display: DisplayOptions,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="Files of plain text, in UTF-8.")],
) -> None:
    """Train heads on your own text by back-propagation, or evaluate heads on it."""
    if evaluation.evaluate is not None:
        check_evaluation(training, evaluation.evaluate)
        _evaluate(evaluation.evaluate, training, evaluation, display, text)
    else:
        _train(check_training(training, evaluation), training, picture, display, text)


def _train(
    output: str, training: TrainOptions, picture: PictureOptions, display: DisplayOptions, text: list[str]
) -> None:
    from attncli.cli.progress import progressing
    from attncli.cli.reading import opened_vectors
    from attncli.cli.train_progress import TrainProgress
    from attncli.training.corpus import read_corpus
    from attncli.training.files import check_writable, read_block
    from attncli.training.loop import train

    limit, vectors = limit_of(training), opened_vectors(training.vectors, display)
    start = None if training.resume is None else read_block(training.resume, vectors)
    shape = shape_of(training, vectors, start)
    check_writable(output)
    drawing = TrainPicture(training, picture)
    with ExitStack() as bar:
        progress = TrainProgress(display, bar.enter_context(progressing(display)))

        def keep(trained: "Trained") -> None:
            bar.close()
            _keep(output, trained, shape, vectors, progress)
            if path := drawing.draw(trained, vectors):
                progress.say(f"picture: {path}")

        with progress.saying_if_nothing_is_kept():
            corpus = read_corpus(text, vectors, progress.reading)
            progress.say(f"{corpus.sentences:,} sentences, {corpus.tokens:,} known words to train on")
            block = None if start is None else start.block
            watch = drawing.watch(corpus, vectors, shape)
            trained = train(corpus, vectors, shape, limit, training.seed, block, (), progress.training, keep, watch)
    if trained.ended == "interrupted":
        raise typer.Exit(ExitCode.INTERRUPTED)


def _keep(output: str, trained: "Trained", shape: "Shape", vectors: "Vectors", progress: "TrainProgress") -> None:
    """Write the heads, and print their figure, the command that shows them, and the one that resumes the training."""
    from attncli.training.files import write_block

    write_block(output, trained.best, vectors, trained.profile)
    progress.ended(trained)
    interrupted = trained.ended == "interrupted"
    progress.say(result_line(output, trained), always=interrupted)
    progress.say(f"look at it: {_look(output, shape, vectors)}")
    if interrupted:
        progress.say(f"go on: {resume_command(output, sys.argv[2:])}", always=True)


def result_line(output: str, trained: "Trained") -> str:
    """The held-out MRR of the heads in the file, and why training ended."""
    resumed = "" if trained.better else "; nothing better was found than what --resume gave"
    return f"held-out MRR {trained.held_out:.3f}, kept in {output}{ENDED[trained.ended]}{resumed}"


def _look(output: str, shape: "Shape", vectors: "Vectors") -> str:
    mode = "qkv" if shape.heads == 1 else f"multihead --heads {shape.heads}"
    method = "" if shape.method == "scaled" else f" --method {shape.method}"
    named = "" if vectors.name == "attn-en" else f" --vectors {shlex.quote(vectors.name)}"
    return f'attn explain "…" --mode {mode}{method} --projections {shlex.quote(output)}{named}'


def resume_command(output: str, typed: Sequence[str]) -> str:
    """The command that resumes training from the heads that were kept; `typed` are the arguments of `attn train`."""
    end = typed.index("--") if "--" in typed else len(typed)  # after it nothing is an option
    options = [
        word
        for place, word in enumerate(typed[:end])
        if not word.startswith("--resume=") and "--resume" not in typed[max(0, place - 1) : place + 1]
    ]
    return shlex.join(["attn", "train", "--resume", output, *options, *typed[end:]])


def _evaluate(
    name: str, training: TrainOptions, evaluation: EvaluateOptions, display: DisplayOptions, text: list[str]
) -> None:
    from attncli.cli.progress import progressing
    from attncli.cli.reading import opened_vectors
    from attncli.cli.writing import print_json, print_lines
    from attncli.training.corpus import read_sample
    from attncli.training.evaluation import evaluate
    from attncli.views.terminal.evaluation import evaluation_json, evaluation_lines

    vectors = opened_vectors(training.vectors, display)
    shown, predictor = _predictor_of(name, training, vectors)
    sentences = read_sample(text, vectors, held_out=evaluation.held_out)
    with progressing(display) as advance:
        found = evaluate(shown, predictor, vectors, sentences, training.seed, advance)
    if evaluation.json:
        print_json([evaluation_json(found)])
    else:
        print_lines(lambda screen: evaluation_lines(found, screen), display)


def _predictor_of(name: str, training: TrainOptions, vectors: "Vectors") -> tuple[str, "Predictor"]:
    """The name of the block, and the block."""
    from attncli.training.files import bundled_block, read_block

    if name == "trained":
        heads = training.heads or MULTIHEAD_DEFAULT
        method = training.method or "scaled"
        return f"trained, {heads} head{'s' * (heads > 1)}", bundled_block(vectors, heads, method)
    predictor = read_block(name, vectors, training.method)
    check_fits("heads", training.heads, len(predictor.block["w_q"]), name)
    return name, predictor
