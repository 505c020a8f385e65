"""The training loop: steps by batches, early stopping on held-out sentences, and the best block so far.

Adam moves each parameter by its mean gradient over the root of its mean squared one (Kingma and Ba 2015).
"""

import math
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from attncli.arrays import Array
from attncli.interrupts import held_back
from attncli.training.batches import Batches
from attncli.training.block import Shape, input_length, keep_in_bounds, learning_speeds, new_block
from attncli.training.corpus import Corpus
from attncli.training.objective import Block, loss_and_gradients
from attncli.training.scoring import Predictor, ask, mean_reciprocal_rank, measure_profile
from attncli.training.watching import Watch
from attncli.vectors import Vectors

BETAS = (0.9, 0.98)
EPSILON = 1e-8
CLIP = 1.0  # the longest that all gradients together may be
RATE, WARM_UP = 3e-3, 50
EVALUATIONS = 24  # in the course of a training
FALLEN, PATIENCE = 0.95, 6  # training stops after so many evaluations in a row below this share of the best one
CHOSEN_BY = 100  # held-out sentences that choose the best block; others than these say how good it is
FEWEST_OTHERS = 20
AT_ONCE = 0.5  # seconds that an evaluation may take after an interrupt


def rate_at(step: int, progress: float) -> float:
    """The learning rate of a step (from 1): up over WARM_UP steps, and down to 0 where `progress` reaches 1."""
    return RATE * min(step / WARM_UP, max(0.0, 1 - progress))


class Adam:
    """Updates the arrays of a block in place."""

    def __init__(self, block: Mapping[str, Array], speeds: Mapping[str, Array] | None = None) -> None:
        self._speeds = speeds or {}  # by name, the factor of a part's learning rate
        self._mean = {name: np.zeros_like(array) for name, array in block.items()}
        self._square = {name: np.zeros_like(array) for name, array in block.items()}
        self._step = 0

    def update(self, block: Mapping[str, Array], gradients: Mapping[str, Array], rate: float) -> None:
        """One step against the gradients, which together are brought to at most CLIP."""
        self._step += 1
        moving = (array * (self._speeds.get(name, 1) != 0) for name, array in gradients.items())
        length = math.sqrt(sum(float((array * array).sum()) for array in moving))
        shrink = min(1.0, CLIP / max(length, EPSILON))
        first, second = BETAS
        for name, gradient in gradients.items():
            mean, square, g = self._mean[name], self._square[name], gradient * shrink
            mean += (1 - first) * (g - mean)
            square += (1 - second) * (g * g - square)
            root = np.sqrt(square / (1 - second**self._step)) + EPSILON
            block[name][...] -= (rate / (1 - first**self._step)) * mean / root * self._speeds.get(name, 1)


@dataclass(frozen=True)
class Progress:
    """The progress of training: the share that is done, tokens a second, mean loss, held-out MRR (None: not yet)."""

    step: int
    done: float
    tokens_a_second: float
    loss: float
    held_out: float | None


@dataclass(frozen=True)
class Trained:
    """The best block with its method and input length, its figure, the profile of its heads, and why training ended.

    held_out is the MRR on sentences that took no part in choosing it, where there are enough (an interrupted training
    has that on those which chose it); profile is `[n_head, 5]`;
    ended is `done`, `stopped`, `interrupted` or `diverged`; better says whether the block it began with was improved.
    """

    best: Predictor
    held_out: float
    profile: Array
    ended: str
    better: bool


@dataclass(frozen=True)
class Limit:
    """The length of a training: epochs, or else minutes."""

    epochs: float | None = None
    minutes: float = 2.0


def train(
    corpus: Corpus,
    vectors: Vectors,
    shape: Shape,
    limit: Limit,
    seed: int = 0,
    start: Block | None = None,
    only: Collection[str] = (),
    report: Callable[[Progress], None] = lambda _: None,
    keep: Callable[[Trained], None] = lambda _: None,
    watch: Watch | None = None,
) -> Trained:
    """Train a block on a corpus; with `epochs` the same seed gives the same numbers.

    start: the block to resume; only: the names of the parameters that may change (none: all); keep: does with the
    result what must be done even if Ctrl-C, which ends the training, is pressed again; watch: collects its course.

    Raises:
        KeyboardInterrupt: before the first step, so that nothing was learned.
    """
    rng = np.random.default_rng(seed)
    block = new_block(shape, vectors.dimensions, rng) if start is None else {k: v.copy() for k, v in start.items()}
    run = Run(corpus, vectors, shape, limit, block, report, watch)
    before, trained = -1.0, None
    with suppress(KeyboardInterrupt):
        before = run.evaluate() if start is not None else before
        trained = run.result(run.go(rng, only), before)
    with held_back():
        trained = trained or run.result_at_once(before)
        keep(trained)
    return trained


class Run:
    """The state of one training, which changes from step to step."""

    def __init__(
        self,
        corpus: Corpus,
        vectors: Vectors,
        shape: Shape,
        limit: Limit,
        block: dict[str, Array],
        report: Callable[[Progress], None],
        watch: Watch | None = None,
    ) -> None:
        length = input_length(vectors.dimensions) if shape.same_length else None
        self._batches, self._vectors = Batches(corpus, vectors, length), vectors
        self._shape, self._limit = shape, limit
        self._questions = ask(corpus.held_out[:CHOSEN_BY], vectors.words, seed=0)
        self._others = corpus.held_out[CHOSEN_BY:]
        self._tokens = corpus.tokens
        self._report, self._watch, self._began = report, watch, time.monotonic()
        self.block, self.best = block, Predictor(block, shape.method, length)
        self.best_held_out = -1.0
        self.step, self._seen, self._loss, self._worse, self._evaluations = 0, 0, 0.0, 0, 0

    @np.errstate(all="ignore")  # numbers that overflow end the training
    def go(self, rng: np.random.Generator, only: Collection[str]) -> str:
        """Train until the limit is reached, the held-out figure has fallen, or numbers overflow; returns which."""
        adam = Adam(self.block, learning_speeds(self._shape, self.block))
        self._look(better=False)
        while True:
            for batch in self._batches.walk(rng):
                if (done := self._done()) >= 1:
                    self._tell(1.0, self.evaluate())
                    return "done"
                value, gradients = loss_and_gradients(self.block, batch, self._shape.method)
                if not math.isfinite(value):
                    return "diverged"
                self.step += 1
                adam.update(self.block, {name: gradients[name] for name in only or gradients}, rate_at(self.step, done))
                keep_in_bounds(self.block)
                self._note(value, int((batch.rows >= 0).sum()), done)
                if self._worse >= PATIENCE:
                    return "stopped"

    def result(self, ended: str, before: float) -> Trained:
        """The best block, with its figure on held-out sentences that took no part in choosing it."""
        others = self._others if len(self._others) >= FEWEST_OTHERS else [each.rows for each in self._questions]
        questions = ask(others, self._vectors.words, seed=0)
        held_out = mean_reciprocal_rank(questions, self.best, self._vectors)
        profile = measure_profile(self.best, others, self._vectors)
        return Trained(self.best, held_out, profile, ended, self.best_held_out > before)

    def result_at_once(self, before: float) -> Trained:
        """The best block so far: with the figure that chose it, and its profile on a part of the sentences."""
        if not self.step:
            raise KeyboardInterrupt
        if self.best_held_out < 0:
            self.evaluate(time.monotonic() + AT_ONCE)
        rows = [each.rows for each in self._questions]
        profile = measure_profile(self.best, rows, self._vectors, time.monotonic() + AT_ONCE)
        return Trained(self.best, self.best_held_out, profile, "interrupted", self.best_held_out > before)

    def _done(self) -> float:
        if self._limit.epochs is not None:
            return self._seen / (self._limit.epochs * self._tokens)
        return (time.monotonic() - self._began) / (60 * self._limit.minutes)

    def _note(self, value: float, tokens: int, done: float) -> None:
        self._seen += tokens
        if self._watch is not None:
            self._watch.loss(value)
        self._loss = value if self.step == 1 else 0.98 * self._loss + 0.02 * value
        held_out = None
        if done * EVALUATIONS >= self._evaluations + 1:
            self._evaluations, held_out = int(done * EVALUATIONS), self.evaluate()
        if held_out is not None or self.step % 20 == 0:
            self._tell(done, held_out)

    def _tell(self, done: float, held_out: float | None) -> None:
        rate = self._seen / max(1e-9, time.monotonic() - self._began)
        self._report(Progress(self.step, done, rate, self._loss, held_out))

    def evaluate(self, until: float = math.inf) -> float:
        """The held-out MRR of the block as it is; the best block is kept."""
        found = mean_reciprocal_rank(self._questions, replace(self.best, block=self.block), self._vectors, until)
        better = found > self.best_held_out
        if better:
            self.best_held_out, self._worse = found, 0
            self.best = replace(self.best, block={name: array.copy() for name, array in self.block.items()})
        else:
            self._worse = self._worse + 1 if found < FALLEN * self.best_held_out else 0
        self._look(better)
        return found

    def _look(self, better: bool) -> None:
        if self._watch is not None:
            self._watch.look(self.step, self.block, better)
