"""`attn completion`: the lines that teach a shell to complete attn's commands, options, values and vector names."""

import os
from typing import Annotated

import typer

from attncli.cli.lazy import completion
from attncli.errors import UsageError
from attncli.settings.option import check_choice

EXAMPLES = """attn completion bash
attn completion fish > attn.fish"""
#: The command by which each shell completes attn from its next start on.
SET_UP = {
    "bash": """echo 'eval "$(attn completion bash)"' >> ~/.bashrc""",
    "zsh": """echo 'autoload -Uz compinit; compinit; eval "$(attn completion zsh)"' >> ~/.zshrc""",
    "fish": "mkdir -p ~/.config/fish/completions; attn completion fish > ~/.config/fish/completions/attn.fish",
    "powershell": "attn completion powershell >> $PROFILE",
}
SHELLS = tuple(SET_UP)


def command(
    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="[" + "|".join(SHELLS) + "]",
            show_default=False,
            help="Whose completion  [default: the shell that attn was started from]",
            autocompletion=completion(SHELLS),
        ),
    ] = None,
) -> None:
    """Print what makes Tab complete in a shell, and how to set it up.

    Tab then completes commands, options, their values, and the names of kept vectors.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # Typer exports nothing there

    name = _current() if shell is None else check_choice("shell", shell, SHELLS)
    typer.echo(get_completion_script(prog_name="attn", complete_var="_ATTN_COMPLETE", shell=name))
    typer.echo(f"\n# To have it in every new {name}, run this once (attn must be on the PATH):\n#   {SET_UP[name]}")


def _current() -> str:
    """The shell around this process, else the one that the user logs in with.

    Raises:
        UsageError: neither is known, or attn has no completion for it.
    """
    from shellingham import ShellDetectionFailure, detect_shell  # comes with Typer

    try:
        name = detect_shell()[0]
    except ShellDetectionFailure:
        name = os.path.basename(os.environ.get("SHELL", ""))
    name = "powershell" if name == "pwsh" else name
    if name in SHELLS:
        return name
    found = f"{name!r} is not a shell that attn can serve" if name else "attn cannot tell which shell this is"
    raise UsageError(found, f"name one: attn completion {SHELLS[0]} (or {', '.join(SHELLS[1:])})")
