"""The settings of attention weights that were given: a field is an option, in the order of the help."""

from dataclasses import dataclass
from typing import Any

from attncli.settings.explanation import TopOption, WordOption
from attncli.settings.model import HeadOptions, HideFirstOption, MergingOptions, model_option
from attncli.settings.option import again, checked

COMBINE = ("none", "mean", "max", "rollout", "flow")  # of weights alone, which have no values


@dataclass(frozen=True)
class GivenMergingOptions:
    """Combining heads, and hiding special tokens."""

    combine: str = model_option("none", "One matrix of the chosen layers and heads.", values=COMBINE)
    hide_special: bool = again(MergingOptions, "hide_special")


@dataclass(frozen=True)
class GivenOptions(
    WordOption, HideFirstOption, GivenMergingOptions, HeadOptions
):  # its fields are those of the last one first
    """The part of the weights that is shown."""


@dataclass(frozen=True)
class GivenSettings(TopOption, GivenOptions):
    """The checked settings of weights that were given."""


def check_given(**options: Any) -> GivenSettings:
    """The settings that options by name make.

    Raises:
        UsageError: an unknown option, or a wrong value.
    """
    return checked(GivenSettings, options)
