"""The words of a treebank's sentence among tokens, and the pairs of words that its relations make.

Words and tokens are brought together by their places in the text: a token belongs to the word in whose place its first
character lies. Words that share a place (`de` and `le` in `du`) share their tokens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.corpus.treebank_file import ParsedSentence, Word
from attncli.settings.treebank import NOT_COUNTED, TreebankSettings, base

NO_WORD = -1  # in place of the row of a token


class RelationNames:
    """The relations that are counted, numbered as they are met; asked for by name, or all."""

    def __init__(self, settings: TreebankSettings) -> None:
        self._asked, self._subtypes = settings.relations, settings.subtypes
        self._numbers: dict[str, int] = {}
        self._of_label: dict[str, tuple[int, ...]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names by number."""
        return tuple(self._numbers)

    @property
    def met(self) -> tuple[str, ...]:
        """Every relation that was met, asked for or not, without its subtype unless those count by themselves."""
        whole = (label if self._subtypes else base(label) for label in self._of_label)
        return tuple(sorted({label for label in whole if base(label) not in NOT_COUNTED}))

    def numbers_of(self, label: str) -> tuple[int, ...]:
        """The relations that a pair with a label is counted for: none, one, or its subtype beside it."""
        if label not in self._of_label:
            names = () if base(label) in NOT_COUNTED else self._names_of(label)
            self._of_label[label] = tuple(self._numbers.setdefault(name, len(self._numbers)) for name in names)
        return self._of_label[label]

    def _names_of(self, label: str) -> Iterable[str]:
        if self._asked is None:
            return [label if self._subtypes else base(label)]
        wanted = [label] if self._subtypes else [base(label), label]
        return [name for name in dict.fromkeys(wanted) if name in self._asked]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of a sentence that are counted, sorted by relation; a pair of two relations is there twice.

    dependents, heads `[p]`: the rows of both words; relations `[p]`: by number; offsets `[p]`: the number of the head
    word less that of the dependant, in words of the treebank.
    """

    dependents: Array
    heads: Array
    relations: Array
    offsets: Array

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int, int, int]]) -> "Pairs":
        """Pairs, each its relation, dependant, head and offset."""
        found = np.array(sorted(pairs), np.int32).reshape(-1, 4)
        relations, dependents, heads, offsets = np.ascontiguousarray(found.T)
        return cls(dependents, heads, relations, offsets)


@dataclass(frozen=True)
class Counts:
    """Words and pairs of sentences, and those among them that have no token, or no two of their own."""

    sentences: int = 0
    words: int = 0
    words_unmapped: int = 0
    pairs: int = 0
    pairs_unmapped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))


@dataclass(frozen=True, eq=False)
class MappedSentence:
    """A sentence of a treebank over tokens: rows `[n]`, that of the word of each token, NO_WORD of none."""

    rows: Array
    pairs: Pairs
    counts: Counts


def map_words(
    sentence: ParsedSentence, places: Sequence[tuple[int, int] | None], names: RelationNames
) -> MappedSentence:
    """The words of a sentence among tokens, by their places in its text; None of special tokens, which have none."""
    words = sentence.words
    units = _units(words)  # [words]
    rows = _rows(sentence.text, places, words, units)  # [n]
    there = np.zeros(max(units, default=0) + 1, bool)
    there[rows[rows >= 0]] = True
    pairs, counted, unmapped = [], 0, 0
    for dependent, word in enumerate(words):
        relations = names.numbers_of(word.relation) if word.head else ()
        if not relations:
            continue
        ends = units[dependent], units[word.head - 1]
        counted += 1
        if ends[0] == ends[1] or not (there[ends[0]] and there[ends[1]]):
            unmapped += 1
            continue
        pairs += [(relation, *ends, word.head - 1 - dependent) for relation in relations]
    lost = sum(not there[unit] for unit in units)
    dense = there.cumsum() - 1  # the words with tokens, numbered anew
    found = Pairs.of((relation, dense[one], dense[other], offset) for relation, one, other, offset in pairs)
    counts = Counts(1, len(words), lost, counted, unmapped)
    return MappedSentence(np.where(rows >= 0, dense[rows], NO_WORD), found, counts)


def _units(words: Sequence[Word]) -> list[int]:
    """The unit of each word by number; those of one place are one."""
    numbers: dict[tuple[int, int], int] = {}
    return [numbers.setdefault((word.start, word.end), len(numbers)) for word in words]


def _rows(text: str, places: Sequence[tuple[int, int] | None], words: Sequence[Word], units: Sequence[int]) -> Array:
    """The unit of each token `[n]`, NO_WORD of none."""
    starts, ends = np.array([(word.start, word.end) for word in words]).T  # [words]
    begins = np.array([-1 if place is None else _first_letter(text, place[0]) for place in places])  # [n]
    at = np.searchsorted(starts, begins, side="right") - 1
    inside = (at >= 0) & (begins < ends[at])
    rows: Array = np.where(inside, np.array(units)[at], NO_WORD)
    return rows


def _first_letter(text: str, start: int) -> int:
    """The first character from a place on that is no blank: a blank that is a token belongs to the word behind it."""
    if not text[start : start + 1].isspace():
        return start
    return len(text) - len(text[start:].lstrip())
