"""Explanations and comparisons as named arrays, for a `.npz`: every number as it was computed, and the tokens."""

import json
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.recipes.comparison import Comparison
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_comparison import ModelComparison

AGAINST_BASELINE = ("divergence", "rank_correlation", "top1_agreement")


def explanation_arrays(explanation: Explanation) -> dict[str, Array]:
    """`weights` and `scores` `[n_layer, n_head, n_query, n_key]`, −inf where hidden, and the texts of the tokens.

    `queries` and `keys` are the tokens of either side `[n]`, and `segments` `[n]` says which of two texts they are of;
    of a model and of weights, `layer` and `head` say which are there, and a `model` is described as JSON. Where heads
    were combined or pieces merged there are no scores. Rows that were not computed are NaN.
    """
    arrays: dict[str, Any] = {"weights": explanation.known_weights}
    if explanation.has_scores:
        arrays["scores"] = explanation.scores
    if explanation.source.layers:
        arrays |= {"layer": explanation.source.layers, "head": explanation.source.heads}
    if explanation.source.model is not None:
        arrays["model"] = json.dumps(vars(explanation.source.model))
    return _as_arrays(arrays | _tokens(explanation))


def comparison_arrays(comparison: Comparison) -> dict[str, Array]:
    """`weights` `[n_method, n_query, n_key]`, the mean over the last layer's heads; `methods`, the baseline first.

    `hidden` is what a mask takes away; the measures `[n_method]` are named as in JSON, NaN where one is not defined.
    """
    baseline = comparison.methods[0].explanation
    arrays: dict[str, Any] = {
        "methods": [each.method for each in comparison.methods],
        "weights": np.stack([each.weights for each in comparison.methods]),
        "hidden": ~baseline.layers[-1].visible,
    }
    for name in ("entropy", *AGAINST_BASELINE):
        arrays[name] = np.array([getattr(each, name) for each in comparison.methods], dtype=float)
    return _as_arrays(arrays | _tokens(baseline))


def model_comparison_arrays(comparison: ModelComparison) -> dict[str, Array]:
    """The measures of every head `[n_layer, n_head]`, NaN where one is not defined, and which heads those are."""
    layers, heads = comparison.baseline.source.layers, comparison.baseline.source.heads
    arrays: dict[str, Any] = {"layer": layers, "head": heads, "words": comparison.words}
    for name in AGAINST_BASELINE:
        values = np.array([getattr(each, name) for each in comparison.heads], dtype=float)
        arrays[name] = values.reshape(len(layers), len(heads))
    models = comparison.baseline.source.model, comparison.other.source.model
    return _as_arrays(arrays | {"models": [json.dumps(vars(each)) for each in models]})


def _tokens(explanation: Explanation) -> dict[str, Any]:
    sentence = explanation.sentence
    sides = (("queries", sentence), ("keys", explanation.key_sentence))
    segments = {} if sentence.pair is None else {"segments": [token.segment for token in sentence.tokens]}
    return {name: [token.text for token in side.tokens] for name, side in sides} | segments


def _as_arrays(arrays: dict[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(array) for name, array in arrays.items()}
