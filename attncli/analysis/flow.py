"""Attention flow: the maximum flow from each input token to a token of the top layer, layer by layer."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from attncli.analysis.combining import with_residual
from attncli.arrays import Array

# SciPy's capacities are int32. A flow is at most 1, which this makes 2³⁰: the largest power of two that fits. With 2²⁰
# the roundings of a cut of 31 equal edges already add up to 1.4e-5; with 2³⁰, those of 10,000 edges stay below 5e-6.
SCALE = 2**30


def flow(layers: Iterable[Array], queries: Sequence[int]) -> Array:
    """The maximum flow from each of `queries` in the top layer to every input token: `[len(queries), n]`, float64.

    Abnar & Zuidema 2020, section 3: the nodes are the tokens before the lowest selected layer and after each layer; an
    edge leads from every token to every token one layer below, and its capacity is A (`combining.with_residual`) of the
    layers' weights, each `[n_head, n, n]`. Each pair's flow is found alone, as if it had the whole network.

    The flows are those of the paper, from 0 to 1 each, exact to 1e-5; a row does not sum to 1. (The authors' own code
    divides each row by its sum, which keeps the order.)
    """
    from scipy.sparse.csgraph import maximum_flow  # late: it costs a third of a second, and most runs want no flow

    capacities = np.stack([*map(with_residual, layers)])  # [n_layer, n, n]
    n_layer, n, _ = capacities.shape
    network = _network(capacities)
    top = n_layer * n  # the first node of the top layer; the input tokens are the nodes 0 … n − 1
    flows = [[maximum_flow(network, top + query, token).flow_value for token in range(n)] for query in queries]
    return np.array(flows, dtype=np.float64).reshape(len(queries), n) / SCALE


def _network(capacities: Array) -> Any:
    """The sparse matrix of all edges `[(n_layer + 1)·n, (n_layer + 1)·n]`; capacities `[n_layer, n, n]` sum to 1 a row.

    Node l·n + i is token i after l layers.
    """
    from scipy.sparse import csr_matrix

    n_layer, n, _ = capacities.shape
    whole = np.rint(capacities * SCALE).astype(np.int32)
    layer, query, key = np.nonzero(whole)
    nodes = (n_layer + 1) * n
    return csr_matrix((whole[layer, query, key], ((layer + 1) * n + query, layer * n + key)), shape=(nodes, nodes))
