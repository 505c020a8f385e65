"""The group `attn vectors`."""

from typing import Any

import typer

from attncli.cli.help import Commands
from attncli.cli.late import LateCommands

USAGE = """\
attn vectors keeps sets of word vectors, and finds the nearest words in them.

  attn vectors list
  attn vectors near king

attn vectors --help lists the commands.
"""
COMMANDS = ("list", "info", "near", "add", "pull", "export", "verify", "remove")


class VectorCommands(Commands):
    """The group with its late commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = LateCommands({name: f"attncli.cli.commands.vectors.{name}" for name in COMMANDS})


group = typer.Typer(
    cls=VectorCommands, rich_markup_mode=None, epilog="attn vectors list\nattn vectors near king woman --minus man"
)


@group.callback(invoke_without_command=True)
def vectors(context: typer.Context) -> None:
    """Keep sets of word vectors, and find the nearest words in them."""
    if context.invoked_subcommand is None:
        typer.echo(USAGE, err=True, nl=False)
        raise typer.Exit(2)
