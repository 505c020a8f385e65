"""The settings of the similarity of two texts: a field is an option, in the order of the help; without NumPy."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from attncli.errors import Setting, UsageError
from attncli.settings.explanation import LISTED, UnknownOption, listed
from attncli.settings.option import Whole, check_flag, check_text, checked, never, option

#: The texts by the letters that `drop` chooses them with.
TEXTS = ("a", "b")

similarity_option = partial(option, "Similarity")


def check_drops(setting: str, value: Any) -> tuple[str, ...]:
    """Words or indices, each a text such as `dog`, `a:dog` or `b:3`, or several of them."""
    parts = value if isinstance(value, list | tuple) else [value]
    for part in parts:
        text, word = dropped(check_text(setting, part))
        if not word.strip() or (text is None and word.isascii() and word.isdigit()):
            reason = "expected a word, or an index with its text" if word.strip() else "expected a word"
            index = word.strip() or "0"
            hint = ("for example ", Setting(setting, "dog"), ", ", Setting(setting, f"a:{index}"), " or ")
            raise UsageError(reason, (*hint, Setting(setting, f"b:{index}")), setting=setting, value=part)
    return tuple(dict.fromkeys(parts))


def dropped(given: str) -> tuple[int | None, str]:
    """The text that a `drop` chooses, 0 or 1, None where it names none, and the word."""
    for place, name in enumerate(TEXTS):
        if given.startswith(f"{name}:"):
            return place, given[2:]
    return None, given


@dataclass(frozen=True)
class SimilarityOptions:
    """The input of the model, and the measures beside the contributions."""

    prompt: str | None = similarity_option(
        None,
        "With --model: the prompt of its folder before both texts, by name; A,B: one for each",
        check=check_text,
        metavar="NAME",
        described="as the folder says",
        written=lambda prompt, _: ",".join(name or "none" for name in prompt.split(",")),
    )
    words: bool = similarity_option(
        False,
        "With --model: merge pieces into words.",
        check=check_flag,
        label="pieces",
        written=lambda *_: "merged into words",
    )
    drop: tuple[str, ...] = similarity_option(
        (),
        "The similarity without a word: dog, a:dog for the first text's, b:3; repeatable.",
        check=check_drops,
        metavar="WORD",
        typed=list[str],
        written=listed,
        when=never,
        json=LISTED,
    )
    leave_one_out: bool = similarity_option(
        False, "The change of the similarity without each word, in turn.", check=check_flag, when=never
    )
    top: int = similarity_option(
        5, "How many pairs are listed for the similarity, and against it.", check=Whole(1), metavar="K", when=never
    )


@dataclass(frozen=True)
class SimilaritySettings(UnknownOption, SimilarityOptions):  # its fields are those of the last one first
    """The checked settings of a similarity of texts."""

    def prompts(self, known: Sequence[str]) -> tuple[str | None, str | None]:
        """The names of the prompts of both texts; None: none was chosen. known: the names that there are."""
        if self.prompt is None or self.prompt in known or "," not in self.prompt:
            return self.prompt, self.prompt
        first, _, second = self.prompt.partition(",")
        return first, second


def check_similarity(*, with_model: bool = False, **options: Any) -> SimilaritySettings:
    """The settings that options by name make.

    Raises:
        UsageError: an unknown option, a wrong value, or one of models without a model.
    """
    settings = checked(SimilaritySettings, options)
    for name in () if with_model else ("prompt", "words"):
        if getattr(settings, name) not in (None, False):
            hint = ("add ", Setting("model", "PATH_OR_NAME"))
            raise UsageError("expected a model with it", hint, setting=name, value=getattr(settings, name))
    return settings
