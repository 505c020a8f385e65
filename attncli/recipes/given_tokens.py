"""The tokens of weights that were given, as a sentence: texts one after another, or places where there are none."""

from collections.abc import Iterable
from typing import Any

from attncli.errors import UsageError, quoted
from attncli.recipes.given_pieces import sentence_of_pieces
from attncli.text.tokens import SURROGATES, Sentence


def sentence_of(setting: str, given: Iterable[str] | None, n: int, side: str) -> Sentence:
    """The sentence of the tokens; None: they are named by their places.

    setting: the name of the tokens in errors; n: how many there are to be, one a query or key, as `side` says.

    Raises:
        UsageError: another number of them, or anything but texts.
    """
    return joined(str(place) for place in range(n)) if given is None else joined(checked_texts(setting, given, n, side))


def joined(texts: Iterable[str]) -> Sentence:
    """The sentence that texts of tokens make, words or pieces."""
    return sentence_of_pieces([SURROGATES.sub("\ufffd", text) for text in texts])


def checked_texts(setting: str, given: Any, n: int, side: str) -> list[str]:
    """A text a token, n of them."""
    if isinstance(given, str | bytes):
        raise UsageError("expected a list of tokens, got a text", "split it as the model does", setting=setting)
    try:
        texts = list(given)
    except TypeError:
        raise UsageError("expected a list of tokens", setting=setting, value=given) from None
    if wrong := [place for place, each in enumerate(texts) if not isinstance(each, str)]:
        hint = "of ids: tokenizer.convert_ids_to_tokens(ids)"
        raise UsageError(f"expected texts, got {quoted(texts[wrong[0]])} at {wrong[0]}", hint, setting=setting)
    if len(texts) != n:
        hint = "[CLS], <s> and the like are tokens too" if len(texts) < n else "leave out those that have no row"
        raise UsageError(f"expected {n} tokens, one a {side}, got {len(texts)}", hint, setting=setting)
    return texts
