"""The score of a block: the rank of the true word among others, and the measures of its heads."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from attncli.analysis.kinds import profile_heads
from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.similarity import method_of
from attncli.heads.parameters import project
from attncli.training.batches import unit_rows
from attncli.training.objective import Batch, Block, hidden, read_keys, readings, score_truth
from attncli.vectors import Vectors

CANDIDATES = 100
MOST_PLACES = 4  # of a sentence that are asked for: more sentences tell more than more places
NEAREST_ROWS = 100  # negatives come from at least so many rows to each side of the true word's own


class Question(NamedTuple):
    """One sentence: rows `[n]`, the places asked for `[p]`, and at each the true word and its negatives, `[p, m]`."""

    rows: Array
    places: Array
    candidates: Array


class CandidateScores(NamedTuple):
    """Scores of the candidates `[p, m]`, and the attention weights of the true words `[n_head, p, n]`."""

    scores: Array
    weights: Array


#: A knock-out changes the queries `[n_head, p·m, d_k]` and the bias of the scores `[n_head, p·m, n]`.
KnockOut = Callable[[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Predictor:
    """A block to be scored, its method, the length given to its vectors (None: their own), its knock-out."""

    block: Block
    method: str = "scaled"
    length: float | None = None
    knock_out: KnockOut | None = None


def ask(sentences: Iterable[Sequence[int] | Array], words: int, seed: int) -> list[Question]:
    """Questions whose negatives are about as frequent as the true word: drawn without repeats from rows near its own.

    Vector sets are sorted by frequency; a word of row r has negatives from r ± max(100, r/4), at most CANDIDATES. The
    seed draws the negatives; the places are the same under every seed.
    """
    where, rng = np.random.default_rng(0), np.random.default_rng(seed)
    asked = (_question(np.asarray(rows), words, where, rng) for rows in sentences)
    return [question for question in asked if len(question.places)]


def _question(rows: Array, words: int, where: np.random.Generator, rng: np.random.Generator) -> Question:
    """Some places of a sentence, of those that have another word than their own to look at."""
    seeing = np.flatnonzero(~hidden(rows[None])[0].all(axis=-1))
    places = np.sort(where.permutation(seeing)[:MOST_PLACES])
    return Question(rows, places, _candidates(rows[places], words, rng))


def negatives_of(words: int) -> int:
    """The number of negatives of a word in a set of so many words."""
    return min(CANDIDATES, words - 1)


def _candidates(rows: Array, words: int, rng: np.random.Generator) -> Array:
    count = negatives_of(words)
    found = np.empty((len(rows), 1 + count), np.int64)
    for place, row in enumerate(rows.tolist()):
        reach = max(NEAREST_ROWS, row // 4)
        low, high = max(0, row - reach), min(words, row + reach + 1)
        near = rng.choice(high - low, size=count + 1, replace=False) + low
        found[place, 0], found[place, 1:] = row, near[near != row][:count]
    return found


def score_candidates(question: Question, predictor: Predictor, vectors: Vectors) -> CandidateScores:
    """The answer of a block to a question, through the same `attend` that explains."""
    p, m = question.candidates.shape
    block, method = predictor.block, predictor.method
    x = unit_rows(vectors, question.rows, predictor.length)  # [n, d]
    e = unit_rows(vectors, question.candidates.ravel(), predictor.length)  # [p·m, d]
    none = np.empty(0)
    keys = read_keys(block, Batch(question.rows[None], x[None], none, none, none))
    q = project(e, block["w_q"]) + (block["b_q"][:, None] if "b_q" in block else 0)  # [n_head, p·m, d_k]
    bias = np.repeat(keys.bias[0][:, question.places], m, axis=1)  # [n_head, p·m, n]
    if predictor.knock_out:
        q, bias = predictor.knock_out(q, bias)
    given = {name: block[name] for name in method_of(method).parameters}
    found = attend(
        q, keys.k[0], keys.v[0], method=method, mask=bias, temperature=block["temperature"], parameters=given
    )
    scores = np.einsum("hnd,hnd->n", found.context, project(e, readings(block)))  # [p·m]
    return CandidateScores(scores.reshape(p, m), found.weights.reshape(len(q), p, m, -1)[:, :, 0])


def reciprocal_ranks(scores: Array) -> Array:
    """1 / rank of the true word, the first of the scores `[p, m]`; of equal ones half count as before it: `[p]`.

    A score that is not finite ranks last: a diverged block gains nothing by it.
    """
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    true, others = scores[:, :1], scores[:, 1:]
    ranks: Array = 1 + (others > true).sum(axis=1) + (others == true).sum(axis=1) / 2
    return 1 / ranks


def mean_reciprocal_rank(
    questions: Iterable[Question], predictor: Predictor, vectors: Vectors, until: float = math.inf
) -> float:
    """The leak-free MRR over all places of all questions, or of those that were asked until a monotonic time."""
    ranks = [reciprocal_ranks(score_candidates(each, predictor, vectors).scores) for each in in_time(questions, until)]
    return float(np.concatenate(ranks).mean())


def in_time(some: Iterable[Any], until: float) -> Iterator[Any]:
    """One of them, and more of them until a monotonic time."""
    for each in some:
        yield each
        if time.monotonic() > until:
            return


def measure_profile(
    predictor: Predictor, sentences: Iterable[Sequence[int] | Array], vectors: Vectors, until: float = math.inf
) -> Array:
    """The mean of `kinds.PROFILE` over sentences, given as rows of `vectors`: `[n_head, 5]`.

    Over all of them, or those that were looked at until a monotonic time.
    """
    profile: Array = np.mean([_one(np.asarray(rows), predictor, vectors) for rows in in_time(sentences, until)], axis=0)
    return profile


def _one(rows: Array, predictor: Predictor, vectors: Vectors) -> Array:
    x = unit_rows(vectors, rows, predictor.length)  # [n, d]
    none = np.empty(0)
    batch = Batch(rows[None], x[None], none, none, none)
    keys = read_keys(predictor.block, batch)
    weights = score_truth(predictor.block, batch, keys, predictor.method).attention.weights[0]  # [n_head, n, n]
    return profile_heads(weights.astype(np.float64), x, ~hidden(rows[None])[0])
