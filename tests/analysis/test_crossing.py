"""The share of weight that crosses between two texts."""

import numpy as np
import pytest

from attncli.analysis.crossing import crossing

#: [CLS] a b [SEP] c [SEP]
TEXTS = np.array([0, 0, 0, 0, 1, 1])
SPECIAL = np.array([True, False, False, True, False, True])


def test_weights_by_hand():
    weights = np.zeros((6, 6))
    weights[1, [0, 2, 4]] = 0.5, 0.2, 0.3  # a: 0.3 on c
    weights[2, [3, 4, 5]] = 0.4, 0.5, 0.1  # b: 0.5 on c
    weights[4, [1, 2, 4]] = 0.25, 0.35, 0.4  # c: 0.6 on a and b
    weights[[0, 3, 5], 4] = 1  # special rows count for nothing
    assert crossing(weights, TEXTS, SPECIAL) == pytest.approx((0.3 + 0.5 + 0.6) / 3)


def test_a_naive_loop_agrees():
    weights = np.random.default_rng(3).dirichlet(np.ones(6), (2, 3, 6))  # [2, n_head, n, n]
    own = [place for place in range(6) if not SPECIAL[place]]
    expected = np.zeros((2, 3))
    for query in own:
        for key in own:
            if TEXTS[query] != TEXTS[key]:
                expected += weights[..., query, key] / len(own)
    np.testing.assert_allclose(crossing(weights, TEXTS, SPECIAL), expected, rtol=1e-12)


def test_two_texts_that_see_all_alike_cross_by_half():
    texts, special = np.repeat([0, 1], 4), np.zeros(8, bool)
    assert crossing(np.full((1, 8, 8), 1 / 8), texts, special).tolist() == [0.5]


def test_no_token_of_a_text_is_no_crossing():
    assert crossing(np.full((2, 2, 2), 0.5), np.array([0, 1]), np.array([True, True])).tolist() == [0, 0]
