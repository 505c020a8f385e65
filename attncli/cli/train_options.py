"""The options of `attn train`, and the limit and shape that they make."""

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from attncli.cli.options import vectors_field
from attncli.errors import Setting, UsageError
from attncli.settings.explanation import METHODS, MULTIHEAD_DEFAULT
from attncli.settings.option import Whole, check_choice, check_positive, check_whole, option

if TYPE_CHECKING:
    from attncli.training.block import Shape
    from attncli.training.loop import Limit
    from attncli.training.scoring import Predictor
    from attncli.vectors import Vectors

TRAINABLE = tuple(method for method in METHODS if method != "cosine")
MOST_HEADS, MOST_SIZE = 64, 1024
MINUTES = 2.0


training = partial(option, "Training")
evaluation = partial(option, "Evaluation")


@dataclass(frozen=True)
class TrainOptions:
    """The heads to train, and the length of the training."""

    output: str | None = training(None, "Where the heads go.", names="-o --output", metavar="FILE.npz")
    vectors: str | None = vectors_field()
    heads: int | None = training(None, "How many heads", check=Whole(1, MOST_HEADS), metavar="H", described="3")
    content_heads: int | None = training(
        None,
        "How many of them see no positions",
        check=Whole(0),
        metavar="N",
        described="a third; 0 of one head",
    )
    d_k: int | None = training(
        None,
        "Size of a query, a key and a value",
        check=Whole(1, MOST_SIZE),
        metavar="N",
        described="64, at most the vectors'",
    )
    method: str | None = training(None, "The similarity of a query and a key", values=TRAINABLE, described="scaled")
    minutes: float | None = training(None, "Train for so long", check=check_positive, metavar="M", described="2")
    epochs: float | None = training(
        None, "Read the text so often instead; the same seed gives the same file.", check=check_positive, metavar="E"
    )
    seed: int = training(0, "The seed of everything drawn by chance.", check=Whole(0), metavar="N")
    bias: bool | None = training(
        None,
        "A query bias for each head, or linear layers alone",
        names="--bias/--no-bias",
        described="--bias",
    )
    resume: str | None = training(None, "Go on from these heads.", metavar="FILE.npz")
    picture: str | None = training(
        None, "A figure of the losses and of how the heads sharpen: .svg, .pdf or .png.", metavar="FILE"
    )


@dataclass(frozen=True)
class EvaluateOptions:
    """Evaluation in place of training."""

    evaluate: str | None = evaluation(None, "Evaluate these heads on the text instead.", metavar="FILE.npz|trained")
    held_out: bool = evaluation(False, "Only on the sentences that training keeps apart.")
    json: bool = evaluation(False, "One JSON object (see: attn schema evaluate).")


def check_training(training: TrainOptions, evaluation: EvaluateOptions) -> str:
    """The file to write; UsageError for options that contradict each other."""
    if training.output is None:
        raise UsageError("attn train needs a file for the heads", "add -o my.npz")
    if not training.output.endswith(".npz"):
        raise UsageError("expected the ending .npz", setting="output", value=training.output)
    if training.epochs is not None and training.minutes is not None:
        reason = "expected one length of the training, got minutes too"
        raise UsageError(reason, "leave one of the two out", setting="epochs", value=training.epochs)
    for name in ("json", "held_out"):
        if getattr(evaluation, name):
            hint = ("add ", Setting("evaluate", "FILE.npz"))
            raise UsageError("expected heads to evaluate with it", hint, setting=name)
    return training.output


def check_evaluation(training: TrainOptions, heads: str) -> None:
    """UsageError for an option that would make or change the heads, which are evaluated as they are."""
    made = ("output", "content_heads", "d_k", "minutes", "epochs", "bias", "resume", "picture")
    for name in made:
        if (value := getattr(training, name)) is not None:
            raise UsageError("no meaning with --evaluate", "leave it out", setting=name, value=value)
    if not (os.path.splitext(heads)[1] or os.path.dirname(heads) or os.path.exists(heads)):
        check_choice("evaluate", heads, ("trained",), shown="trained, FILE.npz")


def check_fits(setting: str, asked: object, found: object, path: str) -> None:
    """UsageError if an option does not fit the file of heads."""
    if asked not in (None, found):
        reason = f"expected {found}, as {path!r} has it"
        raise UsageError(reason, "leave it out", setting=setting, value=asked)


def limit_of(training: TrainOptions) -> "Limit":
    """The limit of training."""
    from attncli.training.loop import Limit

    return Limit(training.epochs, MINUTES if training.minutes is None else training.minutes)


def shape_of(training: TrainOptions, vectors: "Vectors", start: "Predictor | None" = None) -> "Shape":
    """The shape of the block; a resumed one keeps its own."""
    from attncli.training.block import Shape

    if start is not None:
        return _shape_of_file(training, start, vectors.dimensions)
    heads = training.heads or MULTIHEAD_DEFAULT
    d_k = training.d_k or min(64, vectors.dimensions)
    content = heads // 3 if training.content_heads is None else training.content_heads
    check_whole("content_heads", content, 0, heads)
    return Shape(heads, content, d_k, training.method or "scaled", training.bias is not False)


def _shape_of_file(training: TrainOptions, start: "Predictor", d_model: int) -> "Shape":
    from attncli.training.block import Shape, input_length
    from attncli.training.files import content_heads_of

    path, has_bias = training.resume or "", "b_q" in start.block
    n_head, _, d_k = start.block["w_q"].shape
    content = content_heads_of(start.block)
    check_fits("method", training.method, start.method, path)
    if start.length not in (None, input_length(d_model)):
        needed = f"training brings every vector to {input_length(d_model):.6g}"
        raise UsageError(f"{path!r} has an input_scale of {start.length:g}, and {needed}", "train anew")
    check_fits("heads", training.heads, n_head, path)
    check_fits("content_heads", training.content_heads, content, path)
    check_fits("d_k", training.d_k, d_k, path)
    if training.bias not in (None, has_bias):
        reason = f"{path!r} has {'a' if has_bias else 'no'} query bias"
        raise UsageError(reason, "leave it out", setting="bias", value=training.bias)
    return Shape(n_head, content, d_k, start.method, has_bias, start.length is not None)
