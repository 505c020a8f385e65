"""An option: a field of a settings class, with its default, help, check and form in titles."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from math import isfinite
from sys import float_info
from typing import Any, NamedTuple, TypeVar

from attncli.errors import UsageError
from attncli.settings.effect import Condition

Check = Callable[[str, Any], Any]  # (setting, value) -> the value as settings hold it; UsageError for a wrong one
Values = Sequence[str] | Callable[[], Sequence[str]]
Made = TypeVar("Made")


class Option(NamedTuple):
    """The properties of an option besides its name, type and default, which are those of its field.

    panel: of the help. values: what completion offers. described: how the help describes the value that the option has
    where it is not given; None: the field's default as it is. usual: that value where it depends on other settings.
    names: on the command line, and typed: the type there, where they differ from the field's.
    label, written, when: the form of a value in a title, and its condition; spoken: the form in a sentence.
    json: the JSON Schema of its value in a record, where the type does not say it. needs: the conditions for an effect.
    """

    panel: str
    help: str
    check: Check
    metavar: str | None
    values: Values
    described: str | None
    usual: Callable[[Any], Any] | None
    names: str | None
    typed: Any
    label: str | None
    written: Callable[[Any, Any], str]
    when: Callable[[Any, Any], bool] | None
    spoken: str
    json: Mapping[str, Any] | None
    needs: Sequence[Condition]


def plainly(value: Any, settings: Any = None) -> str:
    """A value as titles write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def always(value: Any, settings: Any) -> bool:
    """Also where it is the default."""
    return True


def never(value: Any, settings: Any) -> bool:
    """Not in titles."""
    return False


def option(
    panel: str,
    default: Any,
    help: str,
    *,
    check: Check | None = None,
    metavar: str | None = None,
    values: Values = (),
    described: str | None = None,
    usual: Callable[[Any], Any] | None = None,
    names: str | None = None,
    typed: Any = None,
    label: str | None = None,
    written: Callable[[Any, Any], str] = plainly,
    when: Callable[[Any, Any], bool] | None = None,
    spoken: str = "{label} {value}",
    json: Mapping[str, Any] | None = None,
    needs: Sequence[Condition] = (),
) -> Any:
    """A field of a settings class. Without a check of its own, an option takes its `values`, or anything."""
    few = () if callable(values) else values
    check = check or (OneOf(few) if few else as_it_is)
    metavar = metavar or "|".join(few) or None
    known = Option(
        panel, help, check, metavar, values, described, usual, names, typed, label, written, when, spoken, json, needs
    )
    return field(default=default, metadata={"option": known})


def again(group: type, name: str, **changes: Any) -> Any:
    """The field of a group as one of another group, some of its properties changed."""
    known = next(each for each in fields(group) if each.name == name)
    return field(default=known.default, metadata={"option": known.metadata["option"]._replace(**changes)})


def options_of(settings: Any) -> dict[str, Option]:
    """The options of a settings class, or of an object of it, by name."""
    return {each.name: each.metadata["option"] for each in fields(settings)}


def checked(settings: type[Made], given: Mapping[str, Any]) -> Made:
    """The settings that options by name make; None and an empty list or tuple mean that one was not given.

    What depends on other settings where it is not given stays None until `resolved`.

    Raises:
        UsageError: an unknown option, or a wrong value.
    """
    options = options_of(settings)
    for name in given:
        check_name(name, [*options])
    values = {name: value for name, value in given.items() if not _is_unset(value)}
    return settings(**{name: options[name].check(name, value) for name, value in values.items()})


def resolved(settings: Made) -> Made:
    """The settings with those that were not given as they are under the others."""
    made: Any = settings
    for name, each in options_of(made).items():
        if each.usual and getattr(made, name) is None:
            made = replace(made, **{name: each.usual(made)})
    return made  # type: ignore[no-any-return]


def _is_unset(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple) and not value)


def as_it_is(setting: str, value: Any) -> Any:
    """Any value."""
    return value


@dataclass(frozen=True)
class OneOf:
    """The check of an option with few values."""

    values: Sequence[str]

    def __call__(self, setting: str, value: Any) -> str:
        """The value as it is if it is one of them."""
        return check_choice(setting, value, self.values)


@dataclass(frozen=True)
class Whole:
    """The check of a whole number from `least` to `most`."""

    least: int
    most: int | None = None

    def __call__(self, setting: str, value: Any) -> int:
        """The number as it is if it is in reach."""
        return check_whole(setting, value, self.least, self.most)


@dataclass(frozen=True)
class Real:
    """The check of a finite number, from `least` to `most` where there are such."""

    least: float | None = None
    most: float | None = None

    def __call__(self, setting: str, value: Any) -> float:
        """The number as a float if it is in reach."""
        there = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= float_info.max
        if not there or not self._reaches(value):
            reach = (
                "" if self.least is None else f" from {self.least:g} {f'to {self.most:,.0f}' if self.most else 'up'}"
            )
            raise UsageError(f"expected a number{reach}", setting=setting, value=value)
        return float(value)

    def _reaches(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def check_choice(setting: str, value: object, allowed: Sequence[str], shown: str | None = None) -> str:
    """A value as it is if it is allowed; else a UsageError with the nearest allowed one."""
    if isinstance(value, str) and value in allowed:
        return value
    near = get_close_matches(str(value), allowed, n=1)
    expected = f"expected one of {shown or ', '.join(allowed)}"
    raise UsageError(expected, f"did you mean {near[0]}?" if near else None, setting=setting, value=value)


def check_name(name: str, allowed: Sequence[str]) -> None:
    """Check the name of a setting; UsageError with the nearest one."""
    if name not in allowed:
        near = get_close_matches(name, allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(allowed)}"
        raise UsageError(f"{name!r} is no setting", hint)


def check_whole(setting: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number from `least` to `most` as it is; a UsageError for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least or (most and number > most):
        reach = f"from {least} to {most:,}" if most else f"from {least} up"
        raise UsageError(f"expected a whole number {reach}", setting=setting, value=value)
    return number


def check_positive(setting: str, value: Any) -> float:
    """A finite number above 0 as it is; a UsageError for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if isinstance(value, str) or not (isfinite(number) and number > 0):
        raise UsageError("expected a number above 0", setting=setting, value=value)
    return number


def check_share(setting: str, value: Any) -> float:
    """A number above 0 and up to 1 as it is; a UsageError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise UsageError("expected a number above 0, up to 1", setting=setting, value=value)
    return float(value)


def check_flag(setting: str, value: Any) -> bool:
    """True or False as it is; a UsageError for anything else."""
    if not isinstance(value, bool):
        raise UsageError("expected True or False", setting=setting, value=value)
    return value


def check_text(setting: str, value: Any) -> str:
    """A text as it is; a UsageError for anything else."""
    if not isinstance(value, str):
        raise UsageError("expected a text", setting=setting, value=value)
    return value
