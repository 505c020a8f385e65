"""The `attn` command and its sub-commands."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from attncli import __version__
from attncli.cli.lazy import Commands, LazyCommands, built_command, built_group
from attncli.errors import ExitCode, UsageError

USAGE = """\
attn shows attention on your own sentence: which words look at which, step by step.

  attn tour                                            the idea, in short screens: begin here
  attn explain "Bark is very cute and he is a dog"     every step, on a sentence of yours

attn --help lists the commands, attn explain --help what can be changed.
"""


MODULES = {
    "tour": "attncli.cli.commands.tour",
    "explain": "attncli.cli.commands.explain",
    "compare": "attncli.cli.commands.compare",
    "explore": "attncli.cli.commands.explore",
    "vectors": "attncli.cli.commands.vectors",
    "models": "attncli.cli.commands.models",
    "heads": "attncli.cli.commands.heads",
    "predict": "attncli.cli.commands.predict",
    "similar": "attncli.cli.commands.similar",
    "align": "attncli.cli.commands.align",
    "show": "attncli.cli.commands.show",
    "train": "attncli.cli.commands.train",
    "corpus": "attncli.cli.commands.corpus",
    "example": "attncli.cli.commands.example",
    "schema": "attncli.cli.commands.schema",
    "completion": "attncli.cli.commands.completion",
    "man": "attncli.cli.commands.man",
}


class AttnCommands(Commands):
    """The commands of attn."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = LazyCommands(MODULES, _build)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name; a sentence in its place is one for `attn explain`.

        `help` before a command is `--help` behind it, and `help` and `version` alone are the options of that name.
        """
        first, *rest = args
        if first in ("help", "version") and {*rest} <= {"--debug"}:
            typer.echo(ctx.get_help()) if first == "help" else _print_version("--debug" in rest)
            raise typer.Exit
        if first == "version":
            raise UsageError(f"attn version: expected nothing behind it, got {rest[0]!r}", "attn version")
        if first == "help":
            return super().resolve_command(ctx, [*rest, "--help"])
        if _is_sentence(first):
            return super().resolve_command(ctx, ["explain", *args])
        if first not in self.commands and os.path.isfile(first):
            raise _no_command_but_file(args)
        return super().resolve_command(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, those by which Typer edits the files of a shell unlisted: `attn completion` is clearer."""
        params: list[Any] = super().get_params(ctx)
        for param in params:
            param.hidden = param.name in ("install_completion", "show_completion")
        return params


def _is_sentence(first: str) -> bool:
    """Whether it has a blank between words or a letter outside ASCII, as no command has."""
    return len(first.split()) > 1 or any(letter.isalpha() and not letter.isascii() for letter in first)


def _no_command_but_file(args: list[str]) -> UsageError:
    from attncli.cli.reading import lines_command  # late: for this error alone, and NumPy comes with it

    hint = f"its lines, a sentence each: {lines_command(args[0], args)}"
    return UsageError(f"{args[0]!r} is a file, and no command", hint)


def _build(name: str) -> Any:
    """The command of a module: its `group`, or its function `command` with its EXAMPLES."""
    module: Any = import_module(MODULES[name])
    if hasattr(module, "group"):
        return built_group(name, module.group)
    return built_command(name, module.command, module.EXAMPLES)


app = typer.Typer(
    cls=AttnCommands,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""attn tour
attn explain "Bark is very cute and he is a dog"
attn compare "She sat on the river bank" --against cosine""",
)


@app.callback(invoke_without_command=True)
def attn(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="With --version: what a report of a fault needs.")] = False,
) -> None:
    """An attention explorer: every step of attention on your own words, in the terminal, as JSON, from Python."""
    if version:
        _print_version(debug)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(USAGE, err=True, nl=False)
        raise typer.Exit(ExitCode.WRONG_USAGE)


def _print_version(debug: bool) -> None:
    if not debug:
        typer.echo(f"attn {__version__}")
        return
    from attncli.cli.commands.version import (
        version_lines,  # late: it brings the width of characters, which help need not
    )

    for line in version_lines():
        typer.echo(line)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line on `arguments` (default: the process's own) and return the exit code."""
    try:
        code = app(arguments, prog_name="attn")
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception as error:
        from attncli.cli.exits import exit_code  # late: it brings Rich, which version and help need not wait for

        return exit_code(error)
    return code if isinstance(code, int) else ExitCode.FINE
