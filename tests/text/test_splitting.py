"""The cheapest split is the cheapest of all splits."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from attncli.text.splitting import UNKNOWN_COST, cheapest_split, rank_cost


def cheapest_of_all(length, costs):
    """The least cost of all 2 ** (length - 1) ways to cut."""
    cuts = (inner for count in range(length) for inner in combinations(range(1, length), count))
    return min(sum(costs.get(span, np.inf) for span in pairwise((0, *inner, length))) for inner in cuts)


@pytest.mark.parametrize("seed", range(40))
def test_no_way_to_cut_is_cheaper(seed):
    random = np.random.default_rng(seed)
    length = int(random.integers(1, 10))
    spans = [(a, b) for a in range(length) for b in range(a + 1, length + 1) if random.random() < 0.4]
    costs = {span: float(random.uniform(4, 15)) for span in spans}
    found = cheapest_split((0, length), lambda at: [(b, cost) for (a, b), cost in costs.items() if a == at])
    singles = {(at, at + 1): UNKNOWN_COST for at in range(length)} | costs
    assert [found[0][0], *(end for _, end in found)] == [*(start for start, _ in found), length]
    assert sum(singles[span] for span in found) == pytest.approx(cheapest_of_all(length, singles), abs=1e-9)


def test_a_stretch_inside_of_a_text():
    assert cheapest_split((3, 6), lambda at: [(5, 1.0)] if at == 3 else []) == [(3, 5), (5, 6)]
    assert cheapest_split((3, 3), lambda at: []) == []


def test_of_two_words_the_one_of_the_higher_rank_is_cheaper_and_any_is_cheaper_than_none():
    costs = [rank_cost(rank) for rank in (0, 1, 1000, 10_000_000)]
    assert costs == sorted(set(costs))
    assert costs[-1] < UNKNOWN_COST


def test_a_long_stretch_takes_time_in_proportion():
    asked = []
    assert len(cheapest_split((0, 20_000), lambda at: asked.append(at) or [])) == len(asked) == 20_000
