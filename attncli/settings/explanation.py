"""The settings of an explanation over word vectors: a field is an option, in the order of the help.

Commands take them in the groups that they are written in; no NumPy is imported, so that help and completion stay fast.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from attncli.errors import Setting, UsageError
from attncli.settings.effect import AnyOf, With
from attncli.settings.option import (
    Whole,
    always,
    check_choice,
    check_flag,
    check_positive,
    check_text,
    checked,
    never,
    option,
    resolved,
)

MODES = ("self", "qkv", "multihead")
METHODS = ("dot", "scaled", "cosine", "general", "additive", "kernel")
METHOD = "scaled"  # where none is given
PROJECTIONS = ("trained", "random", "identity")
POSITIONS = ("none", "sinusoidal")
UNKNOWN = ("compose", "skip", "error")
CSV = ("guarded", "exact")  # text like a formula
SCALES = ("auto", "fixed", "largest", "percentile", "sqrt", "log", "row")  # of colours
MULTIHEAD_DEFAULT = 3
MOST_HEADS, MOST_LAYERS = 1024, 100  # more than any model has; each costs memory


def usual_heads(settings: "AttentionOptions") -> int | None:
    """The number of heads where none is given; None: as many as the projections file has."""
    if settings.mode != "multihead":
        return 1
    return MULTIHEAD_DEFAULT if settings.projections is None or settings.projections in PROJECTIONS else None


def usual_temperature(settings: "AttentionOptions") -> float | None:
    """The temperature where none is given; None: the vector set's own, of the vectors of two sentences themselves."""
    crossed = settings.memory is not None and settings.mode == "self" and settings.method in (None, METHOD)
    return None if crossed else 1.0


def check_mask(setting: str, value: Any) -> tuple[str, ...]:
    """`causal` and `window:K` in a fixed order, each once; `none` alone is no mask."""
    parts = value if isinstance(value, list | tuple) else (value,)
    masks = dict.fromkeys(_mask(setting, part) for part in parts)
    return tuple(sorted(part for part in masks if part != "none"))


def _mask(setting: str, value: Any) -> str:
    part = check_text(setting, value)
    kind, _, width = part.partition(":")
    if kind == "window" and not (width.isascii() and width.isdigit() and len(width) < 10):
        hint = ("for three words to each side: ", Setting(setting, "window:3"))
        raise UsageError("expected a window with its width, window:K", hint, setting=setting, value=part)
    if kind == "window":
        return f"window:{int(width)}"
    return check_choice(setting, part, ("none", "causal", "window"), shown="none, causal, window:K")


def check_methods(setting: str, value: Any) -> tuple[str, ...]:
    """Methods, each once."""
    return tuple(dict.fromkeys(check_choice(setting, each, METHODS) for each in value))


def check_path(setting: str, value: Any) -> str:
    """A text, or a path as one."""
    return check_text(setting, str(value) if isinstance(value, os.PathLike) else value)


def check_word(setting: str, value: Any) -> str:
    """A text, or an index as one."""
    return str(value) if isinstance(value, int) else check_text(setting, value)


def _seeded(projections: str, settings: Any) -> str:
    return f"random (seed {settings.seed})" if projections == "random" else projections


def _methods(*methods: object) -> tuple[With, With]:
    """One of these methods, or one of them in a comparison; () there: all others."""
    return With("method", tuple(each for each in methods if each)), With("against", methods)


attention_option = partial(option, "Attention")
PROJECTED = With("mode", ("multihead", "qkv"))  # and not the vectors themselves
LEARNED = ("general", "additive")  # methods with arrays of their own


@dataclass(frozen=True)
class AttentionOptions:
    """The computation.

    heads None: as many as the projections file has. mask () is `none`. projections None: trained ones where the vector
    set has them, else random ones. exclude_self None: as the heads were trained, else False. temperature None: with a
    memory, where no method was given either, the vector set's own.
    """

    mode: str = attention_option("self", "The vectors themselves, or projections of them.", values=MODES, when=always)
    method: str = attention_option(
        None,
        "The similarity of a query and a key",
        values=METHODS,
        described=METHOD,
        usual=lambda _: METHOD,
        when=always,
    )
    heads: int | None = attention_option(
        None,
        "How many heads --mode multihead has",
        check=Whole(1, MOST_HEADS),
        metavar="H",
        described="3",
        usual=usual_heads,
        when=lambda _, settings: settings.mode == "multihead",
        spoken="{value} heads",
        json={"type": "integer", "minimum": 1},
    )
    layers: int = attention_option(
        1, "How many blocks are stacked.", check=Whole(1, MOST_LAYERS), metavar="L", spoken="{value} layers"
    )
    projections: str | None = attention_option(
        None,
        "Where w_q, w_k, w_v and w_o come from",
        check=check_path,
        metavar="trained|random|identity|FILE.npz",
        values=PROJECTIONS,
        described="trained if the vectors have such heads, else random",
        written=_seeded,
        needs=[AnyOf((PROJECTED, *_methods(*LEARNED, "kernel", ())))],
    )
    seed: int = attention_option(
        0,
        "The seed of random projections.",
        check=Whole(0),
        metavar="N",
        when=never,
        needs=[With("projections", ("random", None)), AnyOf((PROJECTED, *_methods(*LEARNED)))],
    )
    mask: tuple[str, ...] = attention_option(
        (),
        "The words that a word may see; repeat it to combine.",
        check=check_mask,
        metavar="none|causal|window:K",
        values=("none", "causal", "window:"),
        typed=list[str],
        written=lambda mask, _: " + ".join(mask) or "none",
        json={"type": "string"},
    )
    exclude_self: bool | None = attention_option(
        None,
        "Hide every word from itself",
        check=check_flag,
        names="--exclude-self/--include-self",
        described="as trained, else no",
        label="itself",
        written=lambda *_: "excluded",
        when=lambda excluded, _: bool(excluded),
        spoken="no word attending to itself",
        json={"type": "boolean"},
    )
    temperature: float | None = attention_option(
        None,
        "Divides the scores: below 1 sharper, above 1 flatter",
        check=check_positive,
        metavar="T",
        described="1, with --memory the vectors' own",
        usual=usual_temperature,
        when=lambda temperature, _: temperature not in (None, 1),
        json={"type": "number"},
    )
    sigma: float | None = attention_option(
        None,
        "The width of --method kernel",
        check=check_positive,
        metavar="S",
        described="σ² = √d_k",
        needs=[AnyOf(_methods("kernel", ()))],
    )
    positions: str = attention_option("none", "Added to the vectors, to mark the places of words.", values=POSITIONS)
    memory: str | None = attention_option(
        None,
        "Cross-attention: keys and values come from this sentence.",
        check=check_text,
        metavar="SENTENCE",
        when=never,
    )


@dataclass(frozen=True)
class WordOption:
    """The query of a close-up."""

    word: str | None = attention_option(
        None, "The close-up of one query: a word or its index.", check=check_word, metavar="WORD|INDEX", when=never
    )


def check_cuts(setting: str, value: Any) -> tuple[str, ...]:
    """Pairs of words, each a text such as `he:dog`, or several of them."""
    parts = value if isinstance(value, list | tuple) else [value]
    for part in parts:
        if not all(cut_words(check_text(setting, part))):
            hint = ("for example ", Setting(setting, "he:dog"), ": he does not see dog")
            raise UsageError("expected two words with a colon between them", hint, setting=setting, value=part)
    return tuple(dict.fromkeys(parts))


def cut_words(pair: str) -> tuple[str, str]:
    """The two words of `he:dog`; a word after `=` may begin with a colon."""
    start = 2 if pair.startswith("=") else 0
    colon = pair.find(":", start)
    return (pair[:colon], pair[colon + 1 :]) if colon >= 0 else (pair, "")


EVERY_WORD = "*"  # in a cut
LISTED = {"type": "array", "items": {"type": "string"}}


def listed(names: Sequence[str], _: Any) -> str:
    """Names as a title writes them."""
    return ",".join(names)


@dataclass(frozen=True)
class CutOption:
    """Words that are cut apart (attention knockout, Geva et al. 2023)."""

    cut: tuple[str, ...] = attention_option(
        (),
        "Hide a word from another in every head: he:dog, *:dog; repeatable.",
        check=check_cuts,
        metavar="WORD:WORD",
        typed=list[str],
        written=listed,
        json=LISTED,
    )


@dataclass(frozen=True)
class TopOption:
    """The length of lists."""

    top: int = option(
        "Output", 5, "How many context words, heads or tokens are listed.", check=Whole(1), metavar="K", when=never
    )


@dataclass(frozen=True)
class UnknownOption:
    """The treatment of unknown words."""

    unknown: str = option(
        "Words and vectors",
        "compose",
        "Compose unknown words of parts (fastText, Model2Vec, attn-world), skip them, or refuse.",
        values=UNKNOWN,
        when=never,
    )


@dataclass(frozen=True)
class Settings(
    UnknownOption, TopOption, CutOption, WordOption, AttentionOptions
):  # its fields are those of the last one first
    """The checked settings of one explanation."""

    @property
    def causal(self) -> bool:
        """Whether a word sees only itself and the words before it."""
        return "causal" in self.mask

    @property
    def window(self) -> tuple[int, int] | None:
        """The number of visible words to each side; the narrowest where several windows are given."""
        widths = [int(part.removeprefix("window:")) for part in self.mask if part != "causal"]
        return (min(widths), min(widths)) if widths else None


def check_settings(**options: Any) -> Settings:
    """The settings that options by name make.

    Raises:
        UsageError: an unknown option, or a wrong value or combination.
    """
    given = checked(Settings, options)
    settings = resolved(given)
    if given.method is not None and settings.temperature is None:
        settings = replace(settings, temperature=1.0)
    if settings.mode != "multihead" and settings.heads != 1:
        hint = ("add ", Setting("mode", "multihead"))
        reason = f"expected 1, since mode {settings.mode} has one head"
        raise UsageError(reason, hint, setting="heads", value=settings.heads)
    if settings.memory is not None and settings.exclude_self:
        reason = "a word is not among the words of another sentence: with a memory, nothing can be excluded"
        raise UsageError(reason, "leave one of the two out", setting="exclude_self", value=True)
    return settings
