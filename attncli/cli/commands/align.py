"""`attn align`: which words of a sentence and of its translation belong together, in one pair or in files of pairs."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.named_files import OnFiles, PairExample, named_files
from attncli.cli.options import (
    DRAWN,
    SCREENS,
    ModelOption,
    RecordOptions,
    check_alone,
    full_field,
    output_option,
    scale_field,
    vectors_field,
)
from attncli.errors import Setting, UsageError
from attncli.settings.alignment import AlignmentOptions, check_alignment
from attncli.settings.effect import AnyOf, NoneOf, Written
from attncli.settings.explanation import UnknownOption
from attncli.settings.figure import FigureOptions
from attncli.settings.option import Whole, as_it_is, option
from attncli.vectors.places import WORLD
from attncli.views.formats import Format, offered

if TYPE_CHECKING:
    from attncli.cli.align_space import Space
    from attncli.cli.output import Sink
    from attncli.corpus.gold_file import GoldLinks
    from attncli.recipes.alignment import Alignment
    from attncli.settings.alignment import AlignmentSettings

EXAMPLES = """attn align "the white house" "la maison blanche"
attn align "the white house" "la maison blanche" --links grow-diag-final --json
attn align "the white house" "la maison blanche" --model my-model --layer 1
attn align english.txt german.txt > links.txt"""
EXAMPLE = PairExample("align", "sentence", "SOURCE", "PAIRS.txt", ("the dog is very cute", "le chien est très mignon"))
NAMES = "SOURCE", "TARGET"  # of the sentences in errors

SourceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SOURCE",
        show_default=False,
        help="A sentence, or a file; a file alone, or - for standard input, has a line a pair: source ||| target, or "
        "a tab between them. Left out: an example.",
    ),
]
TargetArgument = Annotated[
    str | None, typer.Argument(metavar="TARGET", show_default=False, help="Its translation, or a file of those.")
]

batch_option = partial(option, "Files")
ON_FILES = OnFiles(("source", "target"), "two sentences")


@dataclass(frozen=True)
class WordOptions(UnknownOption):
    """The vector set, and the treatment of words that it lacks."""

    vectors: str | None = vectors_field(described=WORLD)


@dataclass(frozen=True)
class BatchOptions:
    """The gold links of files, and the processes that work on them."""

    gold: str | None = batch_option(
        None, "Gold links, 1-2 3p4 a line, of --tokenized text: adds precision, recall, F1 and AER.", metavar="FILE"
    )
    gold_base: int | None = batch_option(
        None,
        "The number of the first word in --gold",
        check=Whole(0, 1),
        metavar="0|1",
        described="0 where a 0 is in it, else 1",
    )
    jobs: int = batch_option(
        1, "How many processes work on files.", check=Whole(1, 1024), metavar="N", needs=[ON_FILES]
    )


@dataclass(frozen=True)
class FormOptions(RecordOptions):
    """The form and the destination of alignments."""

    json: bool = output_option(False, "One JSON object a pair of sentences (see: attn schema -h).")
    format: str | None = output_option(
        None, "The format, whatever the ending of -o.", values=tuple(offered("Alignment")), check=as_it_is
    )
    color_scale: str = scale_field(needs=[Written((*SCREENS, *DRAWN)), AnyOf((NoneOf(ON_FILES), Written(DRAWN)))])
    full: bool = full_field("With --json: the similarity and the scores too.")


@options(AlignmentOptions, BatchOptions, WordOptions, ModelOption, FigureOptions, FormOptions)
def command(
    alignment: AlignmentOptions,
    files: BatchOptions,
    words: WordOptions,
    model: ModelOption,
    figure: FigureOptions,
    output: FormOptions,
    context: typer.Context,
    source: SourceArgument = None,
    target: TargetArgument = None,
) -> None:
    """Align the words of two languages: the links between a sentence and its translation."""
    check_alone(context, model, untrained=("vectors", "unknown"))
    form = chosen_format("Alignment", output, figure.figure)
    named, gold = named_files(source, target, output.quiet, "sentences"), _gold(files)
    given = vars(alignment) | ({} if gold is None else {"tokenized": True})  # gold counts the words between blanks
    if model.model is None:
        given |= {"unknown": words.unknown}
    settings = check_alignment(with_model=model.model is not None, **given)
    space = _space(words, model, output)
    if named:
        from attncli.cli.align_batch import Batch, align_batch  # NumPy comes with it: not for help and completion

        batch = Batch(named, settings, space, gold, files.jobs)
        raise typer.Exit(align_batch(batch, form, output, full=output.full, figure=figure))
    _align_texts(EXAMPLE.or_given(source, target, output.quiet), settings, space, gold, form, output, figure)


def _gold(files: BatchOptions) -> "GoldLinks | None":
    """The gold links, if there are any."""
    if files.gold is None:
        if files.gold_base is not None:
            hint = ("add ", Setting("gold", "FILE"))
            raise UsageError("expected gold links with it", hint, setting="gold_base", value=files.gold_base)
        return None
    from attncli.corpus.gold_file import read_gold

    return read_gold(files.gold, files.gold_base)


def _space(words: WordOptions, model: ModelOption, output: RecordOptions) -> "Space":
    """The model, or the vector set, opened so that a file is imported once."""
    from attncli.cli.align_space import Space

    if model.model is not None:
        return Space(model=model.model)
    from attncli.cli.reading import opened_vectors

    return Space(vectors=str(opened_vectors(words.vectors or WORLD, output).folder.absolute()))


def _align_texts(
    texts: tuple[str, str],
    settings: "AlignmentSettings",
    space: "Space",
    gold: "GoldLinks | None",
    form: Format,
    output: FormOptions,
    figure: FigureOptions,
) -> None:
    """Write the alignment of two sentences, and how it agrees with gold."""
    from attncli.analysis.gold import agreement
    from attncli.cli.align_report import write_agreement
    from attncli.cli.align_space import recipe_of
    from attncli.cli.writing import write_one

    def make() -> "Alignment":
        made = recipe_of(space, settings, NAMES)(*texts)
        own = None if gold is None else gold[0]
        return made if own is None else replace(made, agreement=agreement(made.links, own))

    def judge(record: "Alignment", sink: "Sink") -> None:
        if record.agreement is not None:
            write_agreement(record.agreement, sink if form.write == "json" else None, output.precision)

    write_one(make, form, output, full=output.full, figure=figure, after=judge)
