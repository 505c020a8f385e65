"""Rows of a vector set for the words of texts: every stretch between blanks is looked up once, then cached."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat

import numpy as np

from attncli.arrays import Array
from attncli.text.cutting import segments_of, spellings_of
from attncli.text.signs import Span, may_be_emoticon
from attncli.vectors import Vectors

REMEMBERED = 500_000  # stretches of text whose words are kept at hand
TABLE_BYTES = 2**26  # of vectors kept at hand
MISSING = -1  # in place of a word's place: the set lacks it
COMPOSED = -1  # in place of a row of the set
NEW, SEVERAL = -2, -3  # codes of stretches: never met; none or several words, from here down
AROUND = '",;:!?()[]*'  # signs that join nothing

Word = int | str  # the row of a known word, an unknown one as typed


class Vocabulary:
    """The words met so far, with a place each: `rows` of the set `[words]` and their vectors `table` `[words, d]`.

    `places_of` gives the words of a text just as `tokens.read_sentence` finds them: no word of its goes over a blank.
    composes: whether unknown words are composed where the set can; such a word has the row COMPOSED.
    """

    def __init__(self, vectors: Vectors, composes: bool = False) -> None:
        self._vectors, self._composes = vectors, composes and vectors.composes
        self._forget()

    def _forget(self) -> None:
        self._place_of: dict[Word, int] = {}
        self._codes: dict[str, int] = {}  # a stretch between blanks → its place, MISSING, or SEVERAL − a number
        self._several: list[tuple[int, ...]] = []  # the places of stretches of no word or several, by that number
        self.rows = np.empty(0, np.int64)
        self.table = np.empty((0, self._vectors.dimensions), np.float32)

    def places_of(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """The places of all words of the texts, one text after another `[words]`, and how many each has `[texts]`.

        They hold until the next call.
        """
        if len(self._codes) > REMEMBERED or self.table.nbytes > TABLE_BYTES:
            self._forget()
        split = [text.split() for text in texts]
        stretches = list(chain.from_iterable(split))
        codes = self._codes_of(stretches)  # [stretches]
        if (codes == NEW).any():
            self._learn(sorted(set(stretches) - self._codes.keys()))
            codes = self._codes_of(stretches)
        ends = np.cumsum([0, *map(len, split)])  # [texts + 1]
        return self._spread(codes, ends)

    def known_places_of(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """The places of the words that have a vector `[words]`, how many each text has, and how many it lacks."""
        places, counts = self.places_of(texts)
        there, left, _ = known(places, counts)
        return there, left, counts - left

    def _codes_of(self, stretches: Sequence[str]) -> Array:
        return np.fromiter(map(self._codes.get, stretches, repeat(NEW)), np.int64, len(stretches))

    def _spread(self, codes: Array, ends: Array) -> tuple[Array, Array]:
        """Codes of stretches as places of words, and the words of each text, whose stretches end at `ends`."""
        several = np.flatnonzero(codes <= SEVERAL)
        lists = [self._several[number] for number in (SEVERAL - codes[several]).tolist()]
        words = np.ones(len(codes), np.int64)  # [stretches]
        words[several] = [len(each) for each in lists]
        places = np.repeat(codes, words)  # [words]
        places[places <= SEVERAL] = list(chain.from_iterable(lists))
        return places, np.diff(np.concatenate([[0], words.cumsum()])[ends])

    def _learn(self, stretches: Sequence[str]) -> None:
        """Look up new stretches, all of their words in one go."""
        spellings = {stretch: tuple(_spellings(stretch)) for stretch in stretches}
        found = self._vectors.find(dict.fromkeys(chain.from_iterable(spellings.values())))
        words_of = {stretch: _words_of(stretch, words, found) for stretch, words in spellings.items()}
        unknown = [word for words in words_of.values() for word in words if isinstance(word, str)]
        composed = self._vectors.composed(dict.fromkeys(unknown)) if self._composes and unknown else {}
        for stretch, words in words_of.items():
            there = (word if isinstance(word, int) or word in composed else None for word in words)
            self._codes[stretch] = self._code(tuple(MISSING if word is None else self._place(word) for word in there))
        self._add(list(self._place_of)[len(self.rows) :], composed)

    def _add(self, words: Sequence[Word], composed: Mapping[str, Array]) -> None:
        """Enter words into the table."""
        rows = np.array([word if isinstance(word, int) else COMPOSED for word in words], np.int64)
        fresh = self._vectors.rows(np.maximum(rows, 0))  # [words, d]
        for place in np.flatnonzero(rows == COMPOSED).tolist():
            fresh[place] = composed[str(words[place])]
        self.table = np.concatenate([self.table, fresh.astype(np.float32)])
        self.rows = np.concatenate([self.rows, rows])

    def _code(self, places: tuple[int, ...]) -> int:
        if len(places) == 1:
            return places[0]
        self._several.append(places)
        return SEVERAL - len(self._several) + 1

    def _place(self, word: Word) -> int:
        return self._place_of.setdefault(word, len(self._place_of))


def _is_plain(stretch: str) -> bool:
    """Whether it is one word of Latin letters, between signs at most: then nothing but its case matters."""
    return (
        stretch.isascii() and stretch.strip(AROUND).isalpha() and not (stretch[0] in ":;=" and may_be_emoticon(stretch))
    )


def _spellings(stretch: str) -> Iterator[str]:
    """Everything that could be looked up for a stretch."""
    if _is_plain(stretch):
        word = stretch.strip(AROUND)
        yield from (word, word.lower())
        return
    yield from spellings_of(stretch)


def _words_of(stretch: str, spellings: Iterable[str], found: Mapping[str, int]) -> list[Word]:
    """The words of a stretch in their order."""
    if _is_plain(stretch):
        return [next((found[word] for word in spellings if word in found), stretch.strip(AROUND))]
    known, unknown = segments_of(stretch, found)
    at: dict[Span, Word] = {span: found[word] for span, word in known}
    at |= {span: stretch[slice(*span)] for span in unknown}
    return [at[span] for span in sorted(at)]


def known(places: Array, counts: Array) -> tuple[Array, Array, int]:
    """The rows without unknown words, and the number of those."""
    there = places != MISSING
    inside = np.concatenate([[0], there.cumsum()])  # [words + 1]
    ends = np.concatenate([[0], counts.cumsum()])  # [texts + 1]
    return places[there], np.diff(inside[ends]), int(len(places) - inside[-1])


def by_length(places: Array, counts: Array) -> Iterator[tuple[Array, Array]]:
    """Texts of one length at a time: which ones `[b]`, and their places `[b, n]`; empty texts are left out."""
    starts = counts.cumsum() - counts
    order = np.argsort(counts, kind="stable")
    lengths, firsts = np.unique(counts[order], return_index=True)
    for n, some in zip(lengths.tolist(), np.split(order, firsts[1:]), strict=True):
        if n:
            yield some, places[starts[some][:, None] + np.arange(n)]
