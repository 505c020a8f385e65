"""Tables on the disk: Parquet, NDJSON or CSV, written piece by piece, the schema's version inside."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from attncli.corpus.folder import whole_file
from attncli.corpus.settings import VERSION
from attncli.corpus.tables import table_class
from attncli.corpus.tables.table import Columns
from attncli.extras import package
from attncli.files.csv_cells import CsvWriter


class Writer(Protocol):
    """Takes a table a piece at a time."""

    def write(self, columns: Columns) -> None:
        """Rows, as columns of one length."""


def versioned(name: str) -> str:
    """The value of the column `schema` in every row: the table and the version of its columns."""
    return f"attn.corpus.{name}/{VERSION}"


@contextmanager
def writing(path: Path, table: str, name: str, cells: str = "guarded") -> Iterator[Writer]:
    """A writer of the table `name` in the format `table`, to a file that appears when it is whole; cells of CSV."""
    with whole_file(path) as file:
        if table == "parquet":
            with _Parquet(file, name) as parquet:
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


class _Parquet:
    def __init__(self, file: BinaryIO, name: str) -> None:
        arrow, self._parquet = package("pyarrow", "Parquet"), package("pyarrow.parquet", "Parquet")
        one = {"whole": arrow.int64(), "number": arrow.float64(), "text": arrow.string()}
        types = one | {f"{kind}s": arrow.list_(each) for kind, each in one.items()}
        fields = [("schema", arrow.dictionary(arrow.int32(), arrow.string()))]
        fields += [(column, types[kind]) for column, kind in table_class(name).columns.items()]
        self._arrow, self._name = arrow, name
        self._schema = arrow.schema(fields, {"schema": f"attn.corpus.{name}", "schema_version": VERSION})
        self._file = file

    def __enter__(self) -> "_Parquet":
        self._writer = self._parquet.ParquetWriter(self._file, self._schema, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, columns: Columns) -> None:
        """A row group."""
        rows = len(next(iter(columns.values())))
        arrays = {"schema": [versioned(self._name)] * rows, **columns}
        self._writer.write_table(self._arrow.table(arrays, schema=self._schema))


def check_table(table: str) -> None:
    """ResourceError where the format's extra is missing."""
    if table == "parquet":
        package("pyarrow", "Parquet")
