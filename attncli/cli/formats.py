"""The format that options ask for: `--format`, `--json` and the ending of `-o`."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attncli.errors import UsageError
from attncli.settings.option import check_choice
from attncli.views.formats import FORMATS, Format, ending_of, imported, offered

if TYPE_CHECKING:
    from attncli.cli.options import RecordOptions


def chosen_format(record: str, output: "RecordOptions", figure: str = "heat") -> Format:
    """The format of a type of record that `--format`, `--json` and the ending of `-o` ask for, its needs checked.

    Raises:
        UsageError: they disagree, name none that is offered, or would put bytes on a terminal; a figure where none is
            asked for.
        ResourceError: the package that the format needs is not installed.
    """
    chosen = offered(record)[_chosen_name(output, offered(record))]
    if chosen.needs is not None:
        imported(chosen.needs)()
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
    ending = ending_of(output.output, formats)
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
    return asked or ending_of(values.get("output") or "", FORMATS) or "txt"


def _on_stdout(wanted: Format) -> str:
    if wanted.binary and sys.stdout is not None and sys.stdout.isatty():
        hint = f"write it to a file: -o attention.{wanted.name}"
        raise UsageError("expected a file for bytes, got a terminal", hint, setting="format", value=wanted.name)
    return wanted.name
