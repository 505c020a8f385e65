"""Slopes by distance in the scores (ALiBi), by hand and against the scores of a tiny BLOOM."""

import numpy as np
import pytest
from oracles.checkpoints import TINY

from attncli.models.blocks.offsets import Slopes, bfloat16
from attncli.models.model import open_model


@pytest.mark.parametrize(
    ("n_head", "slopes"),
    [  # Press et al. 2022, section 3: 2^(−8/n), 2^(−16/n) …; every second slope of twice as many heads between
        (1, [2**-8]),
        (2, [2**-4, 2**-8]),
        (8, [2**-i for i in range(1, 9)]),
        (6, [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3]),
    ],
)
def test_slopes_are_a_geometric_series(n_head, slopes):
    assert Slopes(n_head).slopes.tolist() == slopes


def test_the_addition_grows_with_the_distance_of_the_key_behind_the_query():
    assert Slopes(1)({}, 3).tolist() == [[-2 / 256, -1 / 256, 0, 1 / 256, 2 / 256]]
    np.testing.assert_array_equal(Slopes(4, 0.5)({}, 9), Slopes(4)({}, 9) / 2)


def test_a_score_is_its_product_and_minus_the_slope_times_the_distance():
    layer = next(open_model(TINY / "bloom").run(range(2, 12)))
    products = layer.queries @ layer.keys.swapaxes(1, 2) / np.sqrt(layer.queries.shape[-1])  # [n_head, n, n]
    distance = np.arange(10)[:, None] - np.arange(10)  # i − j
    expected = products - Slopes(6).slopes[:, None, None] * distance
    seen = np.tri(10, dtype=bool)
    np.testing.assert_allclose(layer.attention.scores[:, seen], expected[:, seen], rtol=0, atol=1e-5)


def test_bfloat16_is_the_nearest_number_of_eight_bits_and_the_even_one_of_two():
    given = np.array([0, 1, 256, 257, 258, 259, 261, -257, 0.7071067811865476], np.float32)
    assert bfloat16(given).tolist() == [0, 1, 256, 256, 258, 260, 260, -256, 0.70703125]


def test_rounded_additions_are_differences_of_rounded_products():
    n, slopes = 300, Slopes(3, 0.5, rounded=True)
    added = slopes({}, n)
    assert added.shape == (3, n, 2 * n - 1)
    for head, m in enumerate(bfloat16(slopes.slopes)):
        for i, j in ((0, 0), (299, 298), (299, 0), (100, 257), (7, 261)):
            by_key = [float(bfloat16(np.array([m * bfloat16(np.array([place], "f"))[0]]))[0]) for place in (j, i)]
            assert added[head, j, j - i + n - 1] == 0.5 * (by_key[0] - by_key[1])
    plain = Slopes(3, 0.5)({}, n)
    assert np.abs(added[:, 0, :n] - plain[:, :n]).max() > 1e-3
    np.testing.assert_allclose(added[:, 0, :n], plain[:, :n], rtol=0, atol=0.5)
