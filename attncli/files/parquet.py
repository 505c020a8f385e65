"""Tables as Parquet, written a group of rows at a time, the name and version of their schema inside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from attncli.extras import package

Columns = Mapping[str, Sequence[Any]]
GROUP = 2**16  # rows


class Table(NamedTuple):
    """Rows, the name and version of their schema, and the kinds of their columns."""

    schema: str
    version: str
    kinds: Mapping[str, str]
    rows: Sequence[Sequence[Any]] = ()


class ParquetWriter:
    """Writes rows to a file until it is closed; `kinds` of the columns are whole, number or text, with an s of lists.

    Every row has the schema and its version in a column before the others: `attn.align/1.0`.
    """

    def __init__(self, file: BinaryIO, kinds: Mapping[str, str], schema: str, version: str) -> None:
        """Write the beginning. ResourceError where the extra is missing."""
        self._arrow, parquet = package("pyarrow", "Parquet"), package("pyarrow.parquet", "Parquet")
        arrow = self._arrow
        one = {"whole": arrow.int64(), "number": arrow.float64(), "text": arrow.string()}
        types = one | {f"{kind}s": arrow.list_(each) for kind, each in one.items()}
        fields = [("schema", arrow.dictionary(arrow.int32(), arrow.string()))]
        fields += [(column, types[kind]) for column, kind in kinds.items()]
        self._form = arrow.schema(fields, {"schema": schema, "schema_version": version})
        self._versioned = f"{schema}/{version}"
        self._kinds, self._rows = kinds, list[Sequence[Any]]()
        self._writer = parquet.ParquetWriter(file, self._form, compression="zstd")

    def write(self, columns: Columns) -> None:
        """A group of rows."""
        rows = len(next(iter(columns.values())))
        arrays = {"schema": [self._versioned] * rows, **columns}
        self._writer.write_table(self._arrow.table(arrays, schema=self._form))

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows, which are gathered into groups."""
        self._rows += rows
        if len(self._rows) >= GROUP:
            self._write_rows()

    def _write_rows(self) -> None:
        if self._rows:
            self.write(dict(zip(self._kinds, zip(*self._rows, strict=True), strict=True)))
            self._rows = []

    def close(self) -> None:
        """Write the rows that are left, and the end."""
        self._write_rows()
        self._writer.close()


def check_parquet() -> None:
    """ResourceError where the extra is missing."""
    package("pyarrow", "Parquet")
