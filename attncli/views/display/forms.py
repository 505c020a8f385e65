"""A value as text, as a dictionary and as a data frame: the views of `.txt`, `.json` and `.csv` in Python."""

import json
from typing import Any

from attncli.extras import package
from attncli.views.formats import FORMATS, kind_of
from attncli.views.screen import Screen

PAPER = Screen(width=80, numbers=True)  # whatever the terminal at hand is


def screen_of(record: Any) -> str:
    """The lines of the screen, 80 cells wide and without colours."""
    lines = FORMATS["txt"].view(type(record))(record, PAPER)
    return "\n".join(line.plain.rstrip(" ") for line in lines)


def dict_of(record: Any) -> dict[str, Any]:
    """The record of the JSON."""
    made: dict[str, Any] = json.loads(FORMATS["json"].view(type(record))(record))
    return made


def frame_of(record: Any) -> Any:
    """The rows of the CSV as a data frame; of an explanation without the terms of its scores."""
    pandas = package("pandas", "a data frame")
    if kind_of(type(record)) == "Explanation":
        from attncli.views.records.columns import explanation_columns  # a million rows at once

        return pandas.DataFrame(explanation_columns(record))
    rows = iter(FORMATS["csv"].view(type(record))(record))
    columns = list(next(rows))
    return pandas.DataFrame.from_records(list(rows), columns=columns)
