"""`attn similar`: how alike two texts are, and which of their words make them so."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.named_files import OnFiles, PairExample, named_files
from attncli.cli.options import (
    DRAWN,
    SCREENS,
    InputOptions,
    ModelOption,
    RecordOptions,
    check_alone,
    output_option,
    scale_field,
)
from attncli.errors import UsageError
from attncli.settings.effect import AnyOf, NoneOf, With, Written
from attncli.settings.figure import FigureOptions
from attncli.settings.option import again, as_it_is, check_text, option
from attncli.settings.similarity import SimilarityOptions, check_similarity
from attncli.views.formats import Format, offered

if TYPE_CHECKING:
    from attncli.recipes.text_similarity import Similarity
    from attncli.settings.similarity import SimilaritySettings

EXAMPLES = """attn similar "The dog plays in the garden" "A puppy runs on the lawn"
attn similar "The dog plays in the garden" "A puppy runs on the lawn" --model my-model
attn similar "The dog plays in the garden" "A puppy runs on the lawn" --drop dog --json
attn similar "the dog swam in the river" --in my-text.txt --top 10"""
EXAMPLE = PairExample("similar", "text", "A", "PAIRS.tsv", ("The dog plays in the garden", "A puppy runs on the lawn"))
NAMES = "A", "B"  # of the texts in errors
FILE_HINT = "name one: attn similar PAIRS.jsonl --fields first,second"

FirstArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="A",
        show_default=False,
        help="A text, or a file; a file alone, or - for standard input, has two texts a line: a tab between them, or a "
        "JSON object with the keys a and b. Left out: an example.",
    ),
]
SecondArgument = Annotated[
    str | None, typer.Argument(metavar="B", show_default=False, help="The other text, or a file of those.")
]

file_option = partial(option, "Files")


def check_fields(setting: str, value: Any) -> str | None:
    """One key of a JSON object, or two with a comma between."""
    if value is not None and not all(name.strip() for name in check_text(setting, value).split(",", 1)):
        raise UsageError("expected two names with a comma between", setting=setting, value=value)
    return None if value is None else str(value)


@dataclass(frozen=True)
class FileOptions:
    """The form of files."""

    lines_in: str | None = file_option(
        None,
        "Search: the --top lines of this file that are most alike to A, and why the first is; - is standard input.",
        names="--in",
        metavar="FILE",
    )
    fields: str | None = file_option(
        None,
        "The keys of the two texts in files of JSON objects; with --in that of the text.",
        check=check_fields,
        metavar="A,B",
        described="a,b",
    )


ON_FILES = OnFiles(("a", "b"), "two texts")
SEVERAL = AnyOf((ON_FILES, With("lines_in")))


@dataclass(frozen=True)
class PairOptions(SimilarityOptions):
    """The similarity, what it is without words, and how much of it is listed."""

    drop: tuple[str, ...] = again(
        SimilarityOptions, "drop", needs=[AnyOf((Written((*SCREENS, "json", *DRAWN)), SEVERAL))]
    )
    leave_one_out: bool = again(
        SimilarityOptions,
        "leave_one_out",
        needs=[AnyOf((Written((*SCREENS, "json", "html", "csv", "npz")), SEVERAL))],
    )
    top: int = again(
        SimilarityOptions,
        "top",
        needs=[
            AnyOf((Written(("json",)), With("lines_in"), NoneOf(ON_FILES))),
            AnyOf((Written((*SCREENS, "json", "html")), With("lines_in"))),
        ],
    )


@dataclass(frozen=True)
class FormOptions(RecordOptions):
    """The form and the destination of similarities."""

    precision: int = again(RecordOptions, "precision", needs=[AnyOf((Written(("json",)), ON_FILES))])
    color_scale: str = scale_field(needs=[Written(DRAWN)])

    json: bool = output_option(False, "One JSON object a pair of texts (see: attn schema -h).")
    format: str | None = output_option(
        None, "The format, whatever the ending of -o.", values=tuple(offered("Similarity")), check=as_it_is
    )


@options(PairOptions, FileOptions, InputOptions, ModelOption, FigureOptions, FormOptions)
def command(
    similarity: PairOptions,
    files: FileOptions,
    words: InputOptions,
    model: ModelOption,
    figure: FigureOptions,
    output: FormOptions,
    context: typer.Context,
    a: FirstArgument = None,
    b: SecondArgument = None,
) -> None:
    """Compare two texts: how alike they are, and which of their words make them so."""
    check_alone(context, model, untrained=("vectors", "unknown"))
    form = chosen_format("Similarity" if files.lines_in is None else "TextSearch", output, figure.figure)
    given = vars(similarity) | ({} if model.model else {"unknown": words.unknown})
    settings = check_similarity(with_model=model.model is not None, **given)
    if files.lines_in is not None:
        raise typer.Exit(_search(_query(a, b, files), files, settings, (words, model), form, output))
    if named := named_files(a, b, output.quiet):
        raise typer.Exit(_compare_files(named, files, settings, (words, model), form, output, figure))
    if files.fields is not None:
        raise UsageError("expected a file with it", FILE_HINT, setting="fields", value=files.fields)
    texts = EXAMPLE.or_given(a, b, output.quiet)
    from attncli.cli.writing import write_one

    write_one(lambda: _compared(texts, settings, words, model, output), form, output, figure=figure)


def _query(a: str | None, b: str | None, files: FileOptions) -> str:
    """The text that is looked for."""
    if a is None:
        hint = f'for example attn similar "{EXAMPLE.texts[0]}" --in FILE'
        raise UsageError("expected a text to look for", hint, setting="lines_in", value=files.lines_in)
    if b is not None:
        raise UsageError("expected one text to look for, got two", "leave one out", setting="B", value=b)
    return a


def _search(
    query: str,
    files: FileOptions,
    settings: "SimilaritySettings",
    source: tuple[InputOptions, ModelOption],
    form: Format,
    output: FormOptions,
) -> int:
    """Write the lines of a file that are most alike to a query; returns the exit code."""
    from attncli.cli.similar_search import LineSearch, search_file  # NumPy comes with it: not for help and completion
    from attncli.cli.similar_space import opened_space

    words, model = source
    search = LineSearch(query, str(files.lines_in), files.fields)
    return search_file(search, opened_space(model.model, words.vectors, output), settings, form, output)


def _compare_files(
    named: list[str],
    files: FileOptions,
    settings: "SimilaritySettings",
    source: tuple[InputOptions, ModelOption],
    form: Format,
    output: FormOptions,
    figure: FigureOptions,
) -> int:
    """Write the similarities of pairs in files; returns the exit code."""
    if form.name == "txt" and (settings.drop or settings.leave_one_out):
        name = "drop" if settings.drop else "leave_one_out"
        raise UsageError("expected records with it: a file gets a number a line", "add --json", setting=name)
    fields = None if files.fields is None else tuple(name.strip() for name in files.fields.split(",", 1))
    if fields is not None and len(fields) != 2:
        raise UsageError("expected two names with a comma between", setting="fields", value=files.fields)
    from attncli.cli.similar_batch import PairFiles, compare_files  # NumPy comes with it: not for help and completion
    from attncli.cli.similar_space import opened_space

    words, model = source
    space = opened_space(model.model, words.vectors, output)
    return compare_files(PairFiles(named, fields), space, settings, form, output, figure)


def _compared(
    texts: tuple[str, str],
    settings: "SimilaritySettings",
    words: InputOptions,
    model: ModelOption,
    output: FormOptions,
) -> "Similarity":
    """The similarity of two texts by the vectors or the model."""
    from attncli.cli.progress import progressing
    from attncli.cli.reading import opened_model, opened_sets
    from attncli.recipes.text_similarity import similar_by_model, similar_with

    if model.model is not None:
        opened = opened_model(model.model)
        with progressing(output) as progress:
            found = similar_by_model(*texts, settings, opened, NAMES, progress)
        return replace(found, named=model.model)
    found = similar_with(*texts, settings, opened_sets(words.vectors, output), NAMES)
    return replace(found, named=words.vectors)
