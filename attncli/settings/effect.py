"""The effect of an option beside the others: the conditions for it, and the remark where one of them does not hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple, Protocol

from attncli.errors import Setting, Words

#: The options and arguments of a command by name, each with its value; WRITTEN is the format of the output.
Values = Mapping[str, Any]
WRITTEN = "written"
UNSET = (None, False, ())


class Condition(Protocol):
    """What an option needs for an effect; each is a NamedTuple: every start makes them, dataclasses take longer."""

    def holds(self, values: Values) -> bool:
        """Whether it is so."""

    def words(self, values: Values) -> Words:
        """The words behind `has no effect`, where it is not so."""


class With(NamedTuple):
    """Another option is there, with one of these values if there are any."""

    name: str
    values: tuple[object, ...] = ()

    def holds(self, values: Values) -> bool:
        """Whether it has such a value, or of several one; not where the command has no such option."""
        if self.name not in values:
            return False
        value = values[self.name]
        if not self.values:
            return value not in UNSET
        return value in self.values or (isinstance(value, tuple) and any(part in self.values for part in value))

    def words(self, values: Values) -> Words:
        """The option that is missing."""
        return ("without ", Setting(self.name, self.values[0] if self.values else True))


class Without(NamedTuple):
    """Another option is not there."""

    name: str

    def holds(self, values: Values) -> bool:
        """Whether it was not given."""
        return values.get(self.name) in UNSET

    def words(self, values: Values) -> Words:
        """The option that is in the way."""
        return ("with ", Setting(self.name, values[self.name]))


class Written(NamedTuple):
    """The output has one of these formats."""

    formats: tuple[str, ...]

    def holds(self, values: Values) -> bool:
        """Whether it has."""
        return values.get(WRITTEN, self.formats[0]) in self.formats

    def words(self, values: Values) -> Words:
        """The options for the format."""
        if self.formats == ("json",):
            return ("without ", Setting("json", True))
        *others, last = self.formats
        return ("without ", Setting("format", f"{', '.join(others)} or {last}" if others else last))


class AllOf(NamedTuple):
    """Several conditions together."""

    conditions: tuple[Condition, ...]

    def holds(self, values: Values) -> bool:
        """Whether all of them hold."""
        return all(each.holds(values) for each in self.conditions)

    def words(self, values: Values) -> Words:
        """Those of the first that does not hold."""
        return next(each.words(values) for each in self.conditions if not each.holds(values))


class AnyOf(NamedTuple):
    """One of several conditions, the first of which is named."""

    conditions: tuple[Condition, ...]

    def holds(self, values: Values) -> bool:
        """Whether one of them holds."""
        return any(each.holds(values) for each in self.conditions)

    def words(self, values: Values) -> Words:
        """Those of the first."""
        return self.conditions[0].words(values)


class NoneOf(NamedTuple):
    """The contrary of a condition, behind others in an AnyOf."""

    condition: Condition

    def holds(self, values: Values) -> bool:
        """Whether the condition does not hold."""
        return not self.condition.holds(values)

    def words(self, values: Values) -> Words:
        """Nothing that could be named."""
        return "here"


def idle_options(groups: Iterable[Any], values: Values) -> Iterator[Words]:
    """A remark on each option of these groups that was given and has no effect beside `values`."""
    for group in groups:
        for each in fields(group):
            value = getattr(group, each.name)
            needs = AllOf(tuple(each.metadata["option"].needs))
            if value != each.default and not needs.holds(values):
                words = needs.words(values)
                yield (_as_given(each.name, value), " has no effect ", *([words] if isinstance(words, str) else words))


def _as_given(name: str, value: object) -> Setting:
    return Setting(name, ",".join(map(str, value)) if isinstance(value, tuple) else value)
