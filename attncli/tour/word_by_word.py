"""A sentence in other words: for each word the nearest one of another language among the vectors of many languages."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.recipes.inputs import embed, read_words
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors

AT_ONCE = 256  # words whose cosines with a whole language are held at a time
FREQUENT = 20_000  # words of the English set; its rare ones are of any language


class Language(NamedTuple):
    """A language that words can be told to be of: by their letters, and by a set that has them where `listed`."""

    name: str
    form: str
    listed: bool


RUSSIAN = Language("Russian", "[а-яё]{2,}|[аиоуявкс]", listed=False)  # no other language here has these letters
ENGLISH = Language("English", "[a-z]{2,}|[ai]", listed=True)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of one language among the vectors of many, and their directions `[m, d]`."""

    language: Language
    words: tuple[str, ...]
    directions: Array

    def nearest(self, vectors: Array) -> list[str]:
        """The word nearest by cosine to each of the vectors `[n, d]`."""
        starts = range(0, len(vectors), AT_ONCE)
        cosines = (vectors[at : at + AT_ONCE] @ self.directions.T for at in starts)  # [≤ AT_ONCE, m]
        return [self.words[row] for each in cosines for row in each.argmax(axis=-1).tolist()]


def other_language(sentence: Sentence) -> Language:
    """English for a sentence whose letters are mostly not Latin, else Russian."""
    letters = [char for token in sentence.tokens for char in token.text if char.isalpha()]
    latin = sum(char < "\u0250" or "\u1e00" <= char <= "\u1eff" for char in letters)
    return ENGLISH if 2 * latin < len(letters) else RUSSIAN


def back_to(language: Language) -> Language:
    """The language of a sentence that is said in this one."""
    return ENGLISH if language == RUSSIAN else RUSSIAN


@dataclass(frozen=True)
class Made:
    """A sentence in words of another language, each the nearest to one of the first sentence, in backward order.

    language: None of a sentence that was given. back: for each word of the first sentence, in its order, the nearest
    word of its language to the one that was made of it; None where the language is none of those here.
    """

    text: str
    language: Language | None = None
    back: tuple[str, ...] | None = None


def made_of(text: str, world: Vectors, english: Vectors) -> Made:
    """The sentence by the words of `world`, said in another language, and the way back.

    Raises:
        AttnError: `world` has no word of it.
        ResourceError: a set that is damaged.
    """
    sentence = read_words("sentence", text, world, "compose")
    language = other_language(sentence)
    words = lexicon_of(language, world, english).nearest(embed(sentence, world))
    own = lexicon_of(back_to(language), world, english)
    known = {token.word for token in sentence.tokens} & set(own.words)
    leads = 2 * sum(token.word in known for token in sentence.tokens) >= len(sentence.tokens)
    rows = world.find(words)
    back = own.nearest(world.rows([rows[word] for word in words])) if leads else None
    return Made(" ".join(reversed(words)), language, None if back is None else tuple(back))


@lru_cache(maxsize=4)
def lexicon_of(language: Language, world: Vectors, english: Vectors) -> Lexicon:
    """The words of a language in `world`; those of English are the frequent ones of `english`.

    Raises:
        ResourceError: a set that is damaged.
    """
    words, form = world.index.first_words(world.words), re.compile(language.form)
    listed = set(english.index.first_words(FREQUENT)) if language.listed else set(words)
    chosen = [row for row, word in enumerate(words) if word in listed and form.fullmatch(word)]
    vectors = world.rows(chosen)  # [m, d]
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)  # [m, 1]
    return Lexicon(language, tuple(words[row] for row in chosen), vectors / np.where(lengths > 0, lengths, 1))
