"""The output formats, a row each: its ending, its needs, and its views by type of record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

PARQUET = "views.records.alignment:check_installed"
LINES = {
    "Explanation": "views.terminal.explain:explanation_lines",
    "Comparison": "views.terminal.compare:compare_lines",
    "ModelComparison": "views.terminal.model_compare:model_compare_lines",
    "HeadRanking": "views.terminal.heads:ranking_lines",
    "HeadEffects": "views.terminal.effects:effects_lines",
    "HeadContributions": "views.terminal.contributions:contributions_lines",
    "Prediction": "views.terminal.prediction:prediction_lines",
    "Lens": "views.terminal.lens:lens_lines",
    "Alignment": "views.terminal.alignment:alignment_lines",
    "Similarity": "views.terminal.similarity:similarity_lines",
    "TextSearch": "views.terminal.search:search_lines",
    "TreebankHeads": "views.terminal.treebank:treebank_lines",
    "WholeTour": "tour.whole:whole_lines",
}
CONTENTS = {
    "Explanation": "views.figure.explained:explanation_content",
    "Comparison": "views.figure.compared:comparison_content",
    "ModelComparison": "views.figure.compared:model_comparison_content",
    "Lens": "views.figure.lens:lens_content",
    "HeadEffects": "views.figure.effects:effects_content",
    "HeadContributions": "views.figure.contributions:contributions_content",
    "Alignment": "views.figure.alignment:alignment_content",
    "Similarity": "views.figure.similarity:similarity_content",
    "TreebankHeads": "views.figure.treebank:treebank_content",
}


@dataclass(frozen=True)
class Format:
    """One output format; `name` is the ending of `-o` and the value of `--format`.

    views: for the name of each type of record that it can show, `module:function` below attncli, imported when it
    is needed; write: the way of writing it, as `cli/writing.py: WRITERS` names it; needs: a function like a view,
    called before any work, that raises ResourceError where the package of an extra is missing; many: whether a stream
    may hold several records; binary: whether a terminal must not get it.
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
        return imported(self.views[kind_of(record)])


FORMATS = {
    each.name: each
    for each in (
        Format("txt", LINES, "lines", many=True),
        Format(
            "json",
            {
                "Explanation": "views.records.json:explanation_json",
                "Comparison": "views.records.compared:comparison_json",
                "ModelComparison": "views.records.compared:model_comparison_json",
                "HeadRanking": "views.records.json:ranking_json",
                "HeadEffects": "views.records.effects:effects_json",
                "HeadContributions": "views.records.contributions:contributions_json",
                "Prediction": "views.records.prediction:prediction_json",
                "Lens": "views.records.lens:lens_json",
                "Alignment": "views.records.alignment:alignment_json",
                "Similarity": "views.records.similarity:similarity_json",
                "TextSearch": "views.records.search:search_json",
                "TreebankHeads": "views.records.treebank:treebank_json",
            },
            "json",
            many=True,
        ),
        Format(
            "csv",
            {
                "Explanation": "views.records.rows:explanation_rows",
                "Comparison": "views.records.rows:comparison_rows",
                "ModelComparison": "views.records.rows:model_comparison_rows",
                "HeadRanking": "views.records.rows:ranking_rows",
                "HeadEffects": "views.records.effects:effects_rows",
                "HeadContributions": "views.records.contributions:contributions_rows",
                "Prediction": "views.records.prediction:prediction_rows",
                "Lens": "views.records.lens:lens_rows",
                "Alignment": "views.records.alignment:alignment_rows",
                "Similarity": "views.records.similarity:similarity_rows",
                "TextSearch": "views.records.search:search_rows",
                "TreebankHeads": "views.records.treebank:treebank_rows",
            },
            "rows",
            many=True,
        ),
        Format(
            "parquet",
            {"Alignment": "views.records.alignment:alignment_table"},
            "table",
            PARQUET,
            many=True,
            binary=True,
        ),
        Format(
            "npz",
            {
                "Explanation": "views.records.arrays:explanation_arrays",
                "Comparison": "views.records.arrays:comparison_arrays",
                "ModelComparison": "views.records.arrays:model_comparison_arrays",
                "Prediction": "views.records.prediction:prediction_arrays",
                "Lens": "views.records.lens:lens_arrays",
                "Alignment": "views.records.alignment:alignment_arrays",
                "Similarity": "views.records.similarity:similarity_arrays",
            },
            "arrays",
            binary=True,
        ),
        Format(
            "html",
            {
                "Explanation": "views.page:explanation_page",
                "Comparison": "views.page:comparison_page",
                "ModelComparison": "views.page:comparison_page",
                "HeadEffects": "views.page:effects_page",
                "Alignment": "views.page.alignment:alignment_page",
                "Similarity": "views.page.similarity:similarity_page",
                "TreebankHeads": "views.page.treebank:treebank_page",
                "WholeTour": "tour.offline:whole_page",
            },
            "page",
        ),
        Format("svg", CONTENTS, "figure", "views.figure.saving:check_installed"),
        Format("pdf", CONTENTS, "figure", "views.figure.saving:check_installed", binary=True),
        Format("png", CONTENTS, "figure", "views.figure.saving:check_installed", binary=True),
        Format("screen.svg", LINES, "screen"),
    )
}


def kind_of(record: type) -> str:
    """The name of a type of record, or of the one that it extends."""
    return next((each.__name__ for each in record.__mro__ if each.__name__ in LINES), record.__name__)


def offered(record: str) -> dict[str, Format]:
    """The formats that can show a type of record."""
    return {name: each for name, each in FORMATS.items() if record in each.views}


def ending_of(path: str, formats: Iterable[str]) -> str | None:
    """The longest ending of `path` that names a format."""
    found = [each for each in formats if path.lower().endswith(f".{each}")]
    return max(found, key=len, default=None)


def imported(place: str) -> Any:
    """The function that a row names, as `module:function` below attncli."""
    module, name = place.split(":")
    return getattr(import_module(f"attncli.{module}"), name)
