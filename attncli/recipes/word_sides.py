"""One of the two sentences of an alignment: its tokens, and their vectors."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import UsageError
from attncli.recipes.inputs import check_sentence, embed, not_among, read_words
from attncli.settings.alignment import AlignmentSettings
from attncli.text.cutting import segments_of, spellings_of
from attncli.text.segments import forms
from attncli.text.tokens import Sentence, Token, Unknown
from attncli.vectors import Vectors

Words = str | Sequence[str]
BY_SENTENCE = "align a long text sentence by sentence, a line each"


@dataclass(frozen=True, eq=False)
class Side:
    """A sentence, the vectors of its tokens x `[n, d]`, and whether each has one: `has_vector`, boolean `[n]`.

    The vector of a token that has none is 0; in a plain text every token has one.
    """

    sentence: Sentence
    x: Array
    has_vector: Array


def read_side(setting: str, given: Words, vectors: Vectors, settings: AlignmentSettings) -> Side:
    """The words of a text as `explain` reads them; of a tokenized text or a list all tokens.

    setting: its name in errors, `source` or `target`.

    Raises:
        UsageError: an empty text.
        AttnError: no known word, or an unknown one with `unknown="error"`.
    """
    if isinstance(given, str) and not settings.tokenized:
        sentence = read_words(setting, given, vectors, settings.unknown)
        return Side(sentence, embed(sentence, vectors), np.ones(len(sentence.tokens), bool))
    text, spans = tokens_of(setting, given)
    return _tokenized(text, spans, vectors, settings)


def tokens_of(setting: str, given: Words) -> tuple[str, list[tuple[int, int]]]:
    """A text and the places of its tokens, the stretches between blanks; of a list its members."""
    if isinstance(given, str):
        text = check_sentence(setting, given)
        return text, [match.span() for match in re.finditer(r"\S+", text)]
    words = [check_sentence(setting, each) for each in (given if isinstance(given, Sequence) else [given])]
    if not words:
        raise UsageError("expected words, got an empty list", setting=setting)
    ends = np.cumsum([len(word) + 1 for word in words])
    return " ".join(words), [(int(end) - len(word) - 1, int(end) - 1) for word, end in zip(words, ends, strict=True)]


def _tokenized(text: str, spans: Sequence[tuple[int, int]], vectors: Vectors, settings: AlignmentSettings) -> Side:
    """Every token of a text."""
    words = [text[start:end] for start, end in spans]
    found = token_vectors(words, vectors, settings.unknown)
    tokens = tuple(
        Token(i, word, found.forms[i] or word, *span, found.rows[i])
        for i, (word, span) in enumerate(zip(words, spans, strict=True))
    )
    unknown = tuple(_unknown(tokens, found.has_vector))
    if (unknown and settings.unknown == "error") or len(unknown) == len(tokens):
        raise not_among(vectors, {each.text: () for each in unknown})
    return Side(Sentence(text, tokens, unknown), found.x, found.has_vector)


class TokenVectors(NamedTuple):
    """Of n tokens the spelling that the set has, if it has one, and its row; x `[n, d]` and has_vector as in Side."""

    forms: list[str | None]
    rows: list[int | None]
    x: Array
    has_vector: Array


def token_vectors(words: Sequence[str], vectors: Vectors, unknown: str) -> TokenVectors:
    """The vectors of tokens: of the word, else a composed one, else the mean of its parts', else 0."""
    there = vectors.find({form for word in words for form in forms(word)})
    spelled = [next((form for form in forms(word) if form in there), None) for word in words]
    rows = [None if form is None else there[form] for form in spelled]
    x = np.zeros((len(words), vectors.dimensions))  # [n, d]
    known = [i for i, row in enumerate(rows) if row is not None]
    x[known] = vectors.rows([row for row in rows if row is not None])
    has_vector = np.isin(np.arange(len(words)), known)  # [n]
    missing = np.flatnonzero(~has_vector).tolist() if unknown == "compose" else []
    made = _composed([words[i] for i in missing], vectors)
    for i in missing:
        if words[i] in made:
            x[i], has_vector[i] = made[words[i]], True
    return TokenVectors(spelled, rows, x, has_vector)


def _composed(words: Sequence[str], vectors: Vectors) -> dict[str, Array]:
    """The vectors that are composed for tokens, else the mean of their parts', of those that have any."""
    made = vectors.composed(words) if vectors.composes else {}
    parts = _parts_of([word for word in dict.fromkeys(words) if word not in made], vectors)
    rows = sorted({row for some in parts.values() for row in some})
    x, places = vectors.rows(rows), {row: place for place, row in enumerate(rows)}  # [parts, d]
    means = {word: x[[places[row] for row in some]].mean(axis=0) for word, some in parts.items() if some}
    return made | means


def _parts_of(words: Sequence[str], vectors: Vectors) -> dict[str, list[int]]:
    """The rows of the words that each token is made of, looked up all in one go."""
    spellings = {word: {*spellings_of(word)} for word in words}
    found = vectors.find(set().union(*spellings.values()))
    there = {word: {each: found[each] for each in some if each in found} for word, some in spellings.items()}
    return {word: [rows[part] for _, part in segments_of(word, rows)[0]] for word, rows in there.items() if rows}


def _unknown(tokens: Sequence[Token], has_vector: Array) -> Iterator[Unknown]:
    return (Unknown(each.text, each.start, each.end) for each in tokens if not has_vector[each.index])
