"""Windows over a text of more tokens than a model has positions, and the weights of all of them as one matrix."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.family import PackedLayer
from attncli.models.truncating import of_places


class Part(NamedTuple):
    """Neighbouring tokens of a window: their places in the text, and those in the window."""

    text: slice
    window: slice


@dataclass(frozen=True)
class Windows:
    """Windows over the n tokens of a text, in the order in which transformers gives them.

    before, behind: how many special tokens stand around the text; they stand around each window too. spans: the first
    token of the text in each window, and the one behind its last, special ones not counted.
    """

    n: int
    before: int
    behind: int
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def over(cls, sentence: ModelSentence, positions: int, stride: int = 0, side: str = "right") -> "Windows":
        """The windows of transformers' `return_overflowing_tokens`, each of up to `positions` tokens.

        stride: how many tokens a window shares with the one before, at most positions − special tokens − 1. side: where
        the text is cut: with `left` the first window holds its end.
        """
        before, behind = around(sentence)
        n, room = len(sentence.tokens), positions - before - behind
        inner = n - before - behind
        starts = range(0, max(inner - stride, 1), room - stride)
        spans = [(start, min(start + room, inner)) for start in starts]
        if side == "left":
            spans = [(inner - stop, inner - start) for start, stop in spans]
        return cls(n, before, behind, tuple((before + start, before + stop) for start, stop in spans))

    @property
    def lengths(self) -> tuple[int, ...]:
        """The number of tokens of each window, special ones included."""
        return tuple(self.before + stop - start + self.behind for start, stop in self.spans)

    def parts(self, window: int) -> tuple[Part, ...]:
        """The special tokens before a window, its own, and the special ones behind it."""
        (start, stop), before, length = self.spans[window], self.before, self.lengths[window]
        end = length - self.behind
        return (
            Part(slice(0, before), slice(0, before)),
            Part(slice(start, stop), slice(before, end)),
            Part(slice(self.n - self.behind, self.n), slice(end, length)),
        )

    def texts(self, tokens: Sequence[int]) -> Iterator[list[int]]:
        """Of each window its tokens, of those of the text `[n]`."""
        for window in range(len(self.spans)):
            yield [token for part in self.parts(window) for token in tokens[part.text]]

    def first(self, sentence: ModelSentence) -> ModelSentence:
        """The tokens of the first window: the truncated text."""
        return of_places(sentence, [place for part in self.parts(0) for place in range(self.n)[part.text]])

    @property
    def holding(self) -> Array:
        """In how many windows each token of the text is: `[n]`."""
        counts = np.zeros(self.n, np.int64)
        for window in range(len(self.spans)):
            for part in self.parts(window):
                counts[part.text] += 1
        return counts

    def joined(self, weights: Iterable[Array]) -> Array:
        """One matrix a head over the text, float32 `[n_head, n, n]`, of those of the windows, each `[n_head, w, w]`.

        A row is the mean of its query's rows in the windows that hold it, in which keys outside have no weight: it sums
        to 1 as each of them does.
        """
        holding, joined = self.holding[:, None], np.zeros((0, self.n, self.n), np.float32)
        for window, each in enumerate(weights):
            if not window:
                joined = np.zeros((len(each), self.n, self.n), np.float32)
            for queries, keys in product(self.parts(window), repeat=2):
                joined[:, queries.text, keys.text] += each[:, queries.window, keys.window] / holding[queries.text]
        return joined

    def seen(self, visible: Iterable[Array]) -> Array:
        """The keys that a query sees in any window, boolean `[n, n]`, of those of the windows, each `[w, w]`."""
        seen = np.zeros((self.n, self.n), np.bool_)
        for window, each in enumerate(visible):
            for queries, keys in product(self.parts(window), repeat=2):
                seen[queries.text, keys.text] |= each[queries.window, keys.window]
        return seen


def around(sentence: ModelSentence) -> tuple[int, int]:
    """How many special tokens stand before a text, and how many behind it."""
    before = sum(1 for _ in takewhile(lambda token: token.special, sentence.tokens))
    inner = reversed(sentence.tokens[before:])
    return before, sum(1 for _ in takewhile(lambda token: token.special, inner))


def join(windows: Windows, layer: PackedLayer, heads: slice | list[int]) -> tuple[Array, Array]:
    """Weights `[n_head, n, n]` of some heads of a layer that was run on all windows, and the keys seen `[n, n]`."""
    attentions = [run.attention for run in layer.heads]
    weights = windows.joined(each[heads] for run in attentions for each in run.weights)
    visible = windows.seen(np.any(each[heads] > -np.inf, axis=0) for run in attentions for each in run.scores)
    return weights, visible
