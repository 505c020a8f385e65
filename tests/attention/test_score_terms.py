"""The terms of a score add up to it: head by head, for every method, scale, cap, position and temperature."""

from itertools import product

import numpy as np
import pytest

from attncli.attention.attend import attend
from attncli.attention.positions import by_offset, position_scores
from attncli.attention.score_terms import Scoring
from attncli.attention.similarity import method_of
from attncli.settings.explanation import METHODS

RNG = np.random.default_rng(2)
Q, K = RNG.standard_normal((2, 3, 5, 4))  # [n_head, n, d_k]
BIAS = RNG.standard_normal((3, 3)) * np.array([[1], [0], [1]])  # [n_head, 2·reach + 1]; head 1 adds nothing
KEY_BIAS = RNG.standard_normal((3, 3, 4)) * np.array([1, 0, 1])[:, None, None]
TEMPERATURE = np.array([1.0, 0.5, 2.0])


def scoring_of(name, **how):
    parameters = method_of(name).random(3, 4, np.random.default_rng(0)) | method_of(name).untrained(3, 4)
    return Scoring(name, parameters=parameters, **how)


@pytest.mark.parametrize(("name", "scale", "softcap"), [*product(METHODS, (None, 0.25, 0.3), (None, 1.5))])
def test_the_terms_come_to_the_scores_of_attend(name, scale, softcap):
    scoring = scoring_of(
        name, scale=scale, softcap=softcap, temperature=TEMPERATURE, by_offset=by_offset(K, BIAS, KEY_BIAS)
    )
    expected = attend(Q, K, K, mask=position_scores(K, BIAS, KEY_BIAS), **scoring.arguments).scores
    terms = scoring.terms(Q, K, range(5))
    np.testing.assert_allclose(terms.scores, expected, rtol=1e-12, atol=1e-14)
    some = scoring.terms(Q[:, [3, 1]], K, [3, 1])
    np.testing.assert_allclose(some.scores, expected[:, [3, 1]], rtol=1e-12, atol=1e-14)
    for head in range(3):
        np.testing.assert_allclose(terms.of_head(head).scores, expected[[head]], rtol=1e-12, atol=1e-14)
    heads = scoring.of_heads([2, 0])
    np.testing.assert_allclose(
        heads.terms(Q[[2, 0]], K[[2, 0]], range(5)).scores, expected[[2, 0]], rtol=1e-12, atol=1e-14
    )


def test_only_a_head_that_adds_something_has_a_position():
    terms = scoring_of("scaled", by_offset=by_offset(K, BIAS, KEY_BIAS)).terms(Q, K, range(5))
    assert terms.positional.tolist() == [True, False, True]
    assert [terms.of_head(head).position is None for head in range(3)] == [False, True, False]
    plain = scoring_of("scaled").terms(Q, K, range(5))
    assert (plain.position, plain.positional.tolist()) == (None, [False] * 3)


@pytest.mark.parametrize(
    ("name", "scale", "divisor", "unit"),
    [
        ("dot", None, 1, 1),
        ("scaled", None, 2, 1),
        ("scaled", 0.5, 2, 1),
        ("scaled", 0.25, 4, 2),
        ("scaled", 0.3, 1 / 0.3, None),
        ("scaled", 1, 1, None),
        ("dot", 0.25, 4, 4),
        ("kernel", None, 4, 1),
        ("kernel", 0.25, 16, 4),
    ],
)
def test_a_divisor_is_a_number_of_the_methods_own(name, scale, divisor, unit):
    terms = scoring_of(name, scale=scale).terms(Q, K, [0])
    assert terms.divisor.tolist() == pytest.approx([divisor] * 3)
    assert (terms.unit, terms.d_k, terms.method.name) == (unit, 4, name)
