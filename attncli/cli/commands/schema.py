"""`attn schema`: the JSON Schema of a command's output."""

import json
from typing import Annotated

import typer

from attncli.settings.option import check_choice

EXAMPLES = """attn schema explain
attn schema compare > compare.schema.json"""
SCHEMAS = (
    "explain",
    "compare",
    "heads",
    "treebank",
    "predict",
    "align",
    "similar",
    "search",
    "evaluate",
    "vectors-list",
    "vectors-info",
    "vectors-near",
    "models-list",
    "models-info",
)


def command(
    command: Annotated[
        str, typer.Argument(metavar="|".join(SCHEMAS), help="Whose output.", autocompletion=lambda: SCHEMAS)
    ],
) -> None:
    """Print the JSON Schema that the output of a command keeps to."""
    name = check_choice("schema", command, SCHEMAS)
    from attncli.cli.output import open_sink  # it brings Rich, which help need not wait for
    from attncli.views.records.schemas import schema_of

    with open_sink(None) as sink:
        sink.json(json.dumps(schema_of(name), indent=1, ensure_ascii=False))
