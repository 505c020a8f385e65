"""The group `attn vectors`. Its commands are built when they are asked for: `attn explain` need not wait for them."""

from importlib import import_module
from typing import Any

import typer

from attncli.cli.help import Command, Commands

USAGE = """\
attn vectors keeps sets of word vectors, and finds the nearest words in them.

  attn vectors list
  attn vectors near king

attn vectors --help lists the commands.
"""
COMMANDS = ("list", "info", "near", "add", "pull", "export", "verify", "remove")


class LateCommands(dict[str, Any]):
    """Names of commands, in the order of the help; `get` builds the command from the module of its name."""

    def get(self, name: str, default: Any = None) -> Any:
        """The command `name`, or `default` if there is none."""
        if name in self and self[name] is None:
            module = import_module(f"attncli.cli.vectors.{name}")
            single = typer.Typer(rich_markup_mode=None, add_completion=False)
            single.command(name=name, cls=Command, epilog=module.EXAMPLES)(module.command)
            self[name] = typer.main.get_command(single)
        return super().get(name, default)


class VectorCommands(Commands):
    """The group with its late commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = LateCommands(dict.fromkeys(COMMANDS))


group = typer.Typer(
    cls=VectorCommands, rich_markup_mode=None, epilog="attn vectors list\nattn vectors near king woman --minus man"
)


@group.callback(invoke_without_command=True)
def vectors(context: typer.Context) -> None:
    """Keep sets of word vectors, and find the nearest words in them."""
    if context.invoked_subcommand is None:
        typer.echo(USAGE, err=True, nl=False)
        raise typer.Exit(2)
