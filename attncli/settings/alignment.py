"""The settings of a word alignment: a field is an option, in the order of the help; without NumPy."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from attncli.errors import Setting, UsageError
from attncli.settings.explanation import UnknownOption
from attncli.settings.option import Real, Whole, always, check_flag, check_positive, checked, never, option

#: The rules that links follow from scores by; each is a function of `analysis.links`.
LINKS = ("mutual", "forward", "backward", "grow-diag-final")
#: The similarity methods that need no trained arrays.
SIMILARITIES = ("cosine", "dot", "scaled", "kernel")
#: The temperature of cosines (as in contrastive training, He et al. 2020).
COSINE_TEMPERATURE = 0.07
MOST_PRIOR = 1_000_000  # far above any similarity

alignment_option = partial(option, "Alignment")


@dataclass(frozen=True)
class AlignmentOptions:
    """The alignment.

    null None: every word may have a partner. temperature None: COSINE_TEMPERATURE for cosine, for scaled that of the
    vector set for attention between texts, else 1. layer None: the one after two thirds of the model.
    """

    links: str = alignment_option(
        "mutual", "Pairs that are each other's best, or another rule.", values=LINKS, when=always
    )
    prior: float = alignment_option(
        0.3,
        "The weight of places: P·|i/n - j/m| is taken from a similarity.",
        check=Real(0, MOST_PRIOR),
        metavar="P",
        when=always,
    )
    neighbours: float = alignment_option(
        0.1,
        "The weight of neighbours: A times the similarity of the words before, and of those behind, is added.",
        check=Real(0, 1),
        metavar="A",
        when=always,
    )
    null: float | None = alignment_option(
        None, "A word whose best similarity is below T has no partner", check=Real(), metavar="T", described="none"
    )
    method: str = alignment_option("cosine", "The similarity of two words.", values=SIMILARITIES, when=always)
    temperature: float | None = alignment_option(
        None,
        "Divides the scores before the softmax",
        check=check_positive,
        metavar="T",
        described="0.07 for cosine, the vectors' own for scaled, else 1",
        json={"type": "number", "exclusiveMinimum": 0},
    )
    tokenized: bool = alignment_option(
        False, "Blanks alone part the tokens; punctuation counts.", check=check_flag, when=never
    )
    layer: int | None = alignment_option(
        None,
        "With --model: the layer whose output is compared, from 0",
        check=Whole(0),
        metavar="L",
        described="after two thirds",
    )


@dataclass(frozen=True)
class AlignmentSettings(UnknownOption, AlignmentOptions):  # its fields are those of the last one first
    """The checked settings of an alignment."""


def check_alignment(*, with_model: bool = False, **options: Any) -> AlignmentSettings:
    """The settings that options by name make.

    Raises:
        UsageError: an unknown option, a wrong value, or a layer without a model.
    """
    settings = checked(AlignmentSettings, options)
    if settings.layer is not None and not with_model:
        hint = ("add ", Setting("model", "PATH_OR_NAME"))
        raise UsageError("expected a model with it", hint, setting="layer", value=settings.layer)
    return settings
