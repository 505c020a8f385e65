"""The lines that are most alike to a query, as JSON and as rows of a table."""

from collections.abc import Iterator

from attncli.recipes.text_search import TextSearch
from attncli.views.records.json import VERSION, Numbers, check_count, json_line
from attncli.views.records.rows import Row
from attncli.views.records.similarity import similarity_record

NAME = "attn.search"
HEAD = ("rank", "found_line", "similarity", "text")


def search_json(search: TextSearch, *, precision: int = 6) -> str:
    """One line of the `attn.search` schema.

    Raises:
        AttnError: it would take more than MOST_BYTES.
    """
    check_count(len(search.best.tokens) * len(search.best.other_tokens), precision)
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": NAME,
            "schema_version": VERSION,
            "query": search.query,
            "lines": search.lines,
            "function": search.best.function,
            "ranked": [
                {"line": each.line, "similarity": numbers.scalar(each.similarity), "text": each.text}
                for each in search.found
            ],
            "best": similarity_record(search.best, numbers),
            "warnings": [*search.warnings, *search.remarks],
        }
    )


def search_rows(search: TextSearch) -> Iterator[Row]:
    """The heads of the columns, then a row a line that was found, ranked from 1."""
    yield HEAD
    for rank, each in enumerate(search.found, 1):
        yield rank, each.line, each.similarity, each.text
