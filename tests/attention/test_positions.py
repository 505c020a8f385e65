"""Sinusoidal positions against the formula, written out."""

import math

import numpy as np
import pytest

from attncli.attention.positions import sinusoidal


def test_by_hand():
    expected = [[0, 1, 0, 1], [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]]
    np.testing.assert_allclose(sinusoidal(2, 4), expected, rtol=1e-15)


@pytest.mark.parametrize(("n", "d_model"), [(3, 1), (4, 5), (1, 6), (0, 4)])
def test_any_size_is_the_formula(n, d_model):
    found = sinusoidal(n, d_model)
    assert found.shape == (n, d_model)
    for p, j in np.ndindex(n, d_model):
        angle = p / 10000 ** (2 * (j // 2) / d_model)
        assert found[p, j] == pytest.approx(math.cos(angle) if j % 2 else math.sin(angle), abs=1e-12)


def test_a_shift_is_the_same_rotation_everywhere():
    x = sinusoidal(9, 8)
    products = x @ x.T
    np.testing.assert_allclose(np.diagonal(products, 3), products[0, 3], rtol=1e-12)
