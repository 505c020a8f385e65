"""The output formats, a row each: its ending, its views by type of record, and which of them an output asks for."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from attncli.errors import UsageError
from attncli.settings.option import check_choice

if TYPE_CHECKING:
    from attncli.cli.options import RecordOptions

PARQUET = "records.alignment:check_installed"
LINES = {
    "Explanation": "terminal.explain:explanation_lines",
    "Comparison": "terminal.compare:compare_lines",
    "ModelComparison": "terminal.model_compare:model_compare_lines",
    "HeadRanking": "terminal.heads:ranking_lines",
    "HeadEffects": "terminal.effects:effects_lines",
    "HeadContributions": "terminal.contributions:contributions_lines",
    "Prediction": "terminal.prediction:prediction_lines",
    "Lens": "terminal.lens:lens_lines",
    "Alignment": "terminal.alignment:alignment_lines",
    "Similarity": "terminal.similarity:similarity_lines",
    "TextSearch": "terminal.search:search_lines",
    "TreebankHeads": "terminal.treebank:treebank_lines",
}
CONTENTS = {
    "Explanation": "figure.explained:explanation_content",
    "Comparison": "figure.compared:comparison_content",
    "ModelComparison": "figure.compared:model_comparison_content",
    "Lens": "figure.lens:lens_content",
    "HeadEffects": "figure.effects:effects_content",
    "HeadContributions": "figure.contributions:contributions_content",
    "Alignment": "figure.alignment:alignment_content",
    "Similarity": "figure.similarity:similarity_content",
    "TreebankHeads": "figure.treebank:treebank_content",
}


@dataclass(frozen=True)
class Format:
    """One output format; `name` is the ending of `-o` and the value of `--format`.

    views: for the name of each type of record that it can show, `module:function` below attncli.views, imported when
    it is needed; write: the function of `writing.WRITERS` that writes what the view gives; needs: a function like a
    view, called before any work, that raises ResourceError where the package of an extra is missing; many: whether a
    stream may hold several records; binary: whether a terminal must not get it.
    """

    name: str
    views: Mapping[str, str]
    write: str = "document"
    needs: str | None = None
    many: bool = False
    binary: bool = False

    @property
    def paged(self) -> bool:
        """Whether it is a page as on a terminal, without every number."""
        return self.write in ("lines", "screen")

    @property
    def drawn(self) -> bool:
        """Whether `--figure` chooses its drawing."""
        return self.write == "figure"

    def view(self, record: type) -> Any:
        """The view of a type of record."""
        return _imported(self.views[record.__name__])


FORMATS = {
    each.name: each
    for each in (
        Format("txt", LINES, "lines", many=True),
        Format(
            "json",
            {
                "Explanation": "records.json:explanation_json",
                "Comparison": "records.compared:comparison_json",
                "ModelComparison": "records.compared:model_comparison_json",
                "HeadRanking": "records.json:ranking_json",
                "HeadEffects": "records.effects:effects_json",
                "HeadContributions": "records.contributions:contributions_json",
                "Prediction": "records.prediction:prediction_json",
                "Lens": "records.lens:lens_json",
                "Alignment": "records.alignment:alignment_json",
                "Similarity": "records.similarity:similarity_json",
                "TextSearch": "records.search:search_json",
                "TreebankHeads": "records.treebank:treebank_json",
            },
            "json",
            many=True,
        ),
        Format(
            "csv",
            {
                "Explanation": "records.rows:explanation_rows",
                "Comparison": "records.rows:comparison_rows",
                "ModelComparison": "records.rows:model_comparison_rows",
                "HeadRanking": "records.rows:ranking_rows",
                "HeadEffects": "records.effects:effects_rows",
                "HeadContributions": "records.contributions:contributions_rows",
                "Prediction": "records.prediction:prediction_rows",
                "Lens": "records.lens:lens_rows",
                "Alignment": "records.alignment:alignment_rows",
                "Similarity": "records.similarity:similarity_rows",
                "TextSearch": "records.search:search_rows",
                "TreebankHeads": "records.treebank:treebank_rows",
            },
            "rows",
            many=True,
        ),
        Format("parquet", {"Alignment": "records.alignment:alignment_table"}, "table", PARQUET, many=True, binary=True),
        Format(
            "npz",
            {
                "Explanation": "records.arrays:explanation_arrays",
                "Comparison": "records.arrays:comparison_arrays",
                "ModelComparison": "records.arrays:model_comparison_arrays",
                "Prediction": "records.prediction:prediction_arrays",
                "Lens": "records.lens:lens_arrays",
                "Alignment": "records.alignment:alignment_arrays",
                "Similarity": "records.similarity:similarity_arrays",
            },
            "arrays",
            binary=True,
        ),
        Format(
            "html",
            {
                "Explanation": "page:explanation_page",
                "Comparison": "page:comparison_page",
                "ModelComparison": "page:comparison_page",
                "HeadEffects": "page:effects_page",
                "Alignment": "page.alignment:alignment_page",
                "Similarity": "page.similarity:similarity_page",
                "TreebankHeads": "page.treebank:treebank_page",
            },
            "page",
        ),
        Format("svg", CONTENTS, "figure", "figure.saving:check_installed"),
        Format("pdf", CONTENTS, "figure", "figure.saving:check_installed", binary=True),
        Format("png", CONTENTS, "figure", "figure.saving:check_installed", binary=True),
        Format("screen.svg", LINES, "screen"),
    )
}


def offered(record: str) -> dict[str, Format]:
    """The formats that can show a type of record."""
    return {name: each for name, each in FORMATS.items() if record in each.views}


def chosen_format(record: str, output: "RecordOptions", figure: str = "heat") -> Format:
    """The format of a type of record that `--format`, `--json` and the ending of `-o` ask for, its needs checked.

    Raises:
        UsageError: they disagree, name none that is offered, or would put bytes on a terminal; a figure where none is
            asked for.
        ResourceError: the package that the format needs is not installed.
    """
    chosen = offered(record)[_chosen_name(output, offered(record))]
    if chosen.needs is not None:
        _imported(chosen.needs)()
    if figure != "heat" and not chosen.drawn:
        first, *others = (f".{each.name}" for each in FORMATS.values() if each.drawn)
        hint = f"add -o FILE{', '.join([first, *others[:-1]])} or {others[-1]}"
        raise UsageError("expected a figure to write", hint, setting="figure", value=figure)
    return chosen


def _chosen_name(output: "RecordOptions", formats: Mapping[str, Format]) -> str:
    named = output.format and check_choice("format", output.format, tuple(formats))
    if output.json and named not in (None, "json"):
        raise UsageError("expected json, or no --json", "leave one of the two out", setting="format", value=named)
    wanted = named or ("json" if output.json else None)
    if output.output is None:
        return _on_stdout(formats[wanted or "txt"])
    ending = _ending(output.output, formats)
    if wanted is None and ending is None and not output.output.startswith("/dev/"):
        endings = ", ".join(f".{each}" for each in formats)
        raise UsageError(f"expected an ending among {endings}", setting="output", value=output.output)
    if output.json and ending not in (None, "json"):
        hint = "end the file with .json, or leave --json out"
        raise UsageError("expected the ending .json with --json", hint, setting="output", value=output.output)
    return wanted or ending or "txt"


def written_format(values: Mapping[str, Any]) -> str:
    """The format that these options ask for, unchecked: `format`, `json`, the ending of `output`, else text."""
    asked = values.get("format") or ("json" if values.get("json") else None)
    return asked or _ending(values.get("output") or "", FORMATS) or "txt"


def _ending(path: str, formats: Iterable[str]) -> str | None:
    """The longest ending of `path` that names a format."""
    found = [each for each in formats if path.lower().endswith(f".{each}")]
    return max(found, key=len, default=None)


def _on_stdout(wanted: Format) -> str:
    if wanted.binary and sys.stdout is not None and sys.stdout.isatty():
        hint = f"write it to a file: -o attention.{wanted.name}"
        raise UsageError("expected a file for bytes, got a terminal", hint, setting="format", value=wanted.name)
    return wanted.name


def _imported(place: str) -> Any:
    module, name = place.split(":")
    return getattr(import_module(f"attncli.views.{module}"), name)
