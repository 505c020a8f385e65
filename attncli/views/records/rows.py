"""Weights as rows of a table, a row a pair of words, for `csv` and data frames."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from attncli.arrays import Array
from attncli.attention.score_terms import ScoreTerms
from attncli.errors import AttnError
from attncli.recipes.explanation import Explanation
from attncli.settings.model import ARRAYS

if TYPE_CHECKING:
    from attncli.recipes.comparison import Comparison
    from attncli.recipes.head_ranking import HeadRanking
    from attncli.recipes.model_comparison import ModelComparison

Row = tuple[object, ...]
BYTES, MOST_BYTES = 120, 2**29  # of a row, and of a file
HEAD = ("layer", "head", "query", "query_text", "key", "key_text", "score", "weight")
TERMS = ("similarity", "divisor", "position", "temperature")  # score = (similarity / divisor + position) / temperature
NOTHING: Row = (None,) * len(TERMS)
COMPARISON_HEAD = (
    *("method", "query", "query_text", "key", "key_text", "weight"),
    *("difference", "entropy", "divergence", "rank_correlation", "top1_agreement"),
)
MODEL_COMPARISON_HEAD = ("layer", "head", "divergence", "rank_correlation", "top1_agreement")


def explanation_rows(explanation: Explanation) -> Iterator[Row]:
    """The heads of the columns, then every weight of every layer and head with its score and that score's terms.

    Score and terms are empty where they do not exist or the score is −∞.

    Layer and head are empty where they were combined; rows that were not computed are left out.
    """
    queries = explanation.queries
    check_size(explanation, len(queries))
    yield (*HEAD, *TERMS)
    pairs = _pairs(explanation, queries)
    for row, layer in enumerate(explanation.layers):
        terms = layer.terms(queries)
        for column, head in enumerate(layer.heads):
            place = (None, None) if explanation.source.combined else (layer.number, head)
            weights = explanation.weights[row, column, queries].ravel().tolist()
            scores = _shown(layer.scores[column, queries]) if layer.scores is not None else [None] * len(weights)
            made = _made(terms, column, len(weights))
            for pair, score, weight, parts in zip(pairs, scores, weights, made, strict=True):
                yield *place, *pair, score, weight, *(NOTHING if score is None else parts)


def _made(terms: ScoreTerms | None, head: int, n: int) -> Iterable[Row]:
    """Of a head's n scores the terms, a row each."""
    if terms is None:
        return [NOTHING] * n
    divisor, temperature = float(terms.divisor[head]), float(terms.temperature[head])
    position = [0.0] * n if terms.position is None else terms.position[head].ravel().tolist()
    pairs = zip(terms.similarity[head].ravel().tolist(), position, strict=True)
    return ((similarity, divisor, position, temperature) for similarity, position in pairs)


def comparison_rows(comparison: "Comparison") -> Iterator[Row]:
    """The heads of the columns, then every method's mean weights, their differences, and the method's measures."""
    yield COMPARISON_HEAD
    baseline = comparison.methods[0]
    pairs = _pairs(baseline.explanation, range(len(baseline.weights)))
    for each in comparison.methods:
        measures = each.entropy, each.divergence, each.rank_correlation, each.top1_agreement
        weights, apart = each.weights.ravel().tolist(), (each.weights - baseline.weights).ravel().tolist()
        for pair, weight, difference in zip(pairs, weights, apart, strict=True):
            yield each.method, *pair, weight, difference, *measures


def model_comparison_rows(comparison: "ModelComparison") -> Iterator[Row]:
    """The heads of the columns, then the measures of every head; nothing where one is not defined."""
    yield MODEL_COMPARISON_HEAD
    for each in comparison.heads:
        yield each.layer, each.head, each.divergence, each.rank_correlation, each.top1_agreement


def ranking_rows(ranking: "HeadRanking") -> Iterator[Row]:
    """The heads of the columns, then every head; mean and lift are empty for a pattern."""
    yield "layer", "head", "score", "mean", "lift"
    for each in ranking.heads:
        yield each.layer, each.head, each.score, each.mean, each.lift


def check_size(explanation: Explanation, queries: int) -> None:
    """AttnError where the rows would fill a disk sooner than a data frame."""
    n_layer, n_head, _, n_key = explanation.weights.shape
    needed = n_layer * n_head * queries * n_key * BYTES
    if needed > MOST_BYTES:
        raise AttnError(
            f"the CSV of {n_layer * n_head * queries * n_key:,} weights would take some {needed / 2**20:,.0f} MB, the "
            f"limit is {MOST_BYTES >> 20}",
            ARRAYS,
        )


def _pairs(explanation: Explanation, queries: Sequence[int]) -> list[tuple[int, str, int, str]]:
    """Each query with each key: their places and texts."""
    keys = [(token.index, token.text) for token in explanation.key_sentence.tokens]
    texts = [token.text for token in explanation.sentence.tokens]
    return [(query, texts[query], *key) for query in queries for key in keys]


def _shown(scores: Array) -> list[float | None]:
    """Scores `[queries, n_key]` in one list, None for those that are hidden."""
    return [value if isfinite(value) else None for value in scores.ravel().tolist()]
