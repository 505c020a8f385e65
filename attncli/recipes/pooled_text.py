"""Texts as one vector each: their rows, the share of each in the vector, and the vector without some tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.models.pooling import Pooling
from attncli.recipes.inputs import embed
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors

Progress = Callable[[str, int, int], None]
Removal = tuple[int, Sequence[int]]  # a text, 0 or 1, and some of its tokens


@dataclass(frozen=True, eq=False)
class PooledText:
    """A text whose n tokens are the m rows of a similarity, or are merged into them.

    sentence: the rows; members: the tokens of each; special, boolean `[m]`: those that the tokenizer added; vector
    `[d]`; shares `[m, d]`: of each row, which sum to the vector, None where it is no sum.
    """

    sentence: Sentence
    members: tuple[Sequence[int], ...]
    special: Array
    vector: Array
    shares: Array | None


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledTexts:
    """Two texts in one space, and how their vectors are made and compared."""

    texts: tuple[PooledText, PooledText]
    pooling: Pooling

    @property
    def value(self) -> float:
        """The similarity of the two texts."""
        return self.pooling.value(*(each.vector for each in self.texts))

    @property
    def contributions(self) -> Array | None:
        """The share of each pair of rows in the similarity, `[n, m]`; None where it is no sum of shares."""
        first, second = (each.shares for each in self.texts)
        if first is None or second is None or not self.pooling.exact:
            return None
        return self.pooling.contributions(first, second)

    def without(self, removals: Sequence[Removal], progress: Progress = lambda *_: None) -> list[Array | None]:
        """The vector `[d]` of a text without some of its tokens, for each removal; None where no token is left.

        progress: called with the name of the work, the number of removals that are done, and of all.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledWords(PooledTexts):
    """Two texts as the means of the vectors x of their words, `[n, d]` and `[m, d]`."""

    x: tuple[Array, Array]

    @classmethod
    def of(cls, sentences: Sequence[Sentence], vectors: Vectors) -> "PooledWords":
        """The texts by their known words, of which each has some."""
        first, second = sentences
        x, pooling = (embed(first, vectors), embed(second, vectors)), Pooling()
        return cls(texts=(_of_words(first, x[0], pooling), _of_words(second, x[1], pooling)), x=x, pooling=pooling)

    def without(self, removals: Sequence[Removal], progress: Progress = lambda *_: None) -> list[Array | None]:
        """The means of the other words, from the sums of all, so that the time grows as the number of words."""
        sums = [x.sum(axis=0) for x in self.x]
        return [self._rest(text, list(words), sums[text]) for text, words in removals]

    def _rest(self, text: int, words: list[int], total: Array) -> Array | None:
        n = len(self.x[text]) - len(words)
        rest: Array = total - self.x[text][words].sum(axis=0)  # [d]
        return rest / n if n else None


def _of_words(sentence: Sentence, x: Array, pooling: Pooling) -> PooledText:
    words = tuple((i,) for i in range(len(x)))
    return PooledText(sentence, words, np.zeros(len(x), bool), pooling.pooled(x), pooling.shares(x))
