"""What can be set on the explanation of a model: the options behind `--model` by name, checked once for every door."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attncli.errors import Setting, UsageError
from attncli.settings.explanation import CHECKS, check_choice

COMBINE = ("none", "mean", "max", "rollout", "flow", "norm")
PATTERNS = ("previous", "next", "duplicate", "induction")
#: The hint where something is too large for all layers and heads.
FEWER_HEADS = (
    *("choose some: ", Setting("layer", "L"), " ", Setting("head", "H")),
    *("; or combine them: ", Setting("combine", "mean")),
)
ARRAYS = (*FEWER_HEADS, "; or write arrays: ", Setting("output", "FILE.npz"))
_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


@dataclass(frozen=True)
class ModelSettings:
    """The checked settings; `layer` and `head` None are all, both count from 0."""

    layer: tuple[int, ...] | None = None
    head: tuple[int, ...] | None = None
    combine: str = "none"
    words: bool = False
    hide_special: bool = False
    word: str | None = None
    top: int = 5


def check_model_settings(
    *,
    layer: Any = None,
    head: Any = None,
    combine: str = "none",
    words: bool = False,
    hide_special: bool = False,
    word: Any = None,
    top: int = 5,
) -> ModelSettings:
    """The settings that the options stand for.

    layer and head are numbers, or texts such as `3`, `0,2` and `4-7`, or several of them.

    Raises:
        UsageError: a value that does not work; the message quotes it.
    """
    return ModelSettings(
        _numbers("layer", layer),
        _numbers("head", head),
        check_choice("combine", combine, COMBINE),
        words,
        hide_special,
        None if word is None else CHECKS["word"](word),
        CHECKS["top"](top),
    )


def _numbers(setting: str, given: Any) -> tuple[int, ...] | None:
    if given is None or given == []:
        return None
    parts = given if isinstance(given, list | tuple) else [given]
    return tuple(sorted({number for part in parts for number in _parsed(setting, part)}))


def _parsed(setting: str, part: Any) -> Iterator[int]:
    if isinstance(part, int) and not isinstance(part, bool) and part >= 0:
        yield part
        return
    for piece in str(part).split(","):
        match = _RANGE.fullmatch(piece.strip())
        if not match or int(match[2] or match[1]) < int(match[1]):
            hint = ("for example ", Setting(setting, "3"), " or ", Setting(setting, "0,4-7"))
            raise UsageError("expected numbers from 0", hint, setting=setting, value=part)
        yield from range(int(match[1]), int(match[2] or match[1]) + 1)


def chosen(setting: str, asked: Sequence[int] | None, there_are: int, model: str) -> tuple[int, ...]:
    """The numbers asked for, all if none were; UsageError for one that the model does not have."""
    if asked is None:
        return tuple(range(there_are))
    if beyond := [number for number in asked if number >= there_are]:
        expected = f"expected 0 to {there_are - 1}, the {there_are} {setting}s of {model}"
        raise UsageError(expected, setting=setting, value=beyond[0])
    return tuple(asked)
