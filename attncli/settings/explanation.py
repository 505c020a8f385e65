"""What can be set on an explanation: the options of `attn explain` by name, checked once for every door.

The names and their values stand here, without NumPy, so that help and completion stay fast.
"""

import operator
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import isfinite
from typing import Any

from attncli.errors import Setting, UsageError

MODES = ("self", "qkv", "multihead")
METHODS = ("dot", "scaled", "cosine", "general", "additive", "kernel")
PROJECTIONS = ("trained", "random", "identity")
POSITIONS = ("none", "sinusoidal")
UNKNOWN = ("compose", "skip", "error")
CSV = ("guarded", "exact")  # text like a formula
MULTIHEAD_DEFAULT = 3
MOST_HEADS, MOST_LAYERS = 1024, 100  # more than any model has; each costs memory


@dataclass(frozen=True)
class Settings:
    """The checked settings of one explanation; every field has the option's name, `mask` is () for `none`.

    `projections` None is the best that there is: trained ones where the vector set has them, else random ones.
    """

    mode: str = "self"
    method: str = "scaled"
    heads: int | None = 1  # None: as many as the projections file has
    layers: int = 1
    mask: tuple[str, ...] = ()
    projections: str | None = None
    seed: int = 0
    exclude_self: bool | None = None  # None: as the heads were trained, else seen
    temperature: float = 1.0
    sigma: float | None = None
    positions: str = "none"
    memory: str | None = None
    word: str | None = None
    top: int = 5
    unknown: str = "compose"

    @property
    def causal(self) -> bool:
        """Whether a word sees only itself and what stands before it."""
        return "causal" in self.mask

    @property
    def window(self) -> tuple[int, int] | None:
        """How many words to each side are seen; the narrowest where several windows are given."""
        widths = [int(part.removeprefix("window:")) for part in self.mask if part != "causal"]
        return (min(widths), min(widths)) if widths else None


def check_settings(**options: Any) -> Settings:
    """The settings that the options of the command, by name, stand for.

    Raises:
        UsageError: an unknown option, value or combination; the message quotes it.
    """
    names = [field.name for field in fields(Settings)]
    for name in options:
        check_name(name, names)
    given = {name: CHECKS[name](value) for name, value in options.items() if value is not None}
    mode = given.get("mode", "self")
    given["heads"] = _heads(mode, given.get("heads"), given.get("projections"))
    if "memory" in given and given.get("exclude_self"):
        message = "a word is not among the words of another sentence: with a memory, nothing can be excluded"
        raise UsageError(message, "leave one of the two out", setting="exclude_self", value=True)
    return Settings(**given)


def _heads(mode: str, heads: int | None, projections: str | None) -> int | None:
    if heads is None and mode == "multihead":
        return MULTIHEAD_DEFAULT if projections is None or projections in PROJECTIONS else None
    if heads is None:
        return 1
    if mode != "multihead" and heads != 1:
        raise UsageError(
            f"expected 1, since mode {mode} has one head",
            ("add ", Setting("mode", "multihead")),
            setting="heads",
            value=heads,
        )
    return heads


def _mask(value: Any) -> tuple[str, ...]:
    """`causal` and `window:K` in a fixed order, each once; `none` alone is no mask."""
    parts = value if isinstance(value, list | tuple) else (value,)
    kept = dict.fromkeys(_mask_part(part) for part in parts)
    return tuple(sorted(part for part in kept if part != "none"))


def _mask_part(value: Any) -> str:
    part = check_text("mask", value)
    kind, _, width = part.partition(":")
    if kind == "window" and not (width.isascii() and width.isdigit() and len(width) < 10):
        hint = ("for three words to each side: ", Setting("mask", "window:3"))
        raise UsageError("expected a window with its width, window:K", hint, setting="mask", value=part)
    if kind == "window":
        return f"window:{int(width)}"
    return check_choice("mask", part, ("none", "causal", "window"), shown="none, causal, window:K")


def check_choice(setting: str, value: object, allowed: Sequence[str], shown: str | None = None) -> str:
    """A value as it is if it is allowed; else a UsageError with the nearest allowed one."""
    if isinstance(value, str) and value in allowed:
        return value
    near = get_close_matches(str(value), allowed, n=1)
    expected = f"expected one of {shown or ', '.join(allowed)}"
    raise UsageError(expected, f"did you mean {near[0]}?" if near else None, setting=setting, value=value)


def check_name(name: str, allowed: Sequence[str]) -> None:
    """See that there is such a setting; a UsageError with the nearest one."""
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


def _flag(setting: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError("expected True or False", setting=setting, value=value)
    return value


def check_text(setting: str, value: Any) -> str:
    """A text as it is; a UsageError for anything else."""
    if not isinstance(value, str):
        raise UsageError("expected a text", setting=setting, value=value)
    return value


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "mode": lambda value: check_choice("mode", value, MODES),
    "method": lambda value: check_choice("method", value, METHODS),
    "heads": lambda value: check_whole("heads", value, 1, MOST_HEADS),
    "layers": lambda value: check_whole("layers", value, 1, MOST_LAYERS),
    "mask": lambda value: _mask(value),
    "projections": lambda value: check_text("projections", str(value) if isinstance(value, os.PathLike) else value),
    "seed": lambda value: check_whole("seed", value, 0),
    "exclude_self": lambda value: _flag("exclude_self", value),
    "temperature": lambda value: check_positive("temperature", value),
    "sigma": lambda value: check_positive("sigma", value),
    "positions": lambda value: check_choice("positions", value, POSITIONS),
    "memory": lambda value: check_text("memory", value),
    "word": lambda value: str(value) if isinstance(value, int) else check_text("word", value),
    "top": lambda value: check_whole("top", value, 1),
    "unknown": lambda value: check_choice("unknown", value, UNKNOWN),
}
