"""The combinations of `--combine`: functions of the weights of many heads, in words, and a layer of weights alone."""

import numpy as np

from attncli.analysis import combining
from attncli.arrays import Array
from attncli.recipes.explanation import Layer

MOST_FLOWING = 32  # tokens; of more, only the flow of the chosen query is computed
COMBINATIONS = {
    "mean": "the mean over the chosen layers and heads",
    "max": "the largest weight in any chosen layer and head",
    "rollout": "attention rollout over the chosen layers (Abnar & Zuidema 2020): mean weights and residual, multiplied",
    "flow": "attention flow over the chosen layers (Abnar & Zuidema 2020): the most that reaches a token from each",
    "norm": "‖αf(x)‖ (Kobayashi et al. 2020), the mean over the chosen layers",
}
UNITS = {"max": "; a row sums to 1 or more", "flow": "; each from 0 to 1", "norm": ": lengths, not shares"}
COMBINED = {
    "mean": combining.mean,
    "max": combining.maximum,
    "rollout": combining.rollout,
    "norm": combining.mean,  # of lengths in the place of weights
}
THROUGH_LAYERS = ("rollout", "flow")  # they follow a token through the layers, as one of its own text


def without_scores(weights: Array, visible: Array, number: int, heads: tuple[int, ...]) -> Layer:
    """A layer of which only the weights `[n_head, n_query, n_key]` are left.

    visible: a combination of several layers reaches more keys than one layer.
    """
    of_queries, of_keys = (np.empty((len(weights), n, 0)) for n in visible.shape)
    seen = visible | np.any(weights > 0, axis=0)  # [n_query, n_key]
    return Layer(number, heads, of_queries[0], seen, of_queries, of_keys, of_keys, of_queries, weights=weights)
