"""The options of `attn corpus`, in groups that are also the panels of its help."""

from dataclasses import dataclass
from typing import Annotated, Any

from attncli.cli.model_options import Heads, Layers, ModelName
from attncli.cli.options import Values, option
from attncli.settings.corpus import COLLECT, TABLES
from attncli.settings.explanation import CSV


def corpus_option(name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of the panel about the corpus."""
    return option("Corpus", name, help, metavar, values)


def run_option(name: str, help: str, metavar: str | None = None, values: Values = ()) -> Any:
    """An option of the panel about how it runs."""
    return option("Run", name, help, metavar, values)


@dataclass(frozen=True)
class CorpusModel:
    """A model in place of vectors."""

    model: ModelName = None
    layer: Layers = None
    head: Heads = None


@dataclass(frozen=True)
class CollectOptions:
    """What is read, and what is collected."""

    collect: Annotated[
        list[str] | None,
        corpus_option(
            "--collect",
            "What comes out; repeat it, or give a list with commas  [default: context,distance,entropy]",
            "|".join(COLLECT),
            COLLECT,
        ),
    ] = None
    words: Annotated[
        list[str] | None, corpus_option("--words", "Context of these words only, with commas between.", "LIST")
    ] = None
    top: Annotated[int, corpus_option("--top", "How many of its strongest words are a word's context.", "K")] = 5
    kept: Annotated[int, corpus_option("--kept", "How many context words a word has in the table.", "N")] = 20
    sentences: Annotated[bool, corpus_option("--sentences", "Cut lines into sentences.")] = False
    field: Annotated[
        str | None, corpus_option("--field", "Lines are JSON objects, and this is the text's key.", "KEY")
    ] = None
    limit: Annotated[int | None, corpus_option("--limit", "Only the first N lines.", "N")] = None


@dataclass(frozen=True)
class RunOptions:
    """Where it goes, and what it runs on."""

    output: Annotated[str | None, run_option("-o --output", "The folder for tables and parts.", "DIR")] = None
    format: Annotated[str, run_option("--format", "The format of the tables.", "|".join(TABLES), TABLES)] = "ndjson"
    csv: Annotated[
        str, run_option("--csv", "Text like a formula in CSV: a ' before it, or to the letter.", "|".join(CSV), CSV)
    ] = "guarded"
    picture: Annotated[
        str | None, run_option("--picture", "A figure of attention by distance: .svg, .pdf or .png.", "FILE")
    ] = None
    resume: Annotated[bool, run_option("--resume", "Go on with what stands in the folder.")] = False
    jobs: Annotated[int, run_option("--jobs", "How many processes work on it.", "N")] = 1
    scheduler: Annotated[
        str | None, run_option("--scheduler", "A Dask cluster in place of --jobs.", "local|tcp://HOST:PORT")
    ] = None
    json: Annotated[bool, run_option("--json", "The manifest in place of the summary.")] = False
