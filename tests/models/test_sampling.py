"""Drawn tokens: their shares at a temperature, the tokens that are drawn from, and the same text from the same seed."""

import numpy as np
import pytest

from attncli.models.generating import likeliest
from attncli.models.sampling import Sampler

LOGITS = np.log(np.array([0.1, 0.4, 0.05, 0.25, 0.2], np.float32))


def drawn(temperature=1.0, top_p=1.0, logits=LOGITS, seed=3, times=4000):
    """How often each token is drawn, as a share."""
    sampler = Sampler(temperature, top_p, np.random.default_rng(seed))
    return np.bincount([sampler(logits) for _ in range(times)], minlength=len(logits)) / times


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_by_their_probability_at_the_temperature(temperature):
    powers = np.exp(LOGITS) ** (1 / temperature)
    np.testing.assert_allclose(drawn(temperature), powers / powers.sum(), atol=0.03)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.3, [1]), (0.45, [1, 3]), (0.7, [1, 3, 4]), (0.88, [1, 3, 4, 0]), (0.96, [0, 1, 2, 3, 4]), (1e-9, [1])],
)
def test_the_likeliest_tokens_are_drawn_from_until_they_sum_to_p(top_p, kept):
    expected = np.zeros(5)
    expected[kept] = np.exp(LOGITS[kept]) / np.exp(LOGITS[kept]).sum()
    np.testing.assert_allclose(drawn(top_p=top_p), expected, atol=0.03)


def test_the_temperature_comes_before_the_choice_of_tokens():
    """As in transformers: at a low temperature the first token alone has the share."""
    assert drawn(temperature=0.1, top_p=0.9)[1] == 1
    assert (drawn(temperature=100.0, top_p=0.7) > 0).sum() == 4


def test_a_token_that_is_never_said_is_not_drawn():
    logits = np.where(np.arange(5) == 1, -np.inf, LOGITS)
    assert drawn(logits=logits, temperature=50.0)[1] == 0


def test_a_low_temperature_is_greedy_and_nothing_overflows():
    logits = np.array([1e30, 3e30, -1e30, 2e30], np.float32)
    assert drawn(temperature=1e-6, logits=logits, times=20)[likeliest(logits)] == 1


def test_a_seed_says_the_same_again():
    texts = []
    for seed in (1, 1, 2):
        sampler = Sampler(1.0, 0.9, np.random.default_rng(seed))
        texts.append([sampler(LOGITS) for _ in range(20)])
    assert texts[0] == texts[1] != texts[2]


def test_all_shares_are_transformers():
    """softmax(logits / 0.7) among the likeliest with 0.8 together, by hand: 0.4 and 0.25 and 0.2 remain."""
    powers = np.exp(LOGITS[[1, 3, 4]] / 0.7)
    np.testing.assert_allclose(drawn(0.7, 0.8, times=8000)[[1, 3, 4]], powers / powers.sum(), atol=0.02)
