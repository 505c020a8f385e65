"""The group `attn vectors` and its commands."""

import typer

from attncli.cli.help import Command, Commands
from attncli.cli.vectors import add, export, info, near, pull, remove, verify
from attncli.cli.vectors import list as list_

USAGE = """\
attn vectors keeps sets of word vectors, and finds the nearest words in them.

  attn vectors list
  attn vectors near king

attn vectors --help lists the commands.
"""
COMMANDS = {
    "list": (list_.show, list_.EXAMPLES),
    "info": (info.show, info.EXAMPLES),
    "near": (near.show, near.EXAMPLES),
    "add": (add.add, add.EXAMPLES),
    "pull": (pull.pull, pull.EXAMPLES),
    "export": (export.export, export.EXAMPLES),
    "verify": (verify.verify, verify.EXAMPLES),
    "remove": (remove.remove, remove.EXAMPLES),
}

group = typer.Typer(cls=Commands, rich_markup_mode=None, epilog=f"{list_.EXAMPLES}\n{near.EXAMPLES}")


@group.callback(invoke_without_command=True)
def vectors(context: typer.Context) -> None:
    """Keep sets of word vectors, look at them, and find the nearest words in them."""
    if context.invoked_subcommand is None:
        typer.echo(USAGE, err=True, nl=False)
        raise typer.Exit(2)


for _name, (_command, _examples) in COMMANDS.items():
    group.command(name=_name, cls=Command, epilog=_examples)(_command)
