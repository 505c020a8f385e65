"""The error about a language that a tokenizer does not mark texts with."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile

from attncli.errors import UsageError

MOST_LISTED = 12  # codes
LONGEST = 40  # characters of a code that is compared


def unknown_language(setting: str, language: str, known: Sequence[str]) -> UsageError:
    """The error about a code, with those that the model has, the nearest first."""
    if not known:
        return UsageError(
            "the model marks no text with its language", "run it without this", setting=setting, value=language
        )
    listed = _nearest_first(language[:LONGEST].casefold(), known)[:MOST_LISTED]
    more = f" and {len(known) - len(listed)} more" if len(known) > len(listed) else ""
    hint = "attn models info MODEL lists all of them" if more else None
    return UsageError(f"expected one of {', '.join(listed)}{more}", hint, setting=setting, value=language)


def _nearest_first(language: str, known: Sequence[str]) -> list[str]:
    """Those that begin alike first, then those that share most."""

    def distance(code: str) -> tuple[int, float]:
        other = code.casefold()
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(language, other, strict=False)))
        return -shared, -SequenceMatcher(None, language, other).ratio()

    return sorted(known, key=distance)
