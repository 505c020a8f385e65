"""The manual page in roff, made of the commands' own help and examples."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from attncli import __version__
from attncli.cli.exits import REPORT
from attncli.errors import ExitCode
from attncli.views.roff import bold, escape, header, italic, literal, section, subsection, tagged

DATE = "2026-11-23"  # of the words in this file; the rest of the page is the commands' own
ABOUT = "every step of attention on your own words"
ENVIRONMENT = {
    "ATTN_HOME": "The folder for everything that attn keeps, in place of the ones below.",
    "XDG_DATA_HOME": "Without ATTN_HOME, attn keeps its files in the folder attn of this one.",
    "COLUMNS": "The width of the output, in place of the terminal's.",
    "NO_COLOR": "No colours; --color beats it.",
    "FORCE_COLOR": "Colours in pipes and files too.",
    "ACCESSIBLE": "Plain sentences in place of tables and colours, for screen readers.",
    "HF_HUB_CACHE, HF_HOME": "Where --model looks for a model by its name; nothing is downloaded.",
}
UNSET = "where neither ATTN_HOME nor XDG_DATA_HOME is set"
FILES = {
    "~/.local/share/attn/vectors/": f"Kept sets of word vectors, {UNSET}.",
    "~/.local/share/attn/relations/": f"Relations that heads of models are known for, {UNSET}.",
}


def manual(root: Any) -> Iterator[str]:
    """The lines of the page about the command `root` and all its sub-commands."""
    context = root.make_context("attn", [], resilient_parsing=True)
    yield header("attn", DATE, f"attn {__version__}", "User Commands")
    yield from (section("name"), f"attn \\- {escape(ABOUT)}")
    yield from (section("synopsis"), *_synopsis(root, context))
    yield from (section("description"), escape(root.help), *_options(root, context))
    yield from (".PP", "Every command has", bold("-h"), "and", f"{bold('--help')}.")
    yield section("commands")
    for command, under in _commands(root, context):
        yield from _command(command, under)
    yield from (section("exit status"), *tagged((bold(str(int(each))), each.meaning) for each in ExitCode))
    yield from (section("environment"), *tagged((bold(name), text) for name, text in ENVIRONMENT.items()))
    yield from (section("files"), *tagged((italic(path), text) for path, text in FILES.items()))
    yield from (section("examples"), *literal((root.epilog or "").splitlines()))
    yield from (section("reporting faults"), "With what", bold("attn --version --debug"), "prints, at", escape(REPORT))


def _commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """Every command that does something, with its context, in the order of the help."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        under = type(context)(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, under)
        else:
            yield command, under


def _command(command: Any, context: Any) -> Iterator[str]:
    yield from (subsection(context.command_path), *_synopsis(command, context))
    yield from (".PP", escape(" ".join((command.help or "").split())))
    yield from _options(command, context)
    yield from (".PP", "Examples:", ".PP", *literal((command.epilog or "").splitlines()))


def _synopsis(command: Any, context: Any) -> Iterator[str]:
    """One line: the command in bold, its arguments in italics."""
    yield " ".join([bold(context.command_path), *map(italic, command.collect_usage_pieces(context))])


def _options(command: Any, context: Any) -> Iterator[str]:
    """Arguments and options under their panels, each with its help; -h, which all of them have, is printed once."""
    panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record and param.name != "help":
            if param.param_type_name == "argument":
                panels["Arguments"].append((italic(record[0].split(" <")[0]), record[1]))
            else:
                panels[getattr(param, "rich_help_panel", None) or "Options"].append((_option(record[0]), record[1]))
    for panel, items in panels.items():
        yield from (".PP", f"{escape(panel)}:", *tagged(items))


def _option(names: str) -> str:
    """`-o, --output FILE` with the names in bold and the values in italics."""
    parts = (bold(word) if word.startswith(("-", "/")) else italic(word) for word in names.replace(" / ", " /").split())
    return " ".join(parts).replace(" \\fB/", " / \\fB")
