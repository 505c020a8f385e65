"""Weights as the columns of a table, a row a pair of words in every head, for data frames."""

from collections.abc import Sequence

import numpy as np

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.text.tokens import Token
from attncli.views.records.rows import check_size


def explanation_columns(explanation: Explanation) -> dict[str, Array]:
    """The columns by name, each `[rows]`: the numbers of layer and head, None of a combination; NaN for no score.

    Raises:
        AttnError: so many rows that the CSV would refuse them, or weights that are not kept.
    """
    queries, combined = np.array(explanation.queries), explanation.source.combined
    check_size(explanation, len(queries))
    weights = explanation.weights[:, :, queries]  # [n_layer, n_head, queries, n_key]
    layer, head, query, key = (each.ravel() for each in np.indices(weights.shape))
    query = queries[query]
    nothing: Array = np.full(weights.size, None)
    return {
        "layer": nothing if combined else np.array(explanation.layer_numbers)[layer],
        "head": nothing if combined else np.array([each.heads for each in explanation.layers])[layer, head],
        "query": query,
        "key": key,
        "query_text": _texts(explanation.sentence.tokens)[query],
        "key_text": _texts(explanation.key_sentence.tokens)[key],
        "score": _scores(explanation)[:, :, queries].ravel(),
        "weight": weights.ravel().astype(np.float64),
    }


def _texts(tokens: Sequence[Token]) -> Array:
    return np.array([token.text for token in tokens], dtype=object)


def _scores(explanation: Explanation) -> Array:
    """Scores `[n_layer, n_head, n_query, n_key]`, NaN where they are hidden or do not exist."""
    if not explanation.has_scores:
        return np.full(explanation.weights.shape, np.nan)
    scores = explanation.scores.astype(np.float64)
    return np.where(np.isfinite(scores), scores, np.nan)
