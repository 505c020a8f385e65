"""Two arguments of a command: two texts, or the files that they name."""

import os
from dataclasses import dataclass
from typing import NamedTuple

from attncli.errors import UsageError, Words
from attncli.settings.effect import Values


class PairExample(NamedTuple):
    """Two texts for those who give none, and how their command speaks of texts.

    noun: a text; setting: the first argument; file: a name for a file of pairs.
    """

    command: str
    noun: str
    setting: str
    file: str
    texts: tuple[str, str]

    @property
    def shown(self) -> str:
        """The command with the two texts."""
        return 'attn {} "{}" "{}"'.format(self.command, *self.texts)

    def or_given(self, first: str | None, second: str | None, quiet: bool) -> tuple[str, str]:
        """The two texts that are given, or these, which a remark names. UsageError: one text."""
        if first is not None and second is not None:
            return first, second
        if first is not None:
            hint = f"for example {self.shown}, or attn {self.command} {self.file}"
            raise UsageError(f"expected a second {self.noun}, or a file", hint, setting=self.setting, value=first)
        from attncli.cli.output import say  # late: not for help and completion

        if not quiet:
            say(f"no {self.noun}s given; an example: {self.shown}")
        return self.texts


@dataclass(frozen=True)
class OnFiles:
    """The condition of an option for files: that the two arguments of these names name some, and are no texts."""

    arguments: tuple[str, str]
    texts: str

    def holds(self, values: Values) -> bool:
        """Whether there are files; nothing is a file where standard input is one."""
        from attncli.cli.reading import is_batch  # late: not for help and completion

        given = [values[name] for name in self.arguments if values[name] is not None]
        return all(map(_is_file, given)) if given else is_batch(None)

    def words(self, values: Values) -> Words:
        """The texts in their place."""
        return f"on {self.texts}: name files"


def named_files(first: str | None, second: str | None, quiet: bool, texts: str = "texts") -> list[str]:
    """The files that are named, `-` for standard input; none where the two are texts, or nothing is given.

    quiet: whether nothing is said of a file beside a text; texts: how texts are called there.

    Raises:
        UsageError: standard input twice.
    """
    from attncli.cli.output import say  # late: not for help and completion
    from attncli.cli.reading import is_batch

    if first is None:
        return ["-"] if is_batch(None) else []
    if second is None:
        return [first] if _is_file(first) else []
    if first == second == "-":
        raise UsageError("'-' is named twice", "name a file for one of the two")
    there = [name for name in (first, second) if _is_file(name)]
    if len(there) == 1 and not quiet:
        say(f"note: {there[0]!r} is a file and the other is none: both are taken as {texts}")
    return there if len(there) == 2 else []


def _is_file(name: str) -> bool:
    return name == "-" or (os.path.exists(name) and not os.path.isdir(name))
