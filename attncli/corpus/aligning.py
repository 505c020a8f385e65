"""Word alignment of many pairs of texts at once: in float32, pairs of equal lengths together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from attncli.analysis.gold import Link
from attncli.arrays import Array
from attncli.attention.similarity.cosine import unit
from attncli.corpus.lines import NO_WORD, UNKNOWN_WORD, Reason
from attncli.corpus.pair_forms import Pair
from attncli.corpus.pair_words import pair_words
from attncli.recipes.alignment import MOST_PAIRS
from attncli.recipes.word_links import resolved_temperature, scored_links
from attncli.settings.alignment import AlignmentSettings
from attncli.vectors import Vectors

TOGETHER = 2**16  # scores of pairs that are linked at once: they stay in a core's cache
Links = list[Link]


class Aligner:
    """Links between the words of pairs of texts, by the vectors of a set."""

    def __init__(self, vectors: Vectors, settings: AlignmentSettings) -> None:
        self._words = pair_words(vectors, settings)
        self.settings = replace(settings, temperature=resolved_temperature(settings, vectors.info.cross_temperature))
        # the cosine of two words is the product of their directions, which are taken once
        self._directed = settings.method == "cosine"
        self._linking = replace(self.settings, method="dot") if self._directed else self.settings

    def links_of(self, pairs: Sequence[Pair | Reason]) -> list[Links | Reason]:
        """The links of each pair, sorted, with places among its tokens; why there are none where it cannot be aligned.

        They are those of `align`, but for scores that differ by less than the rounding of float32.
        """
        found: list[Links | Reason] = [each if isinstance(each, Reason) else [] for each in pairs]
        good = [(place, each) for place, each in enumerate(pairs) if not isinstance(each, Reason)]
        k = len(good)
        texts = [source for _, (source, _) in good] + [target for _, (_, target) in good]
        places, counts, missing = self._words.places_of(texts)
        starts = counts.cumsum() - counts  # [2k]
        reasons = self._reasons(counts, missing)
        for (place, _), reason in zip(good, reasons, strict=True):
            if reason is not None:
                found[place] = Reason(reason)
        able = np.flatnonzero([reason is None for reason in reasons])
        words = self._met(places)
        for some, n, m in _packs(able, counts[:k], counts[k:]):
            sources = words.places[starts[some][:, None] + np.arange(n)]  # [b, n]
            targets = words.places[starts[some + k][:, None] + np.arange(m)]  # [b, m]
            for pair, links in zip(some.tolist(), self._linked(words, sources, targets), strict=True):
                found[good[pair][0]] = links
        return found

    def _reasons(self, counts: Array, missing: Array) -> list[str | None]:
        """Why pairs cannot be aligned, of the tokens `[2k]` of their sources and then their targets."""
        both = zip(*(each.reshape(2, -1).T.tolist() for each in (counts, missing)), strict=True)
        return [self._reason(*each) for each in both]

    def _reason(self, counts: tuple[int, int], missing: tuple[int, int]) -> str | None:
        for side, n, unknown in zip(("source", "target"), counts, missing, strict=True):
            if self._words.known_of(n, unknown) == 0:
                return f"{NO_WORD} in the {side}"
            if unknown and self.settings.unknown == "error":
                return f"{UNKNOWN_WORD} in the {side}"
        n, m = counts
        return f"expected at most {MOST_PAIRS:,} pairs of words, got {n:,} × {m:,}" if n * m > MOST_PAIRS else None

    def _met(self, places: Array) -> "_Met":
        """The words at these places `[tokens]`, and the tokens' places among them."""
        met = np.zeros(len(self._words.table), bool)  # [words]
        met[places] = True
        x = self._words.table[met]
        return _Met(unit(x) if self._directed else x, self._words.has_vector[met], (met.cumsum() - 1)[places])

    def _linked(self, words: "_Met", sources: Array, targets: Array) -> Iterator[Links]:
        """The links of pairs of tokens `[b, n]` and `[b, m]`."""
        x, y = words.x[sources], words.x[targets]  # [b, n, d] and [b, m, d]
        has_vector = words.has_vector
        *_, links = scored_links(x, y, self._linking, has_vector[sources], has_vector[targets])  # [b, n, m]
        pair, i, j = np.nonzero(links)
        every = list(zip(i.tolist(), j.tolist(), strict=True))
        ends = np.bincount(pair, minlength=len(links)).cumsum().tolist()
        return (every[start:end] for start, end in zip([0, *ends], ends, strict=False))


class _Met(NamedTuple):
    """The different words of some texts: x `[words, d]`, whether each has a vector, and the place of each token."""

    x: Array
    has_vector: Array
    places: Array


def _packs(able: Array, n: Array, m: Array) -> Iterator[tuple[Array, int, int]]:
    """Pairs of equal lengths, some at a time, with the two lengths; `n` and `m` are those of all pairs `[k]`."""
    by_length = able[np.lexsort((m[able], n[able]))]
    lengths = np.stack([n[by_length], m[by_length]], axis=1)  # [b, 2]
    cuts = np.flatnonzero((np.diff(lengths, axis=0) != 0).any(axis=1)) + 1
    for some in np.split(by_length, cuts) if len(able) else ():
        one = int(n[some[0]]), int(m[some[0]])
        at_once = max(TOGETHER // (one[0] * one[1]), 1)
        for first in range(0, len(some), at_once):
            yield some[first : first + at_once], *one
