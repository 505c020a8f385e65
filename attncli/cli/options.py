"""The options that commands share, each defined once, in groups that are also the panels of the help.

A group is a dataclass whose fields are annotated as Typer wants them (`lazy.options` gives them to commands).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from attncli.cli.formats import FIGURES, FORMATS
from attncli.settings.explanation import CSV, METHODS, MODES, POSITIONS, PROJECTIONS, UNKNOWN
from attncli.vectors.places import kept_names

SCALES = ("fixed", "row")
COLORS = ("auto", "always", "never")

SentenceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SENTENCE",
        show_default=False,
        help="What to explain; - reads standard input, a sentence a line. Left out: piped text, else an example.",
    ),
]


Values = Sequence[str] | Callable[[], Sequence[str]]


def completion(values: Values) -> Callable[[str], list[str]]:
    """What Typer asks for the values of an option or argument that begin with what was typed."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in (values() if callable(values) else values) if value.startswith(incomplete)]

    return complete


def option(panel: str, name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of a panel of the help; `values` are what completion offers."""
    complete = completion(values) if values else None
    return typer.Option(*name.split(), help=help, metavar=metavar, rich_help_panel=panel, autocompletion=complete)


def attention_option(name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of the panel that says what is computed."""
    return option("Attention", name, help, metavar, values)


def input_option(name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of the panel that says what it is computed from."""
    return option("Words and vectors", name, help, metavar, values)


def output_option(name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of the panel that says how and where the result is shown."""
    return option("Output", name, help, metavar, values)


VectorSet = Annotated[
    str | None, input_option("--vectors", "A kept set or a file  [default: attn-en]", "NAME|FILE", kept_names)
]
Word = Annotated[
    str | None, attention_option("--word", "The close-up of one query: a word or its index.", "WORD|INDEX")
]


Figure = Annotated[
    str,
    output_option("--figure", "What .svg, .pdf and .png show: maps, or arcs of words.", "|".join(FIGURES), FIGURES),
]
Full = Annotated[
    bool, output_option("--full", "With --json: queries, keys, values, outputs, the scores' terms and neighbours too.")
]


@dataclass(frozen=True)
class AttentionOptions:
    """What is computed; the fields are settings by name."""

    mode: Annotated[
        str, attention_option("--mode", "The vectors themselves, or projections of them.", "|".join(MODES), MODES)
    ] = "self"
    method: Annotated[
        str, attention_option("--method", "The similarity of a query and a key.", "|".join(METHODS), METHODS)
    ] = "scaled"
    heads: Annotated[
        int | None, attention_option("--heads", "How many heads --mode multihead has  [default: 3]", "H")
    ] = None
    layers: Annotated[int, attention_option("--layers", "How many blocks are stacked.", "L")] = 1
    projections: Annotated[
        str | None,
        attention_option(
            "--projections",
            "Where w_q, w_k, w_v and w_o come from  [default: trained if the vectors have such heads, else random]",
            "trained|random|identity|FILE.npz",
            PROJECTIONS,
        ),
    ] = None
    seed: Annotated[int, attention_option("--seed", "The seed of random projections.", "N")] = 0
    mask: Annotated[
        list[str] | None,
        attention_option(
            "--mask",
            "What a word may see; repeat it to combine.",
            "none|causal|window:K",
            ("none", "causal", "window:"),
        ),
    ] = None
    exclude_self: Annotated[
        bool | None,
        attention_option(
            "--exclude-self/--include-self", "Hide every word from itself  [default: as trained, else no]"
        ),
    ] = None
    temperature: Annotated[
        float, attention_option("--temperature", "Divides the scores: below 1 sharper, above 1 flatter.", "T")
    ] = 1.0
    sigma: Annotated[
        float | None, attention_option("--sigma", "The width of --method kernel  [default: σ² = √d_k]", "S")
    ] = None
    positions: Annotated[
        str,
        attention_option(
            "--positions", "What is added to the vectors to mark their places.", "|".join(POSITIONS), POSITIONS
        ),
    ] = "none"
    memory: Annotated[
        str | None,
        attention_option("--memory", "Cross-attention: keys and values come from this sentence.", "SENTENCE"),
    ] = None


@dataclass(frozen=True)
class InputOptions:
    """Which vectors, and what becomes of words they lack."""

    vectors: VectorSet = None
    unknown: Annotated[
        str,
        input_option(
            "--unknown",
            "Compose unknown words of parts (fastText, Model2Vec), skip them, or refuse.",
            "|".join(UNKNOWN),
            UNKNOWN,
        ),
    ] = "compose"


@dataclass(frozen=True)
class OutputOptions:
    """How it is shown, and where."""

    top: Annotated[int, output_option("--top", "How many context words, or heads, are listed.", "K")] = 5
    json: Annotated[bool, output_option("--json", "One JSON object a sentence (see: attn schema explain).")] = False
    precision: Annotated[int, output_option("--precision", "Decimals in JSON.", "N")] = 6
    color_scale: Annotated[
        str, output_option("--color-scale", "Colours over 0 to 1, or over each row's range.", "fixed|row", SCALES)
    ] = "fixed"
    color: Annotated[str, output_option("--color", "When to use colour.", "|".join(COLORS), COLORS)] = "auto"
    output: Annotated[
        str | None, output_option("-o --output", "Write here instead; the ending says what, see --format.", "FILE")
    ] = None
    format: Annotated[
        str | None,
        output_option("--format", "What is written, whatever the ending of -o.", "|".join(FORMATS), tuple(FORMATS)),
    ] = None
    csv: Annotated[
        str, output_option("--csv", "Text like a formula in CSV: a ' before it, or to the letter.", "|".join(CSV), CSV)
    ] = "guarded"
    quiet: Annotated[bool, output_option("-q --quiet", "No remarks on standard error, only errors.")] = False
    debug: Annotated[bool, output_option("--debug", "Show the traceback of a fault of attn's own.")] = False


@dataclass(frozen=True)
class AnswerOptions:
    """How the answer is shown, and how much is said beside it."""

    color: Annotated[str, output_option("--color", "When to use colour.", "|".join(COLORS), COLORS)] = "auto"
    quiet: Annotated[bool, output_option("-q --quiet", "No remarks or progress on standard error, only errors.")] = (
        False
    )
    debug: Annotated[bool, output_option("--debug", "Show the traceback of a fault of attn's own.")] = False
