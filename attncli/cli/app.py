"""The `attn` command and its sub-commands."""

import sys
from typing import Annotated

import typer

from attncli import __version__
from attncli.cli import compare as compare_command
from attncli.cli import explain as explain_command
from attncli.cli import schema as schema_command
from attncli.cli.help import Command, Commands
from attncli.cli.vectors.group import group as vectors_group

USAGE = """\
attn shows attention on your own sentence: which words look at which, step by step.

  attn explain "Bark is very cute and he is a dog"
  attn compare "Bark is very cute and he is a dog"

attn --help lists the commands, attn explain --help what can be changed.
"""


app = typer.Typer(
    cls=Commands,
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


app.command(cls=Command, epilog=explain_command.EXAMPLES)(explain_command.explain)
app.command(cls=Command, epilog=compare_command.EXAMPLES)(compare_command.compare)
app.add_typer(vectors_group, name="vectors")
app.command(cls=Command, epilog=schema_command.EXAMPLES)(schema_command.schema)


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
