"""A training watched: its losses from step to step, and how its heads look at held-out sentences meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import entropy
from attncli.arrays import Array
from attncli.training.batches import NEGATIVES, unit_rows
from attncli.training.block import Shape, input_length
from attncli.training.corpus import Corpus
from attncli.training.objective import (
    Batch,
    Block,
    cross_entropy,
    hidden,
    read_keys,
    score_negatives,
    score_truth,
    target_shares,
)
from attncli.vectors import Vectors

MOST_POINTS = 1000  # of the curve of losses; with more of them, each is the mean of more steps
LOOKED_AT = 32  # held-out sentences
BEST_LENGTH = 9  # words of the sentence whose weights are kept


class Curve:
    """Numbers that come one by one, as at most MOST_POINTS means of equally many of them."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most, self._every = most, 1
        self._means: list[float] = []
        self._open: list[float] = []

    def add(self, value: float) -> None:
        """Take one more."""
        self._open.append(value)
        if len(self._open) < self._every:
            return
        self._means.append(sum(self._open) / self._every)
        self._open = []
        if len(self._means) >= self._most:
            self._means = [(a + b) / 2 for a, b in zip(self._means[::2], self._means[1::2], strict=False)]
            self._every *= 2

    def points(self) -> Iterator[tuple[float, float]]:
        """The middle of the places of each mean, counted from 1, and the mean."""
        for number, mean in enumerate(self._means):
            yield number * self._every + (self._every + 1) / 2, mean


@dataclass(frozen=True, eq=False)
class Look:
    """The heads at a step: the mean loss of the held-out sentences in nats, and the mean bits of a row of each head.

    entropies `[n_head]`; weights `[n_head, n, n]` of the one sentence.
    """

    step: int
    loss: float
    entropies: Array
    weights: Array


@dataclass(frozen=True, eq=False)
class History:
    """The course of a training.

    losses: steps and mean losses in nats; guess: the loss on the held-out sentences of guessing evenly, ln of the
    number of candidates; looks: from the first step to the last; kept: the place of the one whose heads are kept;
    words and hidden `[n, n]`: of the sentence whose weights are in the looks; sentences: how many are looked at.
    """

    method: str
    words: tuple[str, ...]
    hidden: Array
    sentences: int
    guess: float
    losses: tuple[tuple[float, float], ...]
    looks: tuple[Look, ...]
    kept: int


class Watch:
    """Collects the history of a training; it draws its own negatives, and so changes no number of it."""

    def __init__(self, corpus: Corpus, vectors: Vectors, shape: Shape) -> None:
        chosen = corpus.held_out[:LOOKED_AT]
        length = input_length(vectors.dimensions) if shape.same_length else None
        self._method, self._vectors = shape.method, vectors
        self._at = min(range(len(chosen)), key=lambda at: abs(len(chosen[at]) - BEST_LENGTH))
        self._n = len(chosen[self._at])
        self._batch = _batch(chosen, corpus, vectors, length)
        self._losses, self._looks, self._kept = Curve(), list[Look](), 0

    def loss(self, value: float) -> None:
        """The loss of one step of training."""
        self._losses.add(value)

    @np.errstate(all="ignore")  # numbers that overflow end the training
    def look(self, step: int, block: Block, kept: bool) -> None:
        """Look at the heads as they are; `kept`: they are the best so far."""
        batch, method = self._batch, self._method
        keys = read_keys(block, batch)
        truth, negatives = score_truth(block, batch, keys, method), score_negatives(block, batch, keys, method)
        weights = truth.attention.weights  # [s, n_head, n, n]
        loss = cross_entropy(batch, truth, negatives)[0]
        look = Look(step, loss, self._entropies(weights), weights[self._at, :, : self._n, : self._n].astype(float))
        again = bool(self._looks) and self._looks[-1].step == step  # as at the end, right after an evaluation
        self._looks[len(self._looks) - again :] = [look]
        self._kept = len(self._looks) - 1 if kept else self._kept

    def _entropies(self, weights: Array) -> Array:
        """The mean bits of the rows that see something: `[n_head]`."""
        sees = (~hidden(self._batch.rows)).any(axis=-1) & (self._batch.rows >= 0)  # [s, n]
        bits: Array = entropy(weights.astype(np.float64)).swapaxes(0, 1)[:, sees].mean(axis=-1)
        return bits

    def history(self) -> History:
        """What was collected so far."""
        rows = self._batch.rows[self._at, : self._n]
        words = tuple(self._vectors.text(rows))
        return History(
            self._method,
            words,
            hidden(rows[None])[0],
            len(self._batch.rows),
            guessing(self._batch),
            tuple(self._losses.points()),
            tuple(self._looks),
            self._kept,
        )


def guessing(batch: Batch) -> float:
    """The loss of equal scores, in nats: the mean over places of ln(1 + negatives that are another word)."""
    others = (batch.rows[:, :, None] != batch.negatives).sum(axis=-1)  # [s, n]
    return float((batch.target_weight * np.log1p(others)).sum())


def _batch(sentences: Sequence[Array], corpus: Corpus, vectors: Vectors, length: float | None) -> Batch:
    """The sentences side by side, padded with −1, with negatives that are drawn once; every place counts the same."""
    rows = np.full((len(sentences), max(map(len, sentences))), -1, np.int64)
    for place, sentence in zip(rows, sentences, strict=True):
        place[: len(sentence)] = sentence
    share = corpus.counts**0.75
    rng = np.random.default_rng(0)
    negatives = np.unique(rng.choice(len(share), NEGATIVES, p=share / share.sum()))  # [c]
    x, e = unit_rows(vectors, rows, length), unit_rows(vectors, negatives, length)
    batch = Batch(rows, x, (rows >= 0).astype(np.float32), negatives, e)
    return batch._replace(target_weight=target_shares(batch))
