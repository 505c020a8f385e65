"""The settings of heads held against a treebank: a field is an option, in the order of the help; without NumPy."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from attncli.errors import UsageError
from attncli.settings.model import HeadOptions, HideFirstOption
from attncli.settings.option import Whole, check_flag, check_text, checked, option

#: Relations that are never counted: a root has no head word, and punctuation is attached by rule.
NOT_COUNTED = ("root", "punct")

treebank_option = partial(option, "Treebank")


def base(relation: str) -> str:
    """A relation without its subtype: `nsubj` of `nsubj:pass`."""
    return relation.partition(":")[0]


def check_relations(setting: str, value: Any) -> tuple[str, ...]:
    """Names of relations, of a text such as `obj,nsubj:pass`, or several of them."""
    given = value if isinstance(value, list | tuple) else [value]
    value = ",".join(check_text(setting, part) for part in given)
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if not name:
            raise UsageError(
                "expected relations with commas between", "for example obj,nsubj", setting=setting, value=value
            )
        if base(name) in NOT_COUNTED:
            reason = "expected a relation between two words: roots and punctuation are not counted"
            raise UsageError(reason, "for example obj,nsubj", setting=setting, value=name)
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class TreebankOptions:
    """The pairs of words that are counted."""

    relations: tuple[str, ...] | None = treebank_option(
        None,
        "The relations that are counted: obj,nsubj:pass",
        check=check_relations,
        metavar="NAMES",
        described="all but root and punct",
        typed=list[str],
        json={"type": ["array", "null"], "items": {"type": "string"}},
    )
    subtypes: bool = treebank_option(False, "Count nsubj:pass by itself, not as nsubj.", check=check_flag)
    limit: int | None = treebank_option(
        None,
        "Read so many sentences of the treebank",
        check=Whole(1),
        metavar="N",
        described="all",
        json={"type": ["integer", "null"], "minimum": 1},
    )


@dataclass(frozen=True)
class TreebankSettings(HideFirstOption, HeadOptions, TreebankOptions):  # fields of the last one first
    """The checked settings of heads held against a treebank."""


def check_treebank(**options: Any) -> TreebankSettings:
    """The settings that options by name make; UsageError for an unknown option or a wrong value."""
    return checked(TreebankSettings, options)
