"""Attention flow against a slow Edmonds–Karp over fractions, and numbers by hand."""

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.analysis.combining import with_residual
from attncli.analysis.flow import flow


def random_weights(n_layer, n, seed=0, causal=False):
    """One head's weights `[n_layer, 1, n, n]`, some of them tiny."""
    scores = np.exp(4 * np.random.default_rng(seed).normal(size=(n_layer, 1, n, n)))
    scores *= np.tri(n) if causal else 1
    return scores / scores.sum(axis=-1, keepdims=True)


def augmenting_path(residual, source, sink):
    """The shortest path with capacity left, as its edges from the sink back; [] if there is none."""
    came_from, queue = {source: source}, deque([source])
    while queue and sink not in came_from:
        node = queue.popleft()
        fresh = [other for other, left in residual[node].items() if left > 0 and other not in came_from]
        came_from.update(dict.fromkeys(fresh, node))
        queue.extend(fresh)
    path = []
    while sink in came_from and sink != source:
        path.append((came_from[sink], sink))
        sink = came_from[sink]
    return path


def edmonds_karp(edges, source, sink):
    """The maximum flow over edges {(from, to): capacity}, exact for fractions."""
    residual = {node: {} for edge in edges for node in edge}
    for (a, b), capacity in edges.items():
        residual[a][b] = capacity
        residual[b].setdefault(a, Fraction(0))
    total = Fraction(0)
    while path := augmenting_path(residual, source, sink):
        amount = min(residual[a][b] for a, b in path)
        for a, b in path:
            residual[a][b] -= amount
            residual[b][a] += amount
        total += amount
    return total


def slow_flow(weights):
    """The flow from every top token to every input token, whose nodes are (layer, token)."""
    capacities = with_residual(weights)
    n_layer, n, _ = capacities.shape
    edges = {
        ((layer + 1, i), (layer, j)): Fraction(capacities[layer, i, j]) for layer, i, j in np.ndindex(n_layer, n, n)
    }
    return [[float(edmonds_karp(edges, (n_layer, i), (0, j))) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize(("n_layer", "n"), [(1, 1), (1, 4), (2, 3), (3, 4), (5, 3)])
@pytest.mark.parametrize("causal", [False, True])
def test_flow_is_the_papers(n_layer, n, causal):
    weights = random_weights(n_layer, n, causal=causal)
    assert flow(weights, range(n)) == pytest.approx(np.array(slow_flow(weights)), abs=1e-8)


def test_by_hand():
    below = [[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]]  # A = [[¾, ¼, 0], [0, ¾, ¼], [0, 0, 1]]
    above = [[0, 0.5, 0.5], [0, 1, 0], [0, 0, 1]]  # A = [[½, ¼, ¼], [0, 1, 0], [0, 0, 1]]
    weights = np.array([[below], [above]])
    # to 0: ½ by 0. To 1: ¼ by 0 (its edge holds no more), ¼ by 1. To 2: ¼ by 1, ¼ by 2
    assert flow(weights, [0]).tolist() == [[0.5, 0.5, 0.5]]


def test_one_layer_flows_as_its_capacities():
    weights = random_weights(1, 6)
    assert flow(weights, range(6)) == pytest.approx(with_residual(weights)[0], abs=1e-8)


@pytest.mark.parametrize("n", [21, 31, 47])
def test_roundings_that_all_go_one_way_stay_below_1e_5(n):
    weights = np.full((2, 1, n, n), 1 / n)  # to another token: by each of the n tokens 1/(2n)
    assert flow(weights, [0]) == pytest.approx(np.array([[1, *[0.5] * (n - 1)]]), abs=1e-5)


def test_rows_are_those_of_the_chosen_queries():
    weights = random_weights(3, 5)
    everything = flow(weights, range(5))
    assert flow(weights, [4, 1]).tolist() == everything[[4, 1]].tolist()
    assert flow(weights, []).shape == (0, 5)


def test_nothing_flows_from_tokens_that_no_query_sees():
    flows = flow(random_weights(3, 5, causal=True), range(5))
    assert not np.triu(flows, 1).any()
    assert flows[np.tril_indices(5)].all()


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 99))
def test_flow_follows_the_order_of_tokens(order, seed):
    weights = random_weights(3, 4, seed)
    moved = flow(weights[..., order, :][..., order], range(4))
    assert moved == pytest.approx(flow(weights, range(4))[order][:, order], abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_no_flow_exceeds_what_leaves_the_query_or_reaches_the_token(seed):
    weights = random_weights(4, 6, seed)
    arriving = with_residual(weights)[0].sum(axis=0)  # [n]
    assert (flow(weights, range(6)) <= np.minimum(1, arriving) + 1e-8).all()
