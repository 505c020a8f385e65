"""Errors: each kind with its exit code, and its setting, named as an option, a Python argument or a key."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from operator import add
from typing import NamedTuple


class ExitCode(IntEnum):
    """The exit codes of `attn`, with their meanings for the manual page."""

    FINE = 0, "Fine."
    FAILED = 1, "It could not be done: no known word, output over its limit, a full disk."
    WRONG_USAGE = 2, "Wrong usage, an empty sentence or an empty pipe."
    MISSING = 3, "Vectors, projections, a model or an extra package are missing or unreadable."
    SOME_FAILED = 4, "A batch was finished, but some of its lines failed."
    HUNG_UP = 129, "The terminal was closed (SIGHUP)."
    INTERRUPTED = 130, "Interrupted (SIGINT, Ctrl-C)."
    TERMINATED = 143, "Ended by kill (SIGTERM)."

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        """An integer with a meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class Setting(NamedTuple):
    """A setting by its name in Python, with a value (None: without one), as messages and hints mention it."""

    name: str
    value: object = None


class Subject(Setting):
    """A setting as somebody gave it, its value to be quoted."""


Naming = Callable[[Setting], str]  # --top 0 on the command line, top=0 in Python, a key in the explorer
Words = str | Sequence[str | Setting]


def in_python(setting: Setting) -> str:
    """`top=0`; the name alone where there is no value; of a file to write the method of values that writes it."""
    if setting.name == "output" and setting.value is not None:
        return f".save({quoted(setting.value)})"
    return setting.name if setting.value is None else f"{setting.name}={quoted(setting.value)}"


def worded(words: Words, naming: Naming = in_python) -> str:
    """Words as one text, the settings among them named."""
    return (
        words if isinstance(words, str) else "".join(part if isinstance(part, str) else naming(part) for part in words)
    )


class AttnError(Exception):
    """Something the user can act on: one line that quotes the input, and a hint with the next step.

    `setting` and `value` are the subject, named before the reason: `top=0: expected a whole number from 1 up`.
    All of it is plain text; the code that prints it escapes control characters.
    """

    exit_code = ExitCode.FAILED
    place: str | None = None  # where it was raised, if not in this process

    def __init__(
        self, reason: Words, hint: Words | None = None, *, setting: str | None = None, value: object = None
    ) -> None:
        super().__init__(reason)
        self._reason, self._hint = reason, hint
        self.setting = None if setting is None else Subject(setting, value)

    def in_words(self, naming: Naming = in_python) -> tuple[str, str | None]:
        """The message and the hint, their settings named by `naming`: as options, Python arguments or keys."""
        return worded(self.words, naming), None if self._hint is None else worded(self._hint, naming)

    @property
    def words(self) -> Sequence[str | Setting]:
        """The message with its settings unnamed, for another message that quotes it."""
        reason = (self._reason,) if isinstance(self._reason, str) else self._reason
        where = () if self.place is None else (f" ({self.place})",)
        return (*(() if self.setting is None else (self.setting, ": ")), *reason, *where)

    @property
    def message(self) -> str:
        """The message, settings named as Python arguments."""
        return self.in_words()[0]

    @property
    def hint(self) -> str | None:
        """The hint, settings named as Python arguments."""
        return self.in_words()[1]

    def __str__(self) -> str:
        return self.message


class UsageError(AttnError, ValueError):
    """A wrong setting or combination of settings, or an empty sentence (exit 2)."""

    exit_code = ExitCode.WRONG_USAGE


class ResourceError(AttnError):
    """Vectors, projections, a model or an extra that is missing or unreadable (exit 3)."""

    exit_code = ExitCode.MISSING


class FinalError(UsageError):
    """A wrong use that ends a batch: no later sentence could fare better (exit 2)."""


def quoted(value: object, most: int = 60) -> str:
    """The value as Python writes it, cut to about `most` characters: an error may quote untrusted input."""
    if isinstance(value, str | bytes) and len(value) > 2 * most:
        value = add(value[:most], value[-most:])  # enough for both ends
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deeply; a number of more digits than Python writes
        text = f"a {type(value).__name__}"
    return shortened(text, most + 2)


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters: its beginning and its longer end, which of a path is the name of the file.

    `…` replaces the characters between them.
    """
    return text if len(text) <= most else f"{text[: most // 3]}…{text[most // 3 + 1 - most :]}"
