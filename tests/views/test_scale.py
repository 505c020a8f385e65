"""Scales of colour: their ends, their shares, and their words, on numbers that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attncli.settings.explanation import SCALES
from attncli.views.scale import FAINTEST, FEW, PERCENT, Cell, color_scale, signed_scale

W = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.4, 0.35, 0.25]])


@pytest.mark.parametrize(
    ("name", "crossed", "top", "legend"),
    [
        ("auto", False, 0.4, "colours from 0 to ≥ 0.4, the largest weight off the diagonal"),
        ("auto", True, 0.9, "colours from 0 to 0.9, the largest weight"),
        ("fixed", False, 1.0, "colours from 0 to 1"),
        ("largest", False, 0.9, "colours from 0 to 0.9, the largest weight"),
        ("percentile", False, 0.39875, "colours from 0 to ≥ 0.4, the 99.5th percentile off the diagonal"),
        ("sqrt", False, 0.9, "colours from 0 to 0.9, the largest weight, by square roots"),
        ("log", False, 0.9, "colours from 0.0001 to 0.9, the largest weight, by logarithms"),
        ("row", False, 1.0, "colours from 0 to each row's own largest weight"),
    ],
)
def test_the_ends_and_the_legend(name, crossed, top, legend):
    scale = color_scale(name, [W], crossed=crossed)
    assert (scale.name, scale.top, scale.legend) == (name, pytest.approx(top), legend)


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("auto", [[1, 0.5, 0.25], [0.125, 1, 0.125], [1, 0.875, 0.625]]),
        ("fixed", W),
        ("largest", W / 0.9),
        ("sqrt", np.sqrt(W / 0.9)),
        ("log", np.log10(W * 1e4) / np.log10(0.9e4)),
        ("row", W / [[0.7], [0.9], [0.4]]),
    ],
)
def test_shares(name, shares):
    np.testing.assert_allclose(color_scale(name, [W]).shares(W), shares)


@pytest.mark.parametrize("n", [FEW, FEW + 1])
def test_of_many_words_the_full_colour_is_a_percentile(n):
    weights = np.arange(n * n, dtype=float).reshape(n, n) / n**2
    off = sorted(weights[~np.eye(n, dtype=bool)])
    at = (len(off) - 1) * PERCENT / 100
    low = off[int(at)]
    expected = off[-1] if n == FEW else low + (at - int(at)) * (off[int(at) + 1] - low)
    scale = color_scale("auto", [weights])
    assert scale.top == pytest.approx(expected)
    assert scale.beyond
    assert ("percentile" in scale.legend) == (n > FEW)


def test_the_panels_of_a_picture_share_a_scale():
    scale = color_scale("auto", [W, W / 2, W.T / 3])
    assert scale.top == 0.4
    assert signed_scale("auto", [W / 9, -W]).top == 0.9


def test_cells_that_a_mask_hides_have_no_say():
    hidden = np.triu(np.ones((3, 3), bool), 1)
    weights = np.where(hidden, 9.0, W)
    assert color_scale("auto", [weights], hidden=[hidden]).top == 0.4
    assert color_scale("largest", [weights], hidden=[hidden]).top == 0.9


def test_the_diagonal_of_groups_is_given():
    own = np.array([[1, 0], [1, 1], [0, 1]], bool)
    assert color_scale("auto", [W[:, :2]], own=[own]).top == 0.4


EMPTY = [np.zeros((3, 3)), np.ones((1, 1)), np.eye(3), np.full((4, 4), 0.25), np.zeros((0, 0)), np.full((2, 2), np.nan)]


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("weights", EMPTY, ids=["zeros", "one word", "eye", "flat", "empty", "unknown"])
def test_every_matrix_has_a_scale(name, weights):
    for hidden in ((), [np.ones(weights.shape, bool)]):
        for scale in (color_scale(name, [weights], hidden=hidden), signed_scale(name, [weights], hidden=hidden)):
            assert scale.top > scale.bottom >= 0
            shares = scale.shares(weights)
            assert np.isfinite(shares).all()
            assert (np.abs(shares) <= 1).all()
            assert "nan" not in scale.legend


@pytest.mark.parametrize("name", SCALES)
@given(weights=arrays(float, (4, 5), elements=st.floats(0, 1)))
def test_a_larger_weight_never_has_less_colour(name, weights):
    shares = color_scale(name, [weights]).shares(weights)
    assert ((shares >= 0) & (shares <= 1)).all()
    for row, of_row in zip(weights, shares, strict=True):
        assert (np.diff(of_row[np.argsort(row, kind="stable")]) >= -1e-12).all()
    if name not in ("row", "fixed") and weights.max() > FAINTEST:
        assert shares.ravel()[weights.argmax()] == pytest.approx(1)


def test_signed_scales_name_their_largest_cell():
    scale = signed_scale("auto", [W / 9, W - 0.8])
    assert (scale.top, scale.cell) == (pytest.approx(0.75), Cell(1, 1, 0))
    assert scale.legend == "colours from −0.75 to +0.75, the largest"
    np.testing.assert_allclose(scale.shares(W - 0.8), (W - 0.8) / 0.75)
    assert signed_scale("fixed", [W - 0.8]).top == 1
    assert signed_scale("fixed", [W * 7], weights=False).top == pytest.approx(6.3)
    assert signed_scale("auto", [np.zeros((2, 2))]).cell is None
    curved = signed_scale("sqrt", [W - 0.5]).shares(W - 0.5)[0]  # of 0.2, -0.3, -0.4, to 0.45
    np.testing.assert_allclose(curved, [(4 / 9) ** 0.5, -((6 / 9) ** 0.5), -((8 / 9) ** 0.5)])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", SCALES)
def test_weights_far_over_the_top_have_the_full_colour(name):
    """Off the diagonal nothing but the smallest number there is."""
    weights = np.where(np.eye(2) > 0, 1.0, 5e-324)
    assert np.diagonal(color_scale(name, [weights]).shares(weights)).tolist() == [1, 1]
