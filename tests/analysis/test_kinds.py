"""The map's numbers and names: heads whose kind is plain, numbers by hand, and what stays true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis.kinds import KINDS, measure_heads

N = 8
ENDS = np.eye(N, dtype=bool)[[0, -1]].any(axis=0)  # [CLS] … [SEP]
CAUSAL = np.tri(N, dtype=bool)
NOT_SPECIAL = np.zeros(N, dtype=bool)


def rows(weights):
    return weights / weights.sum(axis=-1, keepdims=True)


def only(key):
    """All weight on one key."""
    return np.tile(np.eye(N)[key], (N, 1))


def looking(step):
    """All weight on the neighbour, and the end token on itself."""
    weights = np.eye(N, k=step)
    weights[0 if step < 0 else -1, 0 if step < 0 else -1] = 1
    return weights


@pytest.mark.parametrize(
    ("weights", "special", "visible", "kind"),
    [
        (looking(-1), ENDS, None, "previous token"),
        (looking(1), ENDS, None, "next token"),
        (np.eye(N), ENDS, None, "same token"),
        (only(0), NOT_SPECIAL, CAUSAL, "first/special"),
        (only(N - 1), ENDS, None, "first/special"),
        (0.5 * only(0) + 0.5 * only(N - 1), ENDS, None, "first/special"),  # neither has most alone
        (np.full((N, N), 1 / N), ENDS, None, "broad"),
        (np.full((N, N), 1 / N) * (np.arange(N) > 4)[:, None], ENDS, None, "broad"),  # of the rows that see something
        (rows(np.tri(N)), NOT_SPECIAL, CAUSAL, "broad"),
        (rows(np.tri(N)), NOT_SPECIAL, None, "content"),  # half of what it might see
        (only(3), ENDS, None, "content"),
        (0.5 * looking(-1) + 0.5 * only(3), NOT_SPECIAL, None, "content"),  # not more than half
        (np.zeros((N, N)), NOT_SPECIAL, None, "content"),
    ],
)
def test_the_kind_of_a_plain_head(weights, special, visible, kind):
    assert measure_heads(weights[None], special, visible).kind.tolist() == [kind]


def test_numbers_by_hand():
    weights = np.array([[0.5, 0.5, 0], [0.25, 0.25, 0.5], [1, 0, 0]])
    measured = measure_heads(weights, np.array([False, False, True]))
    assert measured.distance == pytest.approx((0.5 + 0.75 + 2) / 3)
    assert measured.entropy == pytest.approx((1 + 1.5 + 0) / 3)
    assert measured.special == pytest.approx(0.5 / 3)
    assert measured.previous == pytest.approx(0.25 / 3)
    assert measured.next == pytest.approx((0.5 + 0.5) / 3)
    assert measured.same == pytest.approx((0.5 + 0.25) / 3)
    assert measured.first == pytest.approx((0.5 + 0.25 + 1) / 3)


def test_rows_that_see_nothing_count_for_nothing():
    weights = np.zeros((N, N))
    weights[2, [1, 3, 4, 5]] = 0.25
    measured = measure_heads(weights, NOT_SPECIAL)
    assert (float(measured.entropy), float(measured.distance)) == (2, (1 + 1 + 2 + 3) / 4)


def test_every_array_has_the_shape_of_layers_and_heads():
    weights = np.stack([[looking(-1), np.eye(N)], [looking(1), only(0)]]).astype(np.float32)
    measured = measure_heads(weights, ENDS, CAUSAL)
    assert {each.shape for each in vars(measured).values()} == {(2, 2)}
    assert measured.kind.tolist() == [["previous token", "same token"], ["next token", "first/special"]]


def test_one_token_alone():
    measured = measure_heads(np.ones((1, 1, 1)), np.array([False]))
    assert measured.kind.tolist() == ["same token"]
    assert (measured.entropy.item(), measured.distance.item()) == (0, 0)


@given(st.integers(1, 9), st.integers(0, 99), st.floats(0, 6))
def test_numbers_stay_in_their_bounds(n, seed, sharpness):
    rng = np.random.default_rng(seed)
    measured = measure_heads(rows(np.exp(sharpness * rng.normal(size=(3, n, n)))), rng.random(n) < 0.5)
    neighbours = measured.previous + measured.next + measured.same
    for share in (neighbours, measured.special, measured.first):
        assert (share >= 0).all()
        assert (share <= 1 + 1e-12).all()
    assert (measured.distance <= n - 1 + 1e-12).all()
    assert (measured.entropy <= np.log2(n) + 1e-12).all()
    assert set(measured.kind.tolist()) <= set(KINDS)


@given(st.integers(0, 99))
def test_a_sentence_read_backwards_swaps_previous_and_next(seed):
    weights = rows(np.random.default_rng(seed).random((2, N, N)))
    forward, backward = (measure_heads(each, ENDS) for each in (weights, weights[:, ::-1, ::-1]))
    assert forward.previous == pytest.approx(backward.next)
    assert forward.distance == pytest.approx(backward.distance)
    assert forward.special == pytest.approx(backward.special)


def test_the_first_token_counts_once_though_it_is_special():
    weights = np.array([[[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]])  # [n_head, n, n]
    kinds = measure_heads(weights, np.array([True, False, True]))
    assert (kinds.special[0], kinds.first[0], kinds.anchor[0]) == (0.75, 0.5, 0.75)
