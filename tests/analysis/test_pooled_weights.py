"""Weights pooled to a few rows and columns."""

import numpy as np
import pytest

from attncli.analysis.pooling import pooled


@pytest.mark.parametrize(("n", "m", "rows", "columns"), [(11, 7, 3, 5), (2, 9, 5, 4), (1, 1, 8, 8), (40, 64, 32, 32)])
def test_each_cell_is_the_largest_of_those_that_it_stands_for(n, m, rows, columns):
    weights = np.random.default_rng(n).random((2, n, m))
    found = pooled(weights, rows, columns)
    p, q = min(n, rows), min(m, columns)
    assert found.shape == (2, p, q)
    group_of_row = np.repeat(np.arange(p), np.diff([*(i * n // p for i in range(p)), n]))
    group_of_column = np.repeat(np.arange(q), np.diff([*(i * m // q for i in range(q)), m]))
    for i in range(p):
        for j in range(q):
            cells = weights[:, group_of_row == i][:, :, group_of_column == j]
            np.testing.assert_array_equal(found[:, i, j], cells.max(axis=(1, 2)))


def test_a_diagonal_stays_one():
    assert np.array_equal(pooled(np.eye(60), 6, 6), np.eye(6))
