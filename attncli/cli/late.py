"""Commands that are built when they are asked for: no start waits for the options of the others."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer

from attncli.cli.help import Command


class LateCommands(dict[str, Any]):
    """Names of commands, in the order of the help, with the modules that define them; `get` builds what it gives.

    A module has a function `command` and its EXAMPLES, or `group`, a Typer with commands of its own.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        super().__init__(dict.fromkeys(modules))
        self._modules = modules

    def get(self, name: str, default: Any = None) -> Any:
        """The command `name`, or `default` if there is none."""
        if name in self and self[name] is None:
            self[name] = _build(name, import_module(self._modules[name]))
        return super().get(name, default)


def _build(name: str, module: Any) -> Any:
    if hasattr(module, "group"):
        built = typer.main.get_command(module.group)
        built.name = name
        return built
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    single.command(name=name, cls=Command, epilog=module.EXAMPLES)(module.command)
    return typer.main.get_command(single)
