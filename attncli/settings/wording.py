"""Settings as text: in titles, and as typed on the command line."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from attncli.errors import Setting, Subject, Words, quoted, worded
from attncli.settings.explanation import Settings
from attncli.settings.option import Option, options_of

#: The settings that are not typed by their names.
TYPED = {
    **{"sentence": "the sentence", "SOURCE": "the source", "TARGET": "the target"},
    **{"A": "the first text", "B": "the second text", "text": "the text", "line": "the line"},
    "output": "-o",
    "weights": "the weights",
    "lines_in": "--in",
    "schema": "attn schema",
    "example": "attn example",
    "shell": "attn completion",
}


def as_option(setting: Setting) -> str:
    """A setting as it is typed on the command line: `--top 0`, `--exclude-self`, `--word WORD`."""
    name, value = setting
    known = options_of(Settings).get(name)
    option = TYPED.get(name) or spelled(name, known, off=value is False)
    if value is None or isinstance(value, bool):
        return option
    return f"{option} {quoted(value) if isinstance(setting, Subject) else value}"


class Remark(str):
    """A remark on a result that names settings as they are typed; `words` is for those who name them otherwise."""

    words: Words

    def __new__(cls, words: Words) -> "Remark":
        """The remark made of words and settings."""
        remark = super().__new__(cls, worded(words, as_option))
        remark.words = words.words if isinstance(words, Remark) else words
        return remark

    def after(self, start: str) -> "Remark":
        """The remark behind a beginning."""
        return Remark((start, *((self.words,) if isinstance(self.words, str) else self.words)))


class Shown(NamedTuple):
    """A setting as a title shows it."""

    name: str
    label: str
    value: str
    spoken: str
    usual: bool  # whether titles leave it out


def shown(settings: Any, name: str) -> Shown:
    """A setting in the words of titles, whether they show it or not."""
    each = options_of(settings)[name]
    label, value = each.label or name, each.written(getattr(settings, name), settings)
    return Shown(name, label, value, each.spoken.format(label=label, value=value), not _is_shown(settings, name, each))


def shown_settings(settings: Any) -> Iterator[Shown]:
    """The settings that titles show, in the order of the options: those that are not the default."""
    for name, each in options_of(settings).items():
        if _is_shown(settings, name, each):
            yield shown(settings, name)


def _is_shown(settings: Any, name: str, each: Option) -> bool:
    if each.when is not None:
        return each.when(getattr(settings, name), settings)
    default = next(field.default for field in fields(settings) if field.name == name)
    return bool(getattr(settings, name) != default)


def spelled(name: str, each: Option | None = None, off: bool = False) -> str:
    """An option's long name on the command line; of a switch, the one that turns it `off`."""
    plain = name.strip("_").replace("_", "-")
    names = ((each and each.names) or (f"--{plain}/--no-{plain}" if off else f"--{plain}")).split()[-1].split("/")
    return names[-1 if off else 0]


def as_typed(settings: Any) -> Iterator[str]:
    """The words of a command line that make these settings, those left out that are so without being given."""
    defaults = {each.name: each.default for each in fields(settings)}
    for name, each in options_of(settings).items():
        value = getattr(settings, name)
        if value is not None and value != (each.usual(settings) if each.usual else defaults[name]):
            yield from _words(name, each, value)


def _words(name: str, each: Option, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield spelled(name, each, off=not value)
    elif isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        yield from (word for part in value for word in (spelled(name, each), part))
    else:
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value).removesuffix(".0")
        yield from (spelled(name, each), text)
