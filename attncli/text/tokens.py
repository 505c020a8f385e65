"""Words with their places: a sentence becomes tokens that a vector set knows, and words that it does not.

A word is a run of letters with their combining marks and digits; apostrophes, hyphens and full stops inside it belong
to it where the vector set has the whole (`didn't`, `e-mail`, `U.S.`) and split it where it has not. Scripts written
without spaces are cut into the set's own words, of all ways into the most frequent ones. Emoji, symbols, `C++` and
`:)` are tokens where the set has them; punctuation is no token.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from attncli.text.cutting import segments_of, spellings_of

MOST_SPELLED = 100  # each is held against every word of the set
SURROGATES = re.compile("[\ud800-\udfff]")  # a byte that is no UTF-8 arrives as one
SEAM = "·"  # where a word was cut into pieces
Find = Callable[[Iterable[str]], Mapping[str, int]]
Spell = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Token:
    """A word with a vector: `text` as typed, `word` as the vector set spells it, at code points `start` to `end`.

    `row` is None where the set lacks the word and its vector is composed of n-grams or pieces. A token of a model has
    its id as `row` and is made of `pieces`; a `special` one, such as [CLS], has no place in the text. segment: of two
    texts in one input 0 is the first and 1 the second, None of one text alone. generated: the model said it. seams:
    whether it goes on with the word of the token before it, and whether the token after it goes on with its word.
    """

    index: int
    text: str
    word: str
    start: int
    end: int
    row: int | None
    special: bool = False
    pieces: tuple[str, ...] = ()
    segment: int | None = None
    generated: bool = False
    seams: tuple[bool, bool] = (False, False)

    @property
    def label(self) -> str:
        """Its name as a row is called: a piece of a word as `va·` or `·cate`, with a + if the model said it."""
        before, after = (SEAM * seam for seam in self.seams)
        return f"{'+' * self.generated}{before}{self.name}{after}"

    @property
    def name(self) -> str:
        """The name of the token: its text, or its piece where that is white space alone."""
        return self.word if self.text.isspace() else self.text


@dataclass(frozen=True)
class Unknown:
    """A word that the vector set does not have, with the nearest spellings that it has.

    foreign: it is of another language than the set, so that no spelling of that is meant.
    """

    text: str
    start: int
    end: int
    suggestions: tuple[str, ...] = ()
    foreign: bool = False


@dataclass(frozen=True)
class Sentence:
    """The text as typed, the tokens that take part in attention, and the words left out.

    pair: the second of two texts in one input, of which `text` has both with a line break between them.
    """

    text: str
    tokens: tuple[Token, ...]
    unknown: tuple[Unknown, ...] = ()
    pair: str | None = None

    @property
    def composed(self) -> tuple[Token, ...]:
        """The tokens whose vectors are composed of parts; of a tokenized text an unknown word is a token too."""
        unknown = {each.start for each in self.unknown}
        return tuple(token for token in self.tokens if token.row is None and token.start not in unknown)

    @property
    def parts(self) -> tuple["Sentence", ...]:
        """The sentence; of two texts each as a sentence, with its tokens at their places in it."""
        if self.pair is None:
            return (self,)
        start = len(self.text) - len(self.pair)
        first = tuple(token for token in self.tokens if not token.segment)
        second = (token for token in self.tokens if token.segment)
        moved = (t if t.special else replace(t, start=t.start - start, end=t.end - start) for t in second)
        return Sentence(self.text[: start - 1], first), Sentence(self.pair, tuple(moved))


def read_sentence(text: str, find: Find, spell: Spell = lambda _: ()) -> Sentence:
    """Split `text` into tokens and unknown words.

    `find` maps those of the given words that the vector set has to their rows (called once for the sentence);
    `spell` gives the nearest known spellings of an unknown word; of more than MOST_SPELLED the first ones have any.
    """
    rows = find(set(spellings_of(text)))
    known, unknown = segments_of(text, rows)
    tokens = (Token(i, text[a:b], word, a, b, rows[word]) for i, ((a, b), word) in enumerate(known))
    return with_spellings(Sentence(text, tuple(tokens), tuple(Unknown(text[a:b], a, b) for a, b in unknown)), spell)


def with_spellings(sentence: Sentence, spell: Spell) -> Sentence:
    """The sentence with the nearest known spellings of its unknown words, as `read_sentence` gives them."""
    words = dict.fromkeys(each.text for each in sentence.unknown if not each.foreign)
    suggestions = {word: tuple(spell(word)) for word in islice(words, MOST_SPELLED)}
    unknown = (replace(each, suggestions=suggestions.get(each.text, ())) for each in sentence.unknown)
    return replace(sentence, unknown=tuple(unknown))


def with_composed(sentence: Sentence, composes: Callable[[str], bool]) -> Sentence:
    """The sentence with those of its unknown words as tokens that a vector can be composed for."""
    composed = [each for each in sentence.unknown if composes(each.text)]
    made = (Token(0, each.text, each.text, each.start, each.end, None) for each in composed)
    tokens = sorted((*sentence.tokens, *made), key=lambda token: token.start)
    unknown = tuple(each for each in sentence.unknown if each not in composed)
    return Sentence(sentence.text, tuple(replace(token, index=i) for i, token in enumerate(tokens)), unknown)
