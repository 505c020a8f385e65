"""The options and arguments that the commands of `attn vectors` share."""

from dataclasses import dataclass
from typing import Annotated

import typer

from attncli.cli.options import COLORS, completion, output_option
from attncli.vectors.places import kept_names

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A kept set (see: attn vectors list).", autocompletion=completion(kept_names)),
]
NameOrFile = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A kept set or a file.", autocompletion=completion(kept_names))
]
Json = Annotated[bool, output_option("--json", "JSON, an object a line (see: attn schema -h).")]


@dataclass(frozen=True)
class AnswerOptions:
    """How the answer is shown, and how much is said beside it."""

    color: Annotated[str, output_option("--color", "When to use colour.", "|".join(COLORS), COLORS)] = "auto"
    quiet: Annotated[bool, output_option("-q --quiet", "No remarks or progress on standard error, only errors.")] = (
        False
    )
    debug: Annotated[bool, output_option("--debug", "Show the traceback of a fault of attn's own.")] = False
