"""Heads held against a treebank: the value of `attn heads --treebank`, a relation each with its best head."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from attncli.analysis.relations import DIRECTIONS, Tally, wilson
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.recipes.model_source import ModelInfo
from attncli.settings.treebank import TreebankSettings


class Unread(NamedTuple):
    """A sentence that was passed over: malformed, or more than the model takes; line: where, from 1."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class VectorHeads:
    """Heads over word vectors: the set, its numbers of words and dimensions, and where the projections are from."""

    name: str
    words: int
    dimensions: int
    layers: int
    heads: int
    projections: str

    @property
    def size(self) -> str:
        """Its words and dimensions, the heads and their file: `50,000 × 200, 1 layer × 3 heads (trained)`."""
        layers = f"{self.layers} layer{'s' * (self.layers != 1)} × {self.heads} head{'s' * (self.heads != 1)}"
        return f"{self.words:,} × {self.dimensions}, {layers} ({self.projections})"


TreebankSource = ModelInfo | VectorHeads


@dataclass(frozen=True)
class HeadScore:
    """How often a head is right about a relation, in one direction.

    direction: `dependent`, the dependant looks at its head word, or `head`. accuracy: a share of the pairs; interval:
    95 % (Wilson); beats: whether all of the interval is above the baseline.
    """

    layer: int
    head: int
    direction: str
    accuracy: float
    interval: tuple[float, float]
    beats: bool


@dataclass(frozen=True)
class HeldOut(HeadScore):
    """A head that was chosen on some sentences, judged on `count` pairs of others; so are the baseline and offset.

    beats: whether all of the interval is above the baseline, and above the best offset of those others.
    """

    count: int
    baseline: float
    offset: int


@dataclass(frozen=True, eq=False)
class RelationHeads:
    """A relation, and how often each head is right about its `count` pairs.

    baseline: the share of the pairs with the most frequent offset, the number of the head word less the dependant's;
    correct: the pairs that each head finds `[n_layer, n_head, 2]`, by place and direction; best: chosen and judged on
    all sentences; held_out: chosen on some and judged on others, None where either have no pair; beating: how many
    heads beat the baseline, in either direction.
    """

    relation: str
    count: int
    baseline: float
    offset: int
    correct: Array
    best: HeadScore
    held_out: HeldOut | None
    beating: int

    @property
    def accuracy(self) -> Array:
        """Shares of the pairs: `[n_layer, n_head, 2]`."""
        shares: Array = self.correct / self.count
        return shares

    @property
    def intervals(self) -> Array:
        """Their intervals, low and high: `[n_layer, n_head, 2, 2]`."""
        return wilson(self.correct, self.count)

    @property
    def beats(self) -> Array:
        """Whether their intervals are above the baseline: boolean `[n_layer, n_head, 2]`."""
        above: Array = self.intervals[..., 0] > self.baseline
        return above


@dataclass(frozen=True, eq=False, repr=False)
class TreebankHeads(Displayed):
    """The heads of a model, or over word vectors, held against the relations of treebanks, most pairs first.

    layers, heads: the numbers of the chosen ones, in the order of every `correct`. choose_on: the file that heads were
    chosen on for `held_out`, None: the first half of the sentences. words_unmapped: those without a token of their own;
    pairs_unmapped: those of such words, and those inside one token. unread: sentences that were passed over.
    """

    source: TreebankSource
    files: tuple[str, ...]
    choose_on: str | None
    sentences: int
    words: int
    words_unmapped: int
    pairs: int
    pairs_unmapped: int
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    relations: tuple[RelationHeads, ...]
    settings: TreebankSettings = field(default_factory=TreebankSettings)
    unread: tuple[Unread, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def scores(self, relation: RelationHeads) -> Iterator[HeadScore]:
        """Of a relation all heads, each in both directions: by layer, head and direction."""
        arrays = relation.accuracy, relation.intervals, relation.beats
        for place in np.ndindex(relation.correct.shape):
            accuracy, interval, beats = (each[place] for each in arrays)
            number = self.layers[place[0]], self.heads[place[1]], DIRECTIONS[place[2]]
            yield HeadScore(*number, float(accuracy), (float(interval[0]), float(interval[1])), bool(beats))

    @property
    def beyond(self) -> tuple[RelationHeads, ...]:
        """The relations with a head beyond the best fixed distance on sentences that it was not chosen on."""
        return tuple(each for each in self.relations if each.held_out is not None and each.held_out.beats)


class Numbers(NamedTuple):
    """The numbers of the chosen layers and heads."""

    layers: tuple[int, ...]
    heads: tuple[int, ...]

    def score(self, place: tuple[int, int, int], correct: Array, count: int, baseline: float) -> HeadScore:
        """The score of a head by its place among the chosen ones, of the pairs that each finds."""
        low, high = wilson(correct[place], count).tolist()
        layer, head, direction = place
        share = int(correct[place]) / count
        return HeadScore(
            self.layers[layer], self.heads[head], DIRECTIONS[direction], share, (low, high), low > baseline
        )


def relation_heads(relation: str, chosen_on: Tally, judged_on: Tally, every: Tally, numbers: Numbers) -> RelationHeads:
    """The heads on one relation; chosen_on, judged_on: the sentences of `held_out`; every: those of all others."""
    offset = every.offset
    baseline = every.share_at(offset)
    best = numbers.score(every.best, every.correct, every.count, baseline)
    beating = wilson(every.correct, every.count)[..., 0] > baseline  # [n_layer, n_head, 2]
    held_out = None
    if chosen_on.count and judged_on.count:
        held_out = _held_out(chosen_on, judged_on, numbers)
    correct, found = every.correct, int(beating.any(axis=-1).sum())
    return RelationHeads(relation, every.count, baseline, offset, correct, best, held_out, found)


def _held_out(chosen_on: Tally, judged_on: Tally, numbers: Numbers) -> HeldOut:
    """Head, direction and offset of one tally, judged on another.

    To beat the baseline is to beat the best offset of the judged pairs too: of a few, the chosen one may have none.
    """
    baseline, best = judged_on.share_at(chosen_on.offset), judged_on.share_at(judged_on.offset)
    score = numbers.score(chosen_on.best, judged_on.correct, judged_on.count, max(baseline, best))
    return HeldOut(**vars(score), count=judged_on.count, baseline=baseline, offset=chosen_on.offset)
