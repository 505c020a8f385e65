"""The map's numbers and names: heads whose kind is plain, numbers by hand, and what stays true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis.kinds import KINDS, Role, measure_heads, name_of, profile_heads

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
    assert measured.crossing is None  # of one text
    assert {each.shape for name, each in vars(measured).items() if name != "crossing"} == {(2, 2)}
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


def spearman(p, q):
    """The correlation of two rows' ranks, no two numbers of a row being equal."""
    return np.corrcoef(*(np.argsort(np.argsort(each)) for each in (p, q)))[0, 1]


def test_a_profile_is_what_loops_find():
    rng = np.random.default_rng(4)
    x, weights = rng.standard_normal((5, 3)), rng.dirichlet(np.ones(5), (2, 5))  # [n, d], [n_head, n, n]
    cosines = np.array([[a @ b / np.sqrt(a @ a * (b @ b)) for b in x] for a in x])
    for head, found in zip(weights, profile_heads(weights, x, np.ones((5, 5), bool)), strict=True):
        pairs = [(i, j, head[i, j]) for i in range(5) for j in range(5)]
        expected = [
            sum(w for i, j, w in pairs if j == i - 1) / 4,
            sum(w for i, j, w in pairs if j == i + 1) / 4,
            np.mean([spearman(*rows) for rows in zip(head, cosines, strict=True)]),
            sum(w for i, j, w in pairs if j < i) / 5,
            sum(w for i, j, w in pairs if j > i) / 5,
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_profile_counts_visible_keys_only_and_is_a_number_without_any():
    x, weights = np.eye(3) + 0.1, np.array([[[0.2, 0.3, 0.5], [0.6, 0.4, 0.0], [0.0, 0.0, 0.0]]])
    visible = np.array([[True, True, True], [True, False, False], [False, False, False]])
    *_, before, after = found = profile_heads(weights, x, visible)[0]
    assert found[2] == pytest.approx(-np.sqrt(3) / 2)  # row 0 alone has an order: 1, 2, 3 beside 2, ½, ½
    assert (before, after) == (pytest.approx(0.3), pytest.approx(0.4))
    assert profile_heads(np.zeros((1, 1, 1)), np.zeros((1, 2)), np.ones((1, 1), bool)).tolist() == [[0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ([0.4, 0.3, 0.9, 0.9, 0.1], "neighbour to the left"),
        ([0.3, 0.4, 0.9, 0.1, 0.9], "neighbour to the right"),
        ([0.39, 0.39, 0.3, 0.9, 0.1], "related words"),
        ([0.39, 0.0, 0.29, 0.75, 0.2], "words before"),
        ([0.0, 0.39, 0.29, 0.2, 0.75], "words after"),
        ([0.39, 0.39, 0.29, 0.74, 0.1], "mixed"),
    ],
)
def test_a_name_is_the_first_that_fits(profile, name):
    assert name_of(np.array(profile)) == name


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (Role("mixed", None), "mixed"),
        (Role("mixed", "mixed"), "mixed, as in the evaluation"),
        (Role("mixed", "words after"), "mixed; in the evaluation: words after"),
    ],
)
def test_a_role_says_both_names(role, said):
    assert str(role) == said
