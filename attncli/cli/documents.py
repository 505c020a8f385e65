"""What explain and compare write besides their pages and JSON: a table of documents for each, by their formats."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from attncli.cli.formats import asked_format
from attncli.cli.options import FIGURES, FORMATS, OutputOptions
from attncli.errors import UsageError
from attncli.settings.explanation import check_choice
from attncli.settings.typed import Remark

if TYPE_CHECKING:
    from attncli.cli.showing import Document
    from attncli.recipes.comparison import Comparison
    from attncli.recipes.explanation import Explanation
    from attncli.recipes.model_comparison import ModelComparison

_PICTURES = ("svg", "pdf", "png")


class _Views(NamedTuple):
    """Where the views of a record lie under attncli.views: by name, for help and completion wait for none of them."""

    content: str  # of its figure
    arrays: str
    page: str


_EXPLANATION = _Views(
    "figure.explained:explanation_content", "records.arrays:explanation_arrays", "page:explanation_page"
)
_COMPARISON = _Views("figure.compared:comparison_content", "records.arrays:comparison_arrays", "page:comparison_page")
_HEADS_APART = _Views(
    "figure.compared:model_comparison_content", "records.arrays:model_comparison_arrays", "page:comparison_page"
)


def explanation_documents(output: OutputOptions, figure: str = "heat") -> "Mapping[str, Document[Explanation]]":
    """Those of an explanation, of vectors or of a model.

    Raises:
        UsageError: an unknown kind of figure, or one that nothing asks for; so for those below.
    """
    return _documents(_EXPLANATION, output, figure)


def comparison_documents(output: OutputOptions, figure: str = "heat") -> "Mapping[str, Document[Comparison]]":
    """Those of methods held against each other."""
    return _documents(_COMPARISON, output, figure)


def model_comparison_documents(
    output: OutputOptions, figure: str = "heat"
) -> "Mapping[str, Document[ModelComparison]]":
    """Those of models, or a changed word, held against each other.

    Raises:
        UsageError: arcs, which are drawn between words.
    """
    if figure == "arcs":
        reason = "arcs are drawn between words, and here heads are compared"
        raise UsageError(reason, "leave it out: a map of the heads", setting="figure", value=figure)
    return _documents(_HEADS_APART, output, figure)


def _documents(views: _Views, output: OutputOptions, figure: str) -> "Mapping[str, Document[Any]]":
    """By format; what figures need is looked for before any work is done for them."""
    check_choice("figure", figure, FIGURES)
    asked = asked_format(output, FORMATS)
    if asked in _PICTURES:
        from attncli.views.figure.saving import check_installed

        check_installed()
    elif figure != "heat":
        reason, hint = "expected a figure to write", "add -o FILE.svg, .pdf or .png"
        raise UsageError(reason, hint, setting="figure", value=figure)
    figures = {form: _figure(views.content, output, figure, form) for form in _PICTURES}
    return {"npz": _npz(views.arrays), "html": _html(views.page, output), **figures}


def _view(place: str) -> Any:
    """The view at a `module:name`, imported for those who ask for it."""
    module, name = place.split(":")
    return getattr(import_module(f"attncli.views.{module}"), name)


def _npz(arrays: str) -> "Document[Any]":
    def write(record: Any, stream: BinaryIO) -> None:
        from attncli.files.npz import write_npz

        write_npz(stream, _view(arrays)(record))

    return write


def _html(page: str, output: OutputOptions) -> "Document[Any]":
    def write(record: Any, stream: BinaryIO) -> None:
        stream.write(_view(page)(record, output.color_scale == "row").encode())

    return write


def _figure(content: str, output: OutputOptions, kind: Any, form: Any) -> "Document[Any]":
    def write(record: Any, stream: BinaryIO) -> None:
        from attncli.cli.output import say  # it brings Rich, which help need not wait for
        from attncli.views.figure.saving import save_figure

        drawn = _view(content)(record, kind, output.color_scale == "row")
        for remark in save_figure(drawn, kind, stream, form):
            if not output.quiet:
                say(Remark(remark).after("note: "))

    return write
