"""Commands built only when they are asked for, with their options in groups and their help as plain text."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from attncli.cli.formats import written_format
from attncli.errors import ExitCode
from attncli.settings.effect import WRITTEN, idle_options
from attncli.settings.option import Option, Values, checked
from attncli.settings.wording import Remark, spelled


class ReaderGoneError(Exception):
    """Whoever read standard output has seen enough."""


class LazyCommands(dict[str, Any]):
    """Commands by name, in the order of the help; `get` calls `build(name)` at the first use of each."""

    def __init__(self, names: Iterable[str], build: Callable[[str], Any]) -> None:
        super().__init__(dict.fromkeys(names))
        self._build = build

    def get(self, name: str, default: Any = None) -> Any:
        """The command `name`, or `default` if there is none."""
        if name in self and self[name] is None:
            self[name] = self._build(name)
        return super().get(name, default)


def built_command(name: str, function: Callable[..., None], examples: str) -> Any:
    """The command that runs a function; its parameters are options as Typer wants them, its docstring is the help."""
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    single.command(name=name, cls=Command, epilog=examples)(function)
    return typer.main.get_command(single)


def command_group(
    commands: Mapping[str, tuple[Callable[..., None], str]], usage: str, meaning: str, examples: str
) -> typer.Typer:
    """A group of commands, each with its function and examples, that are built when they are asked for.

    usage: printed where none is named; meaning, examples: of the group, for its help.
    """

    class Group(Commands):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = LazyCommands(commands, lambda name: built_command(name, *commands[name]))

    group = typer.Typer(cls=Group, rich_markup_mode=None, epilog=examples)

    @group.callback(invoke_without_command=True, help=meaning)
    def callback(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(usage, err=True, nl=False)
            raise typer.Exit(ExitCode.WRONG_USAGE)

    return group


def built_group(name: str, group: typer.Typer) -> Any:
    """The command `name` with the commands of a group under it."""
    built = typer.main.get_command(group)
    built.name = name
    return built


def options(*groups: type, changing: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take groups of options, each a dataclass whose fields are options; it gets them checked.

    changing: whether they can be changed while the command runs, so that none of them is without effect.

    Typer reads the wrapper's signature, which lists the fields of the groups one by one after the command's own
    parameters.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken = inspect.signature(command).parameters.values()
        own = [parameter for parameter in taken if parameter.annotation not in groups]
        grouped = {parameter.name: parameter.annotation for parameter in taken if parameter.annotation in groups}

        @wraps(command)
        def wrapper(**given: Any) -> None:
            for name, group in grouped.items():
                given[name] = checked(group, {each.name: given.pop(each.name) for each in fields(group)})
            ended: typer.Exit | None = None
            try:
                command(**given)
            except typer.Exit as exit:
                ended = exit
            if not changing and (ended is None or ended.exit_code in (ExitCode.FINE, ExitCode.SOME_FAILED)):
                _say_idle([given[name] for name in grouped], given)
            if ended is not None:
                raise ended

        parameters = [*own, *(_parameter(each) for group in groups for each in fields(group))]
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return wrapper

    return decorate


def _say_idle(groups: Sequence[Any], given: Mapping[str, Any]) -> None:
    """Remarks on options that were given and have no effect, on standard error."""
    values = {**given, **{name: value for group in groups for name, value in vars(group).items()}}
    values[WRITTEN] = written_format(values)
    for words in () if values.get("quiet") else idle_options(groups, values):
        from attncli.cli.output import say  # late: for remarks alone

        say(Remark(words).after("note: "))


def _parameter(each: Any) -> inspect.Parameter:
    """A field as Typer wants it; where its default is described in words, the default is None."""
    known: Option = each.metadata["option"]
    unset = known.described or known.typed
    shown = typer.Option(
        *(known.names or spelled(each.name, known)).split(),
        help=f"{known.help}  [default: {known.described}]" if known.described else known.help,
        metavar=known.metavar,
        rich_help_panel=known.panel,
        autocompletion=completion(known.values) if known.values else None,
    )
    annotation: Any = Annotated[known.typed | None if known.typed else each.type, shown]
    default = None if unset else each.default
    return inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def completion(values: Values) -> Callable[[str], list[str]]:
    """A function for Typer that completes the values of an option or argument."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in (values() if callable(values) else values) if value.startswith(incomplete)]

    return complete


class Command(TyperCommand):
    """A command whose help lists its options by panel; its epilog is one example a line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The parts of the usage line; Typer's braces around required values stay around choices alone."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece if "|" in piece else piece.replace("{", "").replace("}", "") for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """One section a panel, in the order of the options; those of Typer itself come last."""
        panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record:
                if param.param_type_name == "argument":
                    panels["Arguments"].append((record[0].split(" <")[0], record[1]))  # its type says nothing more
                else:
                    panels[getattr(param, "rich_help_panel", None) or "Help"].append(record)
        for panel, records in panels.items():
            with formatter.section(panel):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, unwrapped, so that they can be copied."""
        with formatter.section("Examples"):
            for example in (self.epilog or "").splitlines():
                formatter.write(f"  {example}\n")


class Commands(TyperGroup):
    """A group that leaves its errors to `run` instead of printing them itself."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run without Typer's own error boxes and exits."""
        return super().main(*args, **kwargs | {"standalone_mode": False})

    def invoke(self, ctx: Any) -> Any:
        """Raise ReaderGoneError for a reader that went away (`attn … | head`), which Typer would make exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    format_epilog = Command.format_epilog
