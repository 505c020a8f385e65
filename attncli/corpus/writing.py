"""Tables on the disk: Parquet, NDJSON or CSV, written piece by piece, the schema's version inside."""

import io
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from attncli.corpus.folder import whole_file
from attncli.corpus.settings import VERSION
from attncli.corpus.tables import table_class
from attncli.corpus.tables.table import Columns
from attncli.files.csv_cells import CsvWriter
from attncli.files.parquet import ParquetWriter, check_parquet


class Writer(Protocol):
    """Takes a table a piece at a time."""

    def write(self, columns: Columns) -> None:
        """Rows, as columns of one length."""


def versioned(name: str) -> str:
    """The value of the column `schema` in every row: the table and the version of its columns."""
    return f"{_schema(name)}/{VERSION}"


def _schema(name: str) -> str:
    return f"attn.corpus.{name}"


@contextmanager
def writing(path: Path, table: str, name: str, cells: str = "guarded") -> Iterator[Writer]:
    """A writer of the table `name` in the format `table`, to a file that appears when it is whole; cells of CSV."""
    with whole_file(path) as file:
        if table == "parquet":
            with closing(ParquetWriter(file, table_class(name).columns, _schema(name), VERSION)) as parquet:
                yield parquet
        else:
            text = io.TextIOWrapper(file, "utf-8", newline="")
            yield _Ndjson(text, name) if table == "ndjson" else _Csv(text, name, cells)
            text.flush()
            text.detach()


class _Ndjson:
    def __init__(self, file: io.TextIOWrapper, name: str) -> None:
        self._file, self._names = file, list(table_class(name).columns)
        keys = "".join(f", {json.dumps(each)}: %s" for each in self._names)
        self._row = '{"schema": ' + json.dumps(versioned(name)) + keys + "}\n"

    def write(self, columns: Columns) -> None:
        """An object a row."""
        cells = (map(_json_cell, columns[name]) for name in self._names)
        self._file.writelines(map(self._row.__mod__, zip(*cells, strict=True)))


_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _json_cell(cell: Any) -> str:
    """A cell as JSON; numbers by `repr`, which is faster."""
    return repr(cell) if type(cell) in (int, float) else _ENCODE(cell)


class _Csv:
    def __init__(self, file: io.TextIOWrapper, name: str, cells: str) -> None:
        self._writer = CsvWriter(file, cells)
        self._schema, self._names = versioned(name), list(table_class(name).columns)
        self._writer.write([["schema", *self._names]])

    def write(self, columns: Columns) -> None:
        """A line a row; lists are JSON."""
        rows = zip(*(columns[name] for name in self._names), strict=True)
        self._writer.write([self._schema, *map(_csv_cell, row)] for row in rows)


def _csv_cell(cell: Any) -> Any:
    return json.dumps(cell) if isinstance(cell, list) else cell


def check_table(table: str) -> None:
    """ResourceError where the format's extra is missing."""
    if table == "parquet":
        check_parquet()
