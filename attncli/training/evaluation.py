"""The table of `attn train --evaluate`: a block, the same with parts knocked out, and untrained attention."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from attncli.analysis.measures import divergence, entropy
from attncli.arrays import Array
from attncli.heads.parameters import random_heads
from attncli.training.objective import Block
from attncli.training.scoring import Predictor, Question, ask, measure_profile, reciprocal_ranks, score_candidates
from attncli.vectors import Vectors

DRAWS = 3
STOP_WORDS = 100  # the most frequent rows of a set, which are its function words; of a small set a tenth


@dataclass(frozen=True)
class Row:
    """One line of the table: means over three draws of the negatives, with the standard deviation of the MRR over them.

    `entropy` is in bits a row, `stop_mass` the share of attention on the hundred most frequent words, `diversity` the
    mean Jensen–Shannon divergence of two heads in bits (None with a single head).
    """

    name: str
    mrr: float
    mrr_spread: float
    top1: float
    entropy: float
    stop_mass: float
    diversity: float | None


@dataclass(frozen=True)
class Evaluation:
    """The rows of the table, and the text and block that they were measured on."""

    block: str
    method: str
    vectors: Vectors
    sentences: int
    places: int
    rows: tuple[Row, ...]
    profile: Array  # [n_head, 5], the measures of each head of the block (`kinds.PROFILE`)


def evaluate(
    name: str,
    given: Predictor,
    vectors: Vectors,
    sentences: Sequence[Sequence[int]],
    seed: int = 0,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> Evaluation:
    """Evaluate a block on sentences, given as rows of `vectors`."""
    seeds = range(seed, seed + DRAWS)
    asked = [ask(sentences, vectors.words, each) for each in seeds]
    rows, entries = [], tuple(_entries(given, vectors))
    for number, (each, make, order) in enumerate(entries):
        report(f"evaluating {each}", number, len(entries))
        drawn = {draw: _in_order(questions, order, draw) for draw, questions in zip(seeds, asked, strict=True)}
        rows.append(_row(each, make, drawn, vectors))
    places = sum(len(question.places) for question in asked[0])
    profile = measure_profile(given, [question.rows for question in asked[0]], vectors)
    return Evaluation(name, given.method, vectors, len(sentences), places, tuple(rows), profile)


def _entries(given: Predictor, vectors: Vectors) -> Iterator[tuple[str, Callable[[int], Predictor], str]]:
    """Each row's name, its predictor by seed, and the order of the words."""
    d, block = vectors.dimensions, given.block
    itself = {name: np.eye(d, dtype=np.float32)[None] for name in ("w_q", "w_k", "w_v")}
    itself |= {"w_o": np.eye(d, dtype=np.float32), "temperature": np.ones(1, np.float32)}
    unplaced = {name: array for name, array in block.items() if name not in ("position_bias", "key_offset_bias")}
    placed = {**block, "key_offset_bias": np.zeros_like(block["key_offset_bias"])}  # it reads the keys' words

    def fixed(predictor: Predictor) -> Callable[[int], Predictor]:
        return lambda _: predictor

    yield "intact", fixed(given), "as written"
    yield "content_zeroed", fixed(Predictor(placed, "dot", given.length, _no_content)), "as written"
    yield "positions_zeroed", fixed(replace(given, block=unplaced)), "as written"
    yield "shuffled", fixed(given), "shuffled"
    yield "scrambled", lambda seed: replace(given, knock_out=_scramble(seed)), "as written"
    yield "uniform", fixed(Predictor(block, "dot", given.length, _uniform)), "as written"
    yield "dot", fixed(Predictor(itself, "dot")), "as written"
    yield "scaled", fixed(Predictor(itself, "scaled")), "as written"
    yield (
        "random",
        lambda seed: Predictor(_random_block(len(block["w_q"]), d, seed), "scaled", math.sqrt(d)),
        "as written",
    )


def _no_content(q: Array, bias: Array) -> tuple[Array, Array]:
    """Under `dot` a query of zeros leaves only the bias of places."""
    return np.zeros_like(q), bias


def _uniform(q: Array, bias: Array) -> tuple[Array, Array]:
    """Every key that may be seen counts the same; the values stay trained."""
    return np.zeros_like(q), np.where(np.isneginf(bias), bias, 0)


def _scramble(seed: int) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Each candidate asks with another one's query."""
    rng = np.random.default_rng(seed)
    return lambda q, bias: (q[:, rng.permutation(q.shape[1])], bias)


def _random_block(n_head: int, d: int, seed: int) -> Block:
    heads = random_heads(n_head, d, seed)
    w_o = np.eye(d) if heads.w_o is None else heads.w_o
    block = {"w_q": heads.w_q, "w_k": heads.w_k, "w_v": heads.w_v, "w_o": w_o, "temperature": np.ones(n_head)}
    return {name: array.astype(np.float32) for name, array in block.items()}


def _in_order(questions: list[Question], order: str, seed: int) -> list[Question]:
    """The questions with the words of each sentence shuffled, unless `order` is "as written"."""
    if order == "as written":
        return questions
    rng, found = np.random.default_rng(seed), []
    for rows, places, candidates in questions:
        order_of = rng.permutation(len(rows))
        found.append(Question(rows[order_of], np.argsort(order_of)[places], candidates))
    return found


def _row(name: str, make: Callable[[int], Predictor], asked: dict[int, list[Question]], vectors: Vectors) -> Row:
    ranks, measures, stops = [], [], min(STOP_WORDS, vectors.words // 10)
    for seed, questions in asked.items():
        predictor, found = make(seed), []
        for question in questions:
            scored = score_candidates(question, predictor, vectors)
            found.append(reciprocal_ranks(scored.scores))
            measures.append(_measures(question, scored.weights, stops))
        ranks.append(np.concatenate(found))
    bits, mass, diverse = np.concatenate(measures, axis=1).mean(axis=1)
    mrr = [float(each.mean()) for each in ranks]
    top1 = float(np.mean([(each == 1).mean() for each in ranks]))
    diversity = None if np.isnan(diverse) else float(diverse)
    return Row(name, float(np.mean(mrr)), float(np.std(mrr)), top1, float(bits), float(mass), diversity)


def _measures(question: Question, weights: Array, stops: int) -> Array:
    """Entropy, stop mass and diversity of weights `[n_head, p, n]`, each place's mean over heads: `[3, p]`."""
    weights = weights.astype(np.float64)
    mass = weights[..., question.rows < stops].sum(axis=-1).mean(axis=0)  # [p]
    pairs = [divergence(weights[a], weights[b]) for a, b in combinations(range(len(weights)), 2)]
    diverse = np.mean(pairs, axis=0) if pairs else np.full(weights.shape[1], np.nan)  # [p]
    return np.stack([entropy(weights).mean(axis=0), mass, diverse])
