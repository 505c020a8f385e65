"""The `attn` command and its sub-commands."""

import sys
from typing import Annotated, Any

import typer

from attncli import __version__
from attncli.cli.help import Commands
from attncli.cli.late import LateCommands

USAGE = """\
attn shows attention on your own sentence: which words look at which, step by step.

  attn explain "Bark is very cute and he is a dog"
  attn compare "Bark is very cute and he is a dog"

attn --help lists the commands, attn explain --help what can be changed.
"""


MODULES = {
    "explain": "attncli.cli.explain",
    "compare": "attncli.cli.compare",
    "vectors": "attncli.cli.vectors.group",
    "heads": "attncli.cli.heads",
    "train": "attncli.cli.train",
    "schema": "attncli.cli.schema",
}


class AttnCommands(Commands):
    """The commands of attn."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = LateCommands(MODULES)


app = typer.Typer(
    cls=AttnCommands,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""attn explain "Bark is very cute and he is a dog"
attn compare "She sat on the river bank" --against cosine""",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"attn {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def attn(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """An attention explorer: every step of attention on your own words, in the terminal, as JSON, from Python."""
    if context.invoked_subcommand is None:
        typer.echo(USAGE, err=True, nl=False)
        raise typer.Exit(2)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line on `arguments` (default: the process's own) and return the exit code."""
    try:
        code = app(arguments, prog_name="attn")
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception as error:
        from attncli.cli.exits import exit_code  # late: it brings Rich, which version and help need not wait for

        return exit_code(error)
    return code if isinstance(code, int) else 0
