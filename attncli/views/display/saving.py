"""A value as a file, in the format that its ending names: the same bytes as `-o` writes."""

import io
import os
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from attncli.errors import UsageError
from attncli.files.replacing import replacing
from attncli.views.display.forms import PAPER, screen_of
from attncli.views.formats import Format, ending_of, imported, kind_of, offered

COLOURED = PAPER.__class__(colours="truecolor")


def save(record: Any, path: str | os.PathLike[str]) -> None:
    """Write the record to a file, which appears when it is whole."""
    path = os.fsdecode(path)
    form = _format(record, path)
    if form.needs is not None:
        imported(form.needs)()
    view = form.view(type(record))
    with replacing(path) as stream:
        WRITTEN[form.write](view, record, stream, form)


def _format(record: Any, path: str) -> Format:
    """The format of an ending; UsageError where it names none, or where the path is no file's."""
    if "\0" in path:
        raise UsageError("expected the name of a file, which has no null character", setting="path", value=path)
    if os.path.isdir(path):
        hint = "name a file in it, such as attention.json"
        raise UsageError("expected a file, got a folder", hint, setting="path", value=path)
    formats = offered(kind_of(type(record)))
    ending = ending_of(path, formats)
    if ending is None:
        endings = ", ".join(f".{each}" for each in formats)
        raise UsageError(f"expected an ending among {endings}", setting="path", value=path)
    return formats[ending]


def _lines(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    stream.write(f"{screen_of(record)}\n".encode("utf-8", "backslashreplace"))


def _json(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    stream.write(f"{view(record)}\n".encode())


def _rows(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    from attncli.files.csv_cells import CsvWriter

    text, rows = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True), iter(view(record))
    writer = CsvWriter(text)
    writer.write([["sentence", *next(rows)]])
    writer.write([0, *row] for row in rows)
    text.detach()


def _table(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    from attncli.files.parquet import ParquetWriter

    table = view(record)
    writer = ParquetWriter(stream, {"sentence": "whole", **table.kinds}, table.schema, table.version)
    writer.add([(0, *row) for row in table.rows])
    writer.close()


def _arrays(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    from attncli.files.npz import write_npz

    write_npz(stream, view(record))


def _page(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    stream.write(view(record, PAPER.scale).encode())


def _figure(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    from attncli.views.figure.saving import save_figure

    kind: Any = form.name
    save_figure(view(record, "heat", PAPER.scale), "heat", stream, kind)


def _screen(view: Any, record: Any, stream: BinaryIO, form: Format) -> None:
    from attncli.views.terminal.screen_svg import screen_svg

    stream.write(screen_svg(view(record, COLOURED), COLOURED).encode())


#: By the way of writing that a row of FORMATS names; `cli/writing.py` has the same for streams of many records.
WRITTEN: Mapping[str, Callable[[Any, Any, BinaryIO, Format], None]] = {
    "lines": _lines,
    "json": _json,
    "rows": _rows,
    "table": _table,
    "arrays": _arrays,
    "page": _page,
    "figure": _figure,
    "screen": _screen,
}
