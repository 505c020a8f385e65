"""`attn similar QUERY --in FILE`: the lines of a file that are most alike to a query, and why the first one is."""

from dataclasses import dataclass

from attncli.cli.line_files import no_lines, size_of
from attncli.cli.line_report import LineReport
from attncli.cli.options import RecordOptions
from attncli.cli.similar_space import Space
from attncli.cli.writing import write_one
from attncli.corpus.lines import LineForm
from attncli.corpus.searching import Searcher, by_model, by_words
from attncli.corpus.text_lines import Lines, opened_lines, texts_of
from attncli.errors import ExitCode
from attncli.recipes.text_search import TextSearch
from attncli.settings.similarity import SimilaritySettings
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets
from attncli.views.formats import Format

AT_ONCE = 2048  # lines, packed by length
TEXT_A_LINE = "give a text a line"


class SearchReport(LineReport):
    """Counts the lines that are compared with a query, and says which could not be."""

    records = "lines"


@dataclass(frozen=True)
class LineSearch:
    """The search of a query among the lines of a file; key: of the text in lines that are JSON objects."""

    query: str
    file: str
    key: str | None = None


def search_file(
    search: LineSearch, space: Space, settings: SimilaritySettings, form: Format, output: RecordOptions
) -> ExitCode:
    """Write the lines that are most alike to a query; returns the exit code: 4 if a line could not be compared.

    Raises:
        UsageError: an empty query, or no line.
        AttnError: a file that cannot be read, or no line that can be compared.
    """
    with opened_lines(search.file) as lines, SearchReport([lines], size_of([search.file]), output) as report:
        write_one(lambda: _found(search, lines, report, space, settings), form, output)
    return report.code


def _found(
    search: LineSearch, lines: Lines, report: LineReport, space: Space, settings: SimilaritySettings
) -> TextSearch:
    """The lines found."""
    searcher: Searcher | None = None
    while block := lines.take(AT_ONCE):
        texts = texts_of(block, LineForm(search.key))
        searcher = searcher or _searcher(search.query, space, settings, texts)
        report.take(len(block), searcher.add(report.lines + 1, texts))
    if searcher is None:
        raise no_lines([search.file], TEXT_A_LINE)
    return searcher.result()


def _searcher(query: str, space: Space, settings: SimilaritySettings, texts: list[str]) -> Searcher:
    if isinstance(space, Vectors | EmbeddedSets):
        return by_words(query, space, settings, texts)
    return by_model(query, space, settings)
