"""Queries and keys of a page, a number a dimension, for the product of a pair that its score is made of."""

from typing import Any

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.views.page.packing import FULL, packed_signed

MOST_TOKENS = 64
MOST_NUMBERS = 2**21  # of 2 bytes
PRODUCTS = ("dot", "scaled")  # the methods whose similarity is the sum of q × k


def dimensions_of(explanation: Explanation) -> dict[str, Any] | None:
    """Of each layer and head `[largest, packed]` of queries and of keys; None where too many, or no product."""
    layers = explanation.layers
    if explanation.source.method not in PRODUCTS or explanation.partial:
        return None
    tokens = max(len(each.tokens) for each in explanation.sentences)
    if tokens > MOST_TOKENS or sum(each.queries.size + each.keys.size for each in layers) > MOST_NUMBERS:
        return None
    return {
        "queries": [_packed(each.queries) for each in layers],
        "keys": [_packed(each.keys) for each in layers],
    }


def _packed(heads: Array) -> list[tuple[float, str]]:
    """Of each head `[n, d_k]`; heads that share their keys have them once each."""
    return [packed_signed(head, FULL) for head in heads]
