"""The similarity of two texts without some of their words: each left out in turn, or those that were asked for."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

import numpy as np

from attncli.arrays import Array
from attncli.errors import Setting, UsageError
from attncli.recipes.pooled_text import PooledText, PooledTexts, Progress, Removal
from attncli.recipes.word_places import pieces_of
from attncli.settings.similarity import TEXTS, dropped


@dataclass(frozen=True)
class Dropped:
    """The similarity without a word, and the change that this makes; NaN where nothing is left of the text.

    asked: the word as it was given; text: `a` or `b`; tokens: its places among the rows of that text.
    """

    asked: str
    text: str
    tokens: tuple[int, ...]
    similarity: float
    change: float


def leave_one_out(found: PooledTexts, progress: Progress = lambda *_: None) -> tuple[Array, Array]:
    """The change of the similarity without each row of either text, `[n]` and `[m]`; NaN of special tokens."""
    places = [(text, row) for text in (0, 1) for row in np.flatnonzero(~found.texts[text].special).tolist()]
    changes = tuple(np.full(len(each.members), np.nan) for each in found.texts)
    values = _without(found, [(text, [row]) for text, row in places], progress)
    for (text, row), value in zip(places, values, strict=True):
        changes[text][row] = value - found.value
    return changes[0], changes[1]


def drop(found: PooledTexts, asked: Sequence[str]) -> Iterator[Dropped]:
    """The similarity without each word; one that stands in both texts is dropped from either in turn.

    Raises:
        UsageError: a word that no text has, or a special token.
    """
    places = [(each, *place) for each in asked for place in _places(found.texts, each)]
    values = _without(found, [(text, rows) for _, text, rows in places])
    for (each, text, rows), value in zip(places, values, strict=True):
        yield Dropped(each, TEXTS[text], tuple(rows), value, value - found.value)


def _without(found: PooledTexts, removals: Sequence[Removal], progress: Progress = lambda *_: None) -> list[float]:
    """The similarity without some rows of a text, for each removal."""
    left = found.without([(text, _tokens(found.texts[text], rows)) for text, rows in removals], progress)
    others = (found.texts[1 - text].vector for text, _ in removals)
    of_both = zip(left, others, strict=True)  # every similarity is symmetric
    return [math.nan if vector is None else found.pooling.value(vector, other) for vector, other in of_both]


def _tokens(text: PooledText, rows: Sequence[int]) -> list[int]:
    return [*chain.from_iterable(text.members[row] for row in rows)]


def _places(texts: tuple[PooledText, PooledText], asked: str) -> list[tuple[int, tuple[int, ...]]]:
    """The texts that a word is dropped from, each with its rows."""
    chosen, word = dropped(asked)
    found = []
    for text in (0, 1) if chosen is None else (chosen,):
        with suppress(UsageError):
            found.append((text, pieces_of(texts[text].sentence, word, "drop")))
    if not found:
        raise _no_such(asked, texts)
    for text, rows in found:
        if texts[text].special[list(rows)].any():
            raise UsageError("expected a word, got a special token, which stays", setting="drop", value=asked)
    return found


def _no_such(asked: str, texts: Sequence[PooledText]) -> UsageError:
    """The error for a word, or an index, that the texts do not have, of which it may choose one."""
    chosen, word = dropped(asked)
    sides = texts if chosen is None else texts[chosen : chosen + 1]
    where = "either text" if chosen is None else f"text {TEXTS[chosen]}"
    if word.isascii() and word.isdigit():
        of_word = ("for the word itself: ", Setting("drop", f"{asked.removesuffix(word)}={word}"))
        most = len(sides[0].sentence.tokens) - 1
        return UsageError(f"expected a place in {where}, 0 to {most}", of_word, setting="drop", value=asked)
    known = [*dict.fromkeys(token.text for text in sides for token in text.sentence.tokens if not token.special)]
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return UsageError(f"expected a word of {where}", f"choose from: {listed}", setting="drop", value=asked)
