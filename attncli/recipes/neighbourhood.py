"""The nearest words of some words: their mean direction, less that of others (king - man + woman)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, UsageError
from attncli.recipes.inputs import not_among
from attncli.recipes.sources import Neighbour
from attncli.settings.option import check_whole
from attncli.text.segments import forms
from attncli.vectors import Vectors


@dataclass(frozen=True)
class Asked:
    """A word as typed, and as the vector set spells it, at its row."""

    text: str
    word: str
    row: int


@dataclass(frozen=True)
class Neighbourhood:
    """The given words, the subtracted ones, and the nearest others with their cosines, best first."""

    vectors: Vectors
    words: tuple[Asked, ...]
    minus: tuple[Asked, ...]
    neighbours: tuple[Neighbour, ...]


def neighbourhood(words: Sequence[str], minus: Sequence[str], vectors: Vectors, top: int = 10) -> Neighbourhood:
    """The `top` words nearest by cosine to the mean of the words' unit vectors, those of `minus` counted negatively.

    None of the words asked for is among them (3CosAdd: Mikolov, Yih and Zweig 2013; gensim's `most_similar`).

    Raises:
        UsageError: no word at all, or a `top` below 1.
        AttnError: a word that the set does not have, or words that cancel each other out.
    """
    if not words:
        raise UsageError("expected a word to find neighbours of, got none", "name one: attn vectors near king")
    check_whole("top", top, 1)
    asked = _look_up([*words, *minus], vectors)
    signs = np.repeat([1.0, -1.0], [len(words), len(minus)])  # [m]
    direction = _direction(asked, signs, vectors)  # [d]
    rows, cosines = vectors.near(direction[None], top + len(asked))  # [1, top + m] each
    others = ~np.isin(rows[0], [each.row for each in asked])
    found = zip(vectors.text(rows[0][others][:top]), cosines[0][others][:top], strict=True)
    neighbours = tuple(Neighbour(text, float(cosine)) for text, cosine in found)
    return Neighbourhood(vectors, tuple(asked[: len(words)]), tuple(asked[len(words) :]), neighbours)


def _look_up(texts: Sequence[str], vectors: Vectors) -> list[Asked]:
    """Each word under the first of its spellings that the set has: as typed, then composed, plain, in lower case."""
    rows = vectors.find({form for text in texts for form in forms(text)})
    found = {text: next((form for form in forms(text) if form in rows), None) for text in texts}
    if unknown := [text for text, word in found.items() if word is None]:
        spellings: dict[str, Sequence[str]] = dict.fromkeys(unknown, ())
        spellings |= {text: vectors.spellings(text) for text in unknown[:3]}  # each takes a while
        raise not_among(vectors, spellings)
    return [Asked(text, word, rows[word]) for text in texts if (word := found[text]) is not None]


def _direction(asked: Sequence[Asked], signs: Array, vectors: Vectors) -> Array:
    """The signed mean of the unit vectors: [d]."""
    x = vectors.rows([each.row for each in asked])  # [m, d]
    lengths = np.linalg.norm(x, axis=-1, keepdims=True)  # [m, 1]
    units = np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)  # [m, d]
    direction: Array = signs @ units / len(asked)  # [d]
    if not np.linalg.norm(direction) > 1e-9:
        raise AttnError("expected words whose vectors have a mean direction: these are zero or cancel each other out")
    return direction
