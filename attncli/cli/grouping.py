"""Groups of options as parameters of a command, which Typer is shown one by one."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, get_type_hints


def options(*groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command whose parameters past the groups are Typer's own one parameter a group, named as the group says.

    Typer reads the wrapper's signature, which lists the groups' fields one by one.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken = inspect.signature(command).parameters.values()
        own = [parameter for parameter in taken if parameter.annotation not in groups]
        grouped = {parameter.name: parameter.annotation for parameter in taken if parameter.annotation in groups}

        @wraps(command)
        def wrapper(**given: Any) -> None:
            for name, group in grouped.items():
                given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
            command(**given)

        parameters = [*own, *(parameter for group in groups for parameter in _parameters(group))]
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return wrapper

    return decorate


def _parameters(group: type) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        default = inspect.Parameter.empty if each.default is MISSING else each.default
        yield inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[each.name])
