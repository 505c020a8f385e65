"""The options and arguments that the commands of `attn vectors` share."""

from typing import Annotated

import typer

from attncli.cli.options import completion, output_option
from attncli.vectors.places import kept_names

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A kept set (see: attn vectors list).", autocompletion=completion(kept_names)),
]
NameOrFile = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A kept set or a file.", autocompletion=completion(kept_names))
]
Json = Annotated[bool, output_option("--json", "JSON, an object a line (see: attn schema -h).")]
