"""`attn schema`: the JSON Schema of a command's output."""

from importlib.resources import files
from typing import Annotated

import typer

from attncli.settings.explanation import check_choice

EXAMPLES = """attn schema explain
attn schema compare > compare.schema.json"""
SCHEMAS = ("explain", "compare", "heads", "evaluate", "vectors-list", "vectors-info", "vectors-near")


def command(
    command: Annotated[
        str, typer.Argument(metavar="|".join(SCHEMAS), help="Whose output.", autocompletion=lambda: SCHEMAS)
    ],
) -> None:
    """Print the JSON Schema that the output of a command keeps to."""
    name = check_choice("schema", command, SCHEMAS)
    from attncli.cli.output import open_sink  # it brings Rich, which help need not wait for

    with open_sink(None) as sink:
        sink.json(files("attncli").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8").rstrip())
