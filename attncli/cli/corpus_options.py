"""The options of `attn corpus`, in groups that are also the panels of its help."""

from dataclasses import dataclass
from functools import partial

from attncli.cli.options import ChosenHeads, csv_field
from attncli.settings.corpus import COLLECT, KEPT, PATIENCE, TABLES, check_collected, check_scheduler, check_words
from attncli.settings.effect import With, Without
from attncli.settings.model import PartOptions, model_option
from attncli.settings.option import Whole, option

corpus = partial(option, "Corpus")
run = partial(option, "Run")
OF_CONTEXT = With("collect", ("context",))
KEPT_TABLES = With("output")


@dataclass(frozen=True)
class CollectOptions:
    """The text that is read, and the tables that are collected."""

    collect: tuple[str, ...] = corpus(
        ("context", "distance", "entropy"),
        "The tables to make; repeat it, or give a list with commas",
        check=check_collected,
        values=COLLECT,
        typed=list[str],
        described="context,distance,entropy",
    )
    words: tuple[str, ...] | None = corpus(
        None,
        "Context of these words only, with commas between.",
        check=check_words,
        metavar="LIST",
        typed=list[str],
        needs=[OF_CONTEXT],
    )
    top: int = corpus(
        5, "How many of its strongest words are a word's context.", check=Whole(1), metavar="K", needs=[OF_CONTEXT]
    )
    kept: int = corpus(
        KEPT, "How many context words a word has in the table.", check=Whole(1), metavar="N", needs=[OF_CONTEXT]
    )
    sentences: bool = corpus(False, "Cut lines into sentences.")
    field: str | None = corpus(None, "Lines are JSON objects, and this is the text's key.", metavar="KEY")
    limit: int | None = corpus(None, "Only the first N lines.", check=Whole(1), metavar="N")


@dataclass(frozen=True)
class TargetFiles:
    """The targets of an encoder–decoder, whose sources are the text."""

    target: str | None = model_option(
        None, "Targets of the one FILE, a line each; else behind a tab in its lines.", metavar="FILE"
    )
    target_field: str | None = model_option(None, "The target's key in JSON objects, see --field.", metavar="KEY")

    @property
    def paired(self) -> bool:
        """Whether there are targets for certain."""
        return self.target is not None or self.target_field is not None


@dataclass(frozen=True)
class CorpusModel(TargetFiles, PartOptions, ChosenHeads):
    """The model, its targets, and the part, the layers and the heads that are looked at."""

    @property
    def shown_part(self) -> str | None:
        """The part that is shown; None: that of a model that has no others."""
        return self.part or ("cross" if self.paired else None)

    @property
    def reads_targets(self) -> bool:
        """Whether every line has a target."""
        return self.paired or self.part in ("decoder", "cross")


@dataclass(frozen=True)
class RunOptions:
    """The output, and the processes or the cluster that make it."""

    output: str | None = run(None, "The folder for tables and parts.", names="-o --output", metavar="DIR")
    format: str = run("ndjson", "The format of the tables.", values=TABLES, needs=[KEPT_TABLES])
    csv: str = csv_field("Run", needs=[With("format", ("csv",)), KEPT_TABLES])
    picture: str | None = run(None, "A figure of attention by distance: .svg, .pdf or .png.", metavar="FILE")
    resume: bool = run(False, "Go on with the parts in the folder.")
    keep_parts: bool = run(False, "Keep the parts of shards when the tables are there.", needs=[KEPT_TABLES])
    jobs: int = run(
        1, "How many processes work on it.", check=Whole(1, 1024), metavar="N", needs=[Without("scheduler")]
    )
    scheduler: str | None = run(
        None,
        f"A Dask cluster in place of --jobs; it has {PATIENCE} s to answer, and as many to have a worker.",
        check=check_scheduler,
        metavar="local|tcp://HOST:PORT",
    )
    json: bool = run(False, "The manifest in place of the summary.")
