"""Pooling: the vector of a text, the shares of its tokens, the similarity of two texts as a sum over pairs."""

import numpy as np
import pytest

from attncli.models.pooling import LINEAR, MODES, Dense, LayerNorm, Pooling

OUTPUT = np.array([[1, -4], [3, 2], [8, 6]], np.float32)  # [n, d]
OTHER = np.array([[2, 1], [0, 5]], np.float32)
BY_HAND = {
    "cls": [1, -4],
    "max": [8, 6],
    "mean": [4, 4 / 3],
    "mean_sqrt_len_tokens": [12 / 3**0.5, 4 / 3**0.5],
    "weightedmean": [(1 + 6 + 24) / 6, (-4 + 4 + 18) / 6],
    "lasttoken": [8, 6],
}
WITHOUT_FIRST = {
    "cls": [3, 2],
    "max": [8, 6],
    "mean": [5.5, 4],
    "mean_sqrt_len_tokens": [11 / 2**0.5, 8 / 2**0.5],
    "weightedmean": [(6 + 24) / 5, (4 + 18) / 5],
    "lasttoken": [8, 6],
}
TURN = Dense(np.array([[0, 1], [2, 0], [1, 1]], np.float32), np.array([3, -6, 9], np.float32))  # [3, 2]


@pytest.mark.parametrize("mode", MODES)
def test_the_modes_by_hand(mode):
    pooling = Pooling(mode=mode)
    np.testing.assert_allclose(pooling.pooled(OUTPUT), BY_HAND[mode], rtol=1e-15)
    without = pooling.pooled(OUTPUT, np.array([False, True, True]))
    np.testing.assert_allclose(without, WITHOUT_FIRST[mode], rtol=1e-15)
    assert pooling.exact == (mode in LINEAR)
    assert not pooling.pooled(OUTPUT, np.zeros(3, bool)).any()


def test_several_modes_are_joined():
    pooling = Pooling(mode="mean+max")
    assert not pooling.exact
    assert pooling.pooled(OUTPUT).tolist() == [*Pooling().pooled(OUTPUT), 8, 6]
    both = Pooling(mode="mean+weightedmean")
    assert both.exact
    np.testing.assert_allclose(both.shares(OUTPUT).sum(axis=0), both.pooled(OUTPUT), rtol=1e-15)


def test_a_dense_layer_by_hand():
    assert Pooling(dense=(TURN,)).pooled(OUTPUT).tolist() == [4 / 3 + 3, 2, 4 + 4 / 3 + 9]
    squashed = Pooling(dense=(TURN._replace(activation=np.tanh),))
    np.testing.assert_allclose(squashed.pooled(OUTPUT), np.tanh([13 / 3, 2, 43 / 3]), rtol=1e-15)
    added = Pooling(dense=(TURN._replace(adds=True, residual=np.eye(3, 2)),))
    np.testing.assert_allclose(added.pooled(OUTPUT), [13 / 3 + 4, 2 + 4 / 3, 43 / 3], rtol=1e-15)
    same = Pooling(dense=(Dense(np.eye(2), adds=True),))
    np.testing.assert_allclose(same.pooled(OUTPUT), [8, 8 / 3], rtol=1e-15)


def test_a_layer_norm_by_hand():
    normed = LayerNorm(np.array([2.0, 3.0]), np.array([0.5, 0.25]), eps=0)
    np.testing.assert_allclose(Pooling(dense=(normed,)).pooled(OUTPUT), [2.5, -2.75], rtol=1e-15)


@pytest.mark.parametrize("mode", [*LINEAR, "mean+weightedmean"])
@pytest.mark.parametrize(
    "changes", [{}, {"normalize": True}, {"truncate_dim": 1}, {"normalize": True, "truncate_dim": 1}]
)
@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("attended", [None, np.array([False, True, True])])
def test_shares_add_up_to_the_vector(mode, changes, layers, attended):
    rng = np.random.default_rng(1)
    width = 2 * (1 + mode.count("+"))
    sizes = [(width, 4), (4, 4)][:layers]
    dense = tuple(Dense(rng.normal(size=(o, i)), rng.normal(size=o), adds=i == o) for i, o in sizes)
    pooling = Pooling(mode=mode, dense=dense, **changes)
    shares = pooling.shares(OUTPUT, attended)
    np.testing.assert_allclose(shares.sum(axis=0), pooling.pooled(OUTPUT, attended), rtol=1e-13, atol=1e-14)
    assert attended is None or not shares[0].any()


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("truncate_dim", [None, 2])
def test_contributions_add_up_to_the_similarity(similarity, normalize, truncate_dim):
    pooling = Pooling(dense=(TURN,), normalize=normalize, similarity=similarity, truncate_dim=truncate_dim)
    matrix = pooling.contributions(pooling.shares(OUTPUT), pooling.shares(OTHER))
    value = pooling.value(pooling.pooled(OUTPUT), pooling.pooled(OTHER))
    assert (matrix.shape, matrix.dtype, pooling.exact) == ((3, 2), np.float64, True)
    assert matrix.sum() == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("similarity", "value"), [("cosine", 11 / 5 / 5**0.5), ("dot", 11), ("euclidean", -(8**0.5)), ("manhattan", -4)]
)
def test_the_similarities_by_hand(similarity, value):
    pooling = Pooling(similarity=similarity)
    assert pooling.value(np.array([3.0, 4]), np.array([1.0, 2])) == pytest.approx(value, rel=1e-15)
    assert pooling.exact == (similarity in ("cosine", "dot"))


def test_a_vector_of_zeros_is_like_nothing():
    pooling = Pooling()
    assert pooling.value(np.zeros(2), np.ones(2)) == 0
    assert not pooling.contributions(np.zeros((3, 2)), np.ones((1, 2))).any()


def test_no_sum_is_made_where_there_is_none():
    with pytest.raises(ValueError, match="max is no sum"):
        Pooling(mode="max").shares(OUTPUT)
    with pytest.raises(ValueError, match="manhattan is no sum"):
        Pooling(similarity="manhattan").contributions(OUTPUT, OTHER)


def test_shares_that_cancel_each_other_contribute_nothing_to_a_cosine():
    shares, other = np.array([[1.0, 0], [-1, 0]]), np.array([[1.0, 2]])
    assert Pooling().value(shares.sum(axis=0), other[0]) == 0
    assert Pooling().contributions(shares, other).tolist() == [[0.0], [0.0]]
    assert Pooling(similarity="dot").contributions(shares, other).tolist() == [[1.0], [-1.0]]
