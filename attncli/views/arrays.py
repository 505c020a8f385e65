"""An explanation as named arrays, for a `.npz`: every weight and score as it was computed, and the tokens."""

import json
from typing import Any

import numpy as np

from attncli.explanation import Explanation
from attncli.heads import Array
from attncli.model_explanation import ModelExplanation


def explanation_arrays(explanation: Explanation) -> dict[str, Array]:
    """`weights` and `scores` `[n_layer, n_head, n_query, n_key]`, −inf where hidden, and the texts of the tokens.

    `queries` and `keys` are the tokens of either side `[n]`; of a model, `layer` and `head` say which are there, and
    `model` is its description as JSON. Where heads were combined or pieces merged there are no scores.
    """
    arrays: dict[str, Any] = {"weights": explanation.weights}
    if not isinstance(explanation, ModelExplanation):
        arrays["scores"] = explanation.scores
    else:
        if explanation.has_scores:
            arrays["scores"] = explanation.scores
        arrays |= {"layer": explanation.layer_numbers, "head": explanation.head_numbers}
        arrays["model"] = json.dumps(vars(explanation.model))
    for name, sentence in (("queries", explanation.sentence), ("keys", explanation.key_sentence)):
        arrays[name] = [token.text for token in sentence.tokens]
    return {name: np.asarray(array) for name, array in arrays.items()}
