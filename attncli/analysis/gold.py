"""Links of an alignment held against gold links: precision, recall, F1 and the alignment error rate.

Source: Och and Ney, "A Systematic Comparison of Various Statistical Alignment Models" (Computational Linguistics 29,
2003), section 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Link = tuple[int, int]  # the places of a word of the source and of one of the target, from 0


@dataclass(frozen=True)
class Gold:
    """The links between two sentences that are sure, S, and those that are possible, P, among which are the sure."""

    sure: frozenset[Link] = frozenset()
    possible: frozenset[Link] = frozenset()

    def reaches_beyond(self, n: int, m: int) -> Link | None:
        """The first link, if there is one, that leads out of sentences of n and m words."""
        return min((link for link in self.possible if link[0] >= n or link[1] >= m), default=None)


@dataclass(frozen=True)
class Agreement:
    """The links A that were found in some pairs of sentences, held against their gold; those of other pairs are added.

    found: |A|; sure: |S|; found_sure: |A ∩ S|; found_possible: |A ∩ P|. A share of nothing is None.
    """

    found: int = 0
    sure: int = 0
    found_sure: int = 0
    found_possible: int = 0
    pairs: int = 0

    def __add__(self, other: "Agreement") -> "Agreement":
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Agreement(*(mine + theirs for mine, theirs in both))

    @property
    def precision(self) -> float | None:
        """|A ∩ P| / |A|."""
        return _share(self.found_possible, self.found)

    @property
    def recall(self) -> float | None:
        """|A ∩ S| / |S|."""
        return _share(self.found_sure, self.sure)

    @property
    def f1(self) -> float | None:
        """2 · precision · recall / (precision + recall); 0 where both are 0."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    @property
    def aer(self) -> float | None:
        """The alignment error rate, 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)."""
        agreed = _share(self.found_sure + self.found_possible, self.found + self.sure)
        return None if agreed is None else 1 - agreed


def agreement(links: Iterable[Link], gold: Gold) -> Agreement:
    """The links of one pair of sentences against their gold."""
    found = {*links}
    return Agreement(len(found), len(gold.sure), len(found & gold.sure), len(found & gold.possible), 1)


def _share(some: int, every: int) -> float | None:
    return some / every if every else None
