"""The settings of an explanation of a model: a field is an option, in the order of the help."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from attncli.errors import Setting, UsageError
from attncli.settings.effect import With, Without
from attncli.settings.explanation import LISTED, CutOption, TopOption, WordOption, check_word, listed
from attncli.settings.option import Whole, check_flag, check_positive, check_share, check_text, checked, never, option

#: Settings of the draws of tokens, which explanations do not have.
DRAWS = ("sample", "top_p", "seed")
COMBINE = ("none", "mean", "max", "rollout", "flow", "norm")
#: Settings of any source that are texts: records have places of their own for them.
TEXTS = ("memory", "target")
PARTS = ("encoder", "decoder", "cross")
RANKINGS = ("pair", "effect", "contribution", "treebank")
PATTERN_NAMES = ("previous", "next", "duplicate", "induction")
#: The hint where something is too large for all layers and heads.
SOME_HEADS = ("choose some: ", Setting("layer", "L"), " ", Setting("head", "H"))
FEWER_HEADS = (*SOME_HEADS, "; or combine them: ", Setting("combine", "mean"))
ARRAYS = (*FEWER_HEADS, "; or write arrays: ", Setting("output", "FILE.npz"))
ABLATIONS = ("zero", "mean")
_HEAD = re.compile(r"(?:(encoder|decoder|cross):)?(\d{1,6})\.(\d{1,6})", re.ASCII)
_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


def check_numbers(setting: str, value: Any) -> tuple[int, ...]:
    """Numbers from 0, of a number, a text such as `3`, `0,2` and `4-7`, or several of them."""
    parts = value if isinstance(value, list | tuple) else [value]
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


def _joined(numbers: Sequence[int], _: Any) -> str:
    return ",".join(map(str, numbers))


model_option = partial(option, "Model")
numbers = partial(
    model_option,
    None,
    check=check_numbers,
    described="all",
    typed=list[str],
    written=_joined,
    json={"type": "array", "items": {"type": "integer", "minimum": 0}},
)


def check_heads(setting: str, value: Any) -> tuple[str, ...]:
    """Names of heads, of a text such as `23.4,7.1` or `decoder:2.1`, or several of them."""
    parts = value if isinstance(value, list | tuple) else [value]
    names = [name.strip() for part in parts for name in str(part).split(",")]
    for name in names:
        if not _HEAD.fullmatch(name):
            hint = (
                "for example ",
                Setting(setting, "23.4"),
                ", layer 23 and head 4, or ",
                Setting(setting, "cross:2.1"),
            )
            raise UsageError("expected heads by layer and number", hint, setting=setting, value=name)
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class SecondTextOptions:
    """A second text in the same input, or the text of a decoder."""

    pair: str | None = model_option(
        None,
        "A second text in the same input, as of a question and its answer.",
        check=check_text,
        metavar="TEXT",
        when=never,
    )
    target: str | None = model_option(
        None,
        "The decoder's text, where the sentence is the source of an encoder-decoder.",
        check=check_text,
        metavar="TEXT",
        when=never,
    )


@dataclass(frozen=True)
class PartOptions:
    """The part of an encoder–decoder that is shown, and the languages of its texts."""

    part: str | None = model_option(
        None, "The heads of an encoder-decoder that are shown", values=PARTS, described="cross with --target"
    )
    source_lang: str | None = model_option(
        None, "The sentence's language, as the model calls it: en_XX.", check=check_text, metavar="CODE", label="from"
    )
    target_lang: str | None = model_option(None, "The target's language.", check=check_text, metavar="CODE", label="to")


@dataclass(frozen=True)
class TextOptions(PartOptions, SecondTextOptions):
    """The texts that a model is given beside the sentence, and the part of it that is shown."""


@dataclass(frozen=True)
class ReadingOptions:
    """The reading of a text: tokens in front of it; more tokens than positions, which are cut or read in windows."""

    bos: bool | None = model_option(
        None,
        "Whether a token stands in front of the text",
        check=check_flag,
        names="--bos/--no-bos",
        described="as the tokenizer has it",
        label="in front",
        written=lambda there, _: "bos token" if there else "nothing",
    )
    truncate: bool = model_option(
        False, "Cut a text that is longer than the model's positions.", check=check_flag, when=never
    )
    stride: int | None = model_option(
        None,
        "Read such a text in windows, each with N tokens of the one before",
        check=Whole(0),
        metavar="N",
        described="one window",
        when=never,
    )


@dataclass(frozen=True)
class AblationOptions:
    """Heads that are taken away."""

    without: tuple[str, ...] = model_option(
        (),
        "Take heads away, by layer and number: 23.4,7.1, or decoder:2.1.",
        check=check_heads,
        metavar="HEADS",
        typed=list[str],
        written=listed,
        json=LISTED,
    )
    ablate: str = model_option(
        "zero", "In the place of a head's output: zeros, or its mean over the tokens.", values=ABLATIONS
    )


@dataclass(frozen=True)
class HeadOptions:
    """The layers and heads that are shown; None: all."""

    layer: tuple[int, ...] | None = numbers("Layers, counted from 0: 3, or 0,4-7", metavar="L")
    head: tuple[int, ...] | None = numbers("Heads of each layer, counted from 0", metavar="H")


@dataclass(frozen=True)
class MergingOptions:
    """Combining heads, merging pieces, and hiding special tokens."""

    combine: str = model_option("none", "One matrix of the chosen layers and heads.", values=COMBINE)
    words: bool = model_option(
        False, "Merge pieces into words.", check=check_flag, label="pieces", written=lambda *_: "merged into words"
    )
    hide_special: bool = model_option(
        False,
        "Leave out [CLS], <s> and the like.",
        check=check_flag,
        label="special",
        written=lambda *_: "hidden",
    )


@dataclass(frozen=True)
class HideFirstOption:
    """Hiding the first token."""

    hide_first: bool = model_option(
        False,
        "Leave out the first token, on which GPT-like models rest.",
        check=check_flag,
        label="first token",
        written=lambda *_: "hidden",
    )


@dataclass(frozen=True)
class ReductionOptions(HideFirstOption, MergingOptions):  # its fields are those of the last one first
    """Combining heads, merging pieces, and hiding special tokens or the first one."""


@dataclass(frozen=True)
class GenerateOption:
    """The tokens that the model says behind its text."""

    generate: int | None = model_option(
        None,
        "Let the model go on from the text with at most N tokens",
        check=Whole(1),
        metavar="N",
        described="no text",
        json={"type": ["integer", "null"], "minimum": 1},
    )


@dataclass(frozen=True)
class SamplingOptions:
    """The choice of each token that is said."""

    sample: float | None = model_option(
        None,
        "With --generate: draw tokens by their probability at temperature T",
        check=check_positive,
        metavar="T",
        described="the likeliest",
        json={"type": ["number", "null"], "exclusiveMinimum": 0},
    )
    top_p: float = model_option(
        1.0,
        "With --sample: from the likeliest tokens alone, whose probabilities sum to P.",
        check=check_share,
        metavar="P",
        label="top-p",
        json={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    )
    seed: int = model_option(
        0,
        "With --sample: the seed of the draws.",
        check=Whole(0),
        metavar="N",
        when=lambda _, settings: settings.sample is not None,
        needs=[With("sample")],
    )


@dataclass(frozen=True)
class ModelSettings(
    TopOption,
    SamplingOptions,
    GenerateOption,
    CutOption,
    WordOption,
    ReductionOptions,
    HeadOptions,
    AblationOptions,
    ReadingOptions,
    TextOptions,
):  # its fields are those of the last one first
    """The checked settings of one explanation of a model."""


@dataclass(frozen=True)
class PredictionOptions(
    SamplingOptions, GenerateOption, CutOption, WordOption, AblationOptions, ReadingOptions, TextOptions
):
    """What a model says: of which texts, at which place, and under which changes."""

    part: str | None = model_option(
        None, "The part of an encoder-decoder that --cut is of", values=PARTS, described="decoder"
    )
    word: str | None = model_option(
        None,
        "Answer at a word, in place of the last token or the masks.",
        check=check_word,
        metavar="WORD|INDEX",
        needs=[Without("lens_all")],
    )


@dataclass(frozen=True)
class LensOptions:
    """The answers that a model would give if it stopped at a layer (logit lens, nostalgebraist 2020)."""

    lens: bool = model_option(
        False, "The answer at each layer, if the model stopped there (logit lens).", needs=[Without("lens_all")]
    )
    lens_all: bool = model_option(False, "The same at every token, as a table.")


def check_model_settings(**options: Any) -> ModelSettings:
    """The settings that options by name make.

    Raises:
        UsageError: an unknown option, a wrong value, or two that exclude each other.
    """
    settings = checked(ModelSettings, options)
    for name, other, is_given in (
        ("sample", Setting("generate", 50), settings.sample is not None and settings.generate is None),
        ("top_p", Setting("sample", 1), settings.top_p < 1 and settings.sample is None),
    ):
        if is_given:
            reason = f"expected {'a number of tokens' if name == 'sample' else 'a temperature'} with it"
            raise UsageError(reason, ("add ", other), setting=name, value=getattr(settings, name))
    if settings.truncate and settings.stride is not None:
        reason = "expected a text to be cut, or read in windows, got both"
        raise UsageError(reason, ("leave out ", Setting("truncate")), setting="stride", value=settings.stride)
    return settings


def chosen(setting: str, asked: Sequence[int] | None, there_are: int, model: str) -> tuple[int, ...]:
    """The numbers asked for, all if none were; UsageError for one that the model does not have."""
    if asked is None:
        return tuple(range(there_are))
    if beyond := [number for number in asked if number >= there_are]:
        expected = f"expected 0 to {there_are - 1}, the {there_are} {setting}s of {model}"
        raise UsageError(expected, setting=setting, value=beyond[0])
    return tuple(asked)
