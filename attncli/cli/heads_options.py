"""The options of `attn heads`: the heads, what they are ranked by, and the treebanks that they are held against."""

from dataclasses import dataclass

from attncli.cli.options import InputOptions, ModelOption
from attncli.settings.explanation import AttentionOptions, CutOption, WordOption
from attncli.settings.model import (
    PATTERN_NAMES,
    RANKINGS,
    AblationOptions,
    HeadOptions,
    HideFirstOption,
    ReadingOptions,
    TextOptions,
    model_option,
)
from attncli.settings.option import again
from attncli.settings.treebank import TreebankOptions, treebank_option


@dataclass(frozen=True)
class RankOptions(CutOption, HeadOptions, AblationOptions, ReadingOptions, TextOptions, WordOption, ModelOption):
    """The heads, and the pair, the pattern or the answer that they are ranked by."""

    by: str | None = model_option(
        None,
        "A pair or pattern, a head's part in the answer, or the relations of a treebank",
        values=RANKINGS,
        described="pair; treebank with --treebank",
    )
    from_: str | None = model_option(None, "The word that attends.", metavar="WORD|INDEX")
    to: str | None = model_option(None, "The word that is attended to.", metavar="WORD|INDEX")
    lift: bool = model_option(False, "By how far the weight is above the mean of all tokens on that word.")
    pattern: str | None = model_option(None, "A pattern instead of a pair.", values=PATTERN_NAMES)
    for_: str | None = model_option(
        None,
        "The answer that --by effect or contribution is of",
        metavar="TOKEN",
        described="the model's own",
    )


@dataclass(frozen=True)
class TreebankFileOptions:
    """The treebanks."""

    treebank: tuple[str, ...] = treebank_option(
        (), "A treebank in CoNLL-U, - for standard input; repeatable.", metavar="FILE", typed=list[str]
    )
    choose_on: str | None = treebank_option(
        None,
        "Choose heads on this treebank, and judge them on the other",
        metavar="FILE",
        described="chosen on the first half of the sentences, judged on the second",
    )


@dataclass(frozen=True)
class TreeOptions(HideFirstOption, TreebankOptions, TreebankFileOptions):  # its fields are those of the last one first
    """Treebanks, and the pairs of words in them that are counted."""


@dataclass(frozen=True)
class VectorHeadOptions(InputOptions):
    """Heads over word vectors, against a treebank."""

    mode: str | None = treebank_option(None, "Heads over word vectors, in place of a model.", values=("multihead",))
    heads: int | None = again(AttentionOptions, "heads")
    layers: int = again(AttentionOptions, "layers")
    projections: str | None = again(AttentionOptions, "projections")
    positions: str = again(AttentionOptions, "positions")
