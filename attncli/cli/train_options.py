"""The options of `attn train`, and what they come to."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from attncli.cli.options import VectorSet, option
from attncli.errors import Setting, UsageError
from attncli.settings.explanation import METHODS, check_choice, check_positive, check_whole

if TYPE_CHECKING:
    from attncli.training.block import Shape
    from attncli.training.loop import Limit
    from attncli.training.scoring import Judged
    from attncli.vectors import Vectors

TRAINABLE = tuple(method for method in METHODS if method != "cosine")
MOST_HEADS, MOST_SIZE = 64, 1024
MINUTES = 2.0


def _training(name: str, help: str, metavar: str | None = None, values: Any = ()) -> Any:
    return option("Training", name, help, metavar, values)


def _evaluation(name: str, help: str, metavar: str | None = None) -> Any:
    return option("Evaluation", name, help, metavar)


@dataclass(frozen=True)
class TrainOptions:
    """What is trained, and for how long."""

    output: Annotated[str | None, _training("-o --output", "Where the heads go.", "FILE.npz")] = None
    vectors: VectorSet = None
    heads: Annotated[int | None, _training("--heads", "How many heads  [default: 3]", "H")] = None
    content_heads: Annotated[
        int | None,
        _training("--content-heads", "How many of them see no positions  [default: a third; 0 of one head]", "N"),
    ] = None
    d_k: Annotated[
        int | None,
        _training("--d-k", "Size of a query, a key and a value  [default: 64, at most the vectors']", "N"),
    ] = None
    method: Annotated[
        str | None,
        _training("--method", "The similarity of a query and a key  [default: scaled]", "|".join(TRAINABLE), TRAINABLE),
    ] = None
    minutes: Annotated[float | None, _training("--minutes", "Train for so long  [default: 2]", "M")] = None
    epochs: Annotated[
        float | None,
        _training("--epochs", "Read the text so often instead; the same seed gives the same file.", "E"),
    ] = None
    seed: Annotated[int, _training("--seed", "The seed of everything drawn by chance.", "N")] = 0
    bias: Annotated[
        bool | None,
        _training("--bias/--no-bias", "A query bias for each head, or linear layers alone  [default: --bias]"),
    ] = None
    resume: Annotated[str | None, _training("--resume", "Go on from these heads.", "FILE.npz")] = None


@dataclass(frozen=True)
class EvaluateOptions:
    """Judging instead of training."""

    evaluate: Annotated[
        str | None, _evaluation("--evaluate", "Judge these heads on the text instead.", "FILE.npz|trained")
    ] = None
    held_out: Annotated[bool, _evaluation("--held-out", "Only on the sentences that training keeps apart.")] = False
    json: Annotated[bool, _evaluation("--json", "One JSON object (see: attn schema evaluate).")] = False


def check_training(training: TrainOptions, evaluation: EvaluateOptions) -> str:
    """The file to write, after the options have been held against each other."""
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
    _check_seed_and_method(training)
    return training.output


def check_evaluation(training: TrainOptions, judged: str) -> None:
    """Judging takes heads as they are: what would change or make them has no meaning."""
    made = ("output", "content_heads", "d_k", "minutes", "epochs", "bias", "resume")
    for name in made:
        if (value := getattr(training, name)) is not None:
            raise UsageError("no meaning with --evaluate", "leave it out", setting=name, value=value)
    if not (os.path.splitext(judged)[1] or os.path.dirname(judged) or os.path.exists(judged)):
        check_choice("evaluate", judged, ("trained",), shown="trained, FILE.npz")
    _check_seed_and_method(training)


def _check_seed_and_method(training: TrainOptions) -> None:
    check_whole("seed", training.seed, 0)
    if training.method is not None:
        check_choice("method", training.method, TRAINABLE)


def check_fits(setting: str, asked: object, found: object, path: str) -> None:
    """A file of heads is what it is; UsageError if something else was asked for."""
    if asked not in (None, found):
        reason = f"expected {found}, as {path!r} has it"
        raise UsageError(reason, "leave it out", setting=setting, value=asked)


def limit_of(training: TrainOptions) -> "Limit":
    """How long to train."""
    from attncli.training.loop import Limit

    for name, value in (("minutes", training.minutes), ("epochs", training.epochs)):
        if value is not None:
            check_positive(name, value)
    return Limit(training.epochs, MINUTES if training.minutes is None else training.minutes)


def shape_of(training: TrainOptions, vectors: "Vectors", start: "Judged | None" = None) -> "Shape":
    """What the block is made of; one that is gone on with keeps its own shape."""
    from attncli.training.block import Shape

    if start is not None:
        return _shape_of_file(training, start, vectors.dimensions)
    heads = check_whole("heads", 3 if training.heads is None else training.heads, 1, MOST_HEADS)
    d_k = check_whole("d_k", min(64, vectors.dimensions) if training.d_k is None else training.d_k, 1, MOST_SIZE)
    content = heads // 3 if training.content_heads is None else training.content_heads
    check_whole("content_heads", content, 0, heads)
    return Shape(heads, content, d_k, training.method or "scaled", training.bias is not False)


def _shape_of_file(training: TrainOptions, start: "Judged", d_model: int) -> "Shape":
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
