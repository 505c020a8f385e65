"""What is written: a page, JSON, or a document of another kind, by the ending of `-o` or by `--format`."""

import sys
from collections.abc import Collection

from attncli.cli.options import OutputOptions
from attncli.errors import UsageError
from attncli.settings.explanation import check_choice, check_whole

_BYTES = ("npz", "pdf", "png")  # no terminal should get these


def chosen_format(output: OutputOptions, offered: Collection[str]) -> str:
    """The format that `--format`, `--json` and the ending of `-o` say, of those that a command has to offer.

    Raises:
        UsageError: they disagree, say nothing that is offered, or would put bytes on a terminal.
    """
    check_whole("precision", output.precision, 0, 17)
    named = output.format and check_choice("format", output.format, tuple(offered))
    if output.json and named not in (None, "json"):
        raise UsageError("expected json, or no --json", "leave one of the two out", setting="format", value=named)
    wanted = named or ("json" if output.json else None)
    if output.output is None:
        return _on_stdout(wanted or "txt")
    ending = _ending(output.output, offered)
    if wanted is None and ending is None and not output.output.startswith("/dev/"):
        endings = ", ".join(f".{each}" for each in offered)
        raise UsageError(f"expected an ending among {endings}", setting="output", value=output.output)
    if output.json and ending not in (None, "json"):
        hint = "end the file with .json, or leave --json out"
        raise UsageError("expected the ending .json with --json", hint, setting="output", value=output.output)
    return wanted or ending or "txt"


def asked_format(output: OutputOptions, offered: Collection[str]) -> str | None:
    """What is asked for, if anything is, before it is known whether all of it agrees."""
    return output.format or ("json" if output.json else None) or _ending(output.output or "", offered)


def _ending(path: str, offered: Collection[str]) -> str | None:
    """The longest ending of `path` that names a format."""
    found = [each for each in offered if path.lower().endswith(f".{each}")]
    return max(found, key=len, default=None)


def _on_stdout(wanted: str) -> str:
    if wanted in _BYTES and sys.stdout is not None and sys.stdout.isatty():
        hint = f"write it to a file: -o attention.{wanted}"
        raise UsageError("expected a file for bytes, got a terminal", hint, setting="format", value=wanted)
    return wanted
