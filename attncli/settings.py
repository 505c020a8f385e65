"""What can be set on an explanation: the options of `attn explain` by name, checked once for every door.

The names and their values stand here, without NumPy, so that help and completion stay fast.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import isfinite
from typing import Any

from attncli.errors import UsageError

MODES = ("self", "qkv", "multihead")
METHODS = ("dot", "scaled", "cosine", "general", "additive", "kernel")
PROJECTIONS = ("random", "identity")
POSITIONS = ("none", "sinusoidal")
UNKNOWN = ("skip", "error")
MULTIHEAD_DEFAULT = 3
MOST_HEADS, MOST_LAYERS = 1024, 100  # more than any model has; each costs memory


@dataclass(frozen=True)
class Settings:
    """The checked settings of one explanation; every field has the option's name, `mask` is () for `none`."""

    mode: str = "self"
    method: str = "scaled"
    heads: int | None = 1  # None: as many as the projections file has
    layers: int = 1
    mask: tuple[str, ...] = ()
    projections: str | None = None
    seed: int = 0
    exclude_self: bool = False
    temperature: float = 1.0
    sigma: float | None = None
    positions: str = "none"
    memory: str | None = None
    word: str | None = None
    top: int = 5
    unknown: str = "skip"

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
        check_choice("setting", name, names)
    given = {name: value for name, value in options.items() if value is not None}
    mode = check_choice("--mode", given.get("mode", "self"), MODES)
    given["mask"] = _mask(given.get("mask", ()))
    given["projections"] = given.get("projections", None if mode == "self" else "random")
    given["heads"] = _heads(mode, given.get("heads"), given["projections"])
    settings = Settings(**given)
    _check_values(settings)
    _check_combinations(settings)
    return settings


def check_method(method: str, option: str = "--method") -> str:
    """A method's name as it is; a UsageError with the nearest one if there is no such method."""
    return check_choice(option, method, METHODS)


def _check_values(settings: Settings) -> None:
    check_method(settings.method)
    check_choice("--positions", settings.positions, POSITIONS)
    check_choice("--unknown", settings.unknown, UNKNOWN)
    _at_least("--layers", settings.layers, 1, MOST_LAYERS)
    _at_least("--seed", settings.seed, 0)
    _at_least("--top", settings.top, 1)
    _positive("--temperature", settings.temperature)
    if settings.sigma is not None:
        _positive("--sigma", settings.sigma)


def _check_combinations(settings: Settings) -> None:
    if settings.memory is not None and settings.exclude_self:
        message = "--exclude-self has no meaning with --memory: a word is not among the words of another sentence"
        raise UsageError(message, "leave one of the two out")


def _heads(mode: str, heads: int | None, projections: str | None) -> int | None:
    if heads is None and mode == "multihead":
        return MULTIHEAD_DEFAULT if projections in PROJECTIONS else None
    if heads is None:
        return 1
    _at_least("--heads", heads, 1, MOST_HEADS)
    if mode != "multihead" and heads != 1:
        raise UsageError(f"--heads {heads} needs several heads, and --mode {mode} has one", "add --mode multihead")
    return heads


def _mask(value: str | Iterable[str]) -> tuple[str, ...]:
    """`causal` and `window:K` in a fixed order, each once; `none` alone is no mask."""
    parts = (value,) if isinstance(value, str) else tuple(value)
    kept = dict.fromkeys(_mask_part(part) for part in parts)
    return tuple(sorted(part for part in kept if part != "none"))


def _mask_part(part: str) -> str:
    kind, colon, width = part.partition(":")
    if kind == "window" and not (width.isascii() and width.isdigit() and len(width) < 10):
        raise UsageError(f"--mask {part} lacks its width", "for three words to each side: --mask window:3")
    if kind != "window" and colon:
        kind = part
    check_choice("--mask", kind, ("none", "causal", "window"), shown="none, causal, window:K")
    return f"window:{int(width)}" if kind == "window" else kind


def check_choice(option: str, value: object, allowed: Sequence[str], shown: str | None = None) -> str:
    """A value as it is if it is allowed; else a UsageError with the nearest allowed one."""
    if isinstance(value, str) and value in allowed:
        return value
    near = get_close_matches(str(value), allowed, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"{option} does not know {value!r}", f"{hint}choose from: {shown or ', '.join(allowed)}")


def _at_least(option: str, value: object, least: int, most: int | None = None) -> None:
    if not isinstance(value, int) or value < least or (most and value > most):
        reach = f"from {least} to {most:,}" if most else f"from {least} up"
        raise UsageError(f"{option} {value} does not work", f"it takes a whole number {reach}")


def _positive(option: str, value: float) -> None:
    if not (isfinite(value) and value > 0):
        raise UsageError(f"{option} {value} does not work", "it takes a number above 0")
