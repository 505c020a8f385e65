"""attend against numbers by hand and a loop in plain Python: every method, mask and option."""

import math

import numpy as np
import pytest

from attncli.attention.attend import attend, attend_backward
from attncli.settings.explanation import METHODS

RNG = np.random.default_rng(7)
Q, K, V = RNG.standard_normal((3, 4, 6)), RNG.standard_normal((3, 5, 6)), RNG.standard_normal((3, 5, 2))
PARAMETERS = {
    "general_w": RNG.standard_normal((6, 6, 6)),
    "additive_w_q": RNG.standard_normal((6, 6, 3)),
    "additive_w_k": RNG.standard_normal((6, 6, 3)),
    "additive_u": RNG.standard_normal((6, 3)),
    "kernel_sigma": np.array([0.5, 1, 2, 3, 4, 5.0]),
}


def naive_score(method, q, k, h):
    """One similarity, number by number, in plain Python."""
    p = {name: array[h].tolist() for name, array in PARAMETERS.items()}
    d = range(len(q))
    dot = sum(a * b for a, b in zip(q, k, strict=True))
    if method == "general":
        return sum(q[i] * p["general_w"][i][j] * k[j] for i in d for j in d)
    if method == "additive":
        units = range(len(p["additive_u"]))
        inner = [sum(q[i] * p["additive_w_q"][i][a] + k[i] * p["additive_w_k"][i][a] for i in d) for a in units]
        return sum(p["additive_u"][a] * math.tanh(inner[a]) for a in units)
    if method == "kernel":
        return -sum((a - b) ** 2 for a, b in zip(q, k, strict=True)) / (2 * p["kernel_sigma"] ** 2)
    return dot / {"dot": 1, "scaled": math.sqrt(len(q)), "cosine": math.hypot(*q) * math.hypot(*k)}[method]


def naive_attend(q, k, v, method, sees, softcap=None, temperature=1.0):
    """A loop over heads, queries and keys that shares nothing with the package."""
    n_head, n_query, n_key, group = len(q), q.shape[1], k.shape[1], len(q) // len(k)
    weights = np.zeros((n_head, n_query, n_key))
    for h, i in np.ndindex(n_head, n_query):
        visible = [j for j in range(n_key) if sees(h, i, j)]
        s = [naive_score(method, q[h, i].tolist(), k[h // group, j].tolist(), h) for j in visible]
        s = [(softcap * math.tanh(x / softcap) if softcap else x) / temperature for x in s]
        for j, x in zip(visible, s, strict=True):
            weights[h, i, j] = 1 / sum(math.exp(y - x) for y in s)
    return weights, np.stack([weights[h] @ v[h // group] for h in range(n_head)])


def test_two_words_by_hand():
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    found = attend(x, x, x, method="dot")
    e = math.e
    np.testing.assert_array_equal(found.scores, [[1, 1], [1, 2]])
    np.testing.assert_allclose(found.weights, [[0.5, 0.5], [1 / (1 + e), e / (1 + e)]], rtol=1e-15)
    np.testing.assert_allclose(found.context, [[1, 0.5], [1, e / (1 + e)]], rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_head", [3, 6])
@pytest.mark.parametrize("softcap", [None, 0.8])
def test_every_method_is_the_naive_loop(method, n_head, softcap):
    parameters = {name: array[:n_head] for name, array in PARAMETERS.items()}
    q, mask = RNG.standard_normal((n_head, 4, 6)), RNG.random((n_head, 4, 5)) < 0.7
    found = attend(q, K, V, method=method, mask=mask, softcap=softcap, temperature=0.7, parameters=parameters)
    weights, context = naive_attend(q, K, V, method, lambda h, i, j: mask[h, i, j], softcap, 0.7)
    np.testing.assert_allclose(found.weights, weights, atol=1e-12)
    np.testing.assert_allclose(found.context, context, atol=1e-12)


MASKS = {
    "causal": ({"causal": True}, lambda i, j: j <= i),
    "causal with a past": ({"causal": True, "offset": 2}, lambda i, j: j <= i + 2),
    "nothing to see at first": ({"causal": True, "offset": -2}, lambda i, j: j <= i - 2),
    "window": ({"window": (1, 1)}, lambda i, j: abs(i - j) <= 1),
    "left only": ({"window": (1, None)}, lambda i, j: j >= i - 1),
    "right only, moved": ({"window": (None, 0), "offset": 1}, lambda i, j: j <= i + 1),
    "causal and window": ({"window": (1, 3), "causal": True}, lambda i, j: i - 1 <= j <= i),
    "window of 0 and causal": ({"window": (0, 0), "causal": True}, lambda i, j: i == j),
    "wider than any matrix": ({"window": (10**30, 1)}, lambda i, j: j <= i + 1),
    "far behind everything": ({"window": (1, 1), "offset": 10**30}, lambda i, j: False),
    "far behind, causal": ({"causal": True, "offset": 10**30}, lambda i, j: True),
    "no limit": ({"window": (None, None)}, lambda i, j: True),
    "keys": ({"mask": np.array([1, 1, 0, 1, 0], bool)}, lambda i, j: j not in (2, 4)),
    "all of it": (
        {"mask": np.arange(5) != 1, "causal": True, "window": (2, 2)},
        lambda i, j: j != 1 and i - 2 <= j <= i,
    ),
}


@pytest.mark.parametrize(("options", "sees"), MASKS.values(), ids=MASKS)
def test_masks_hide_what_they_say(options, sees):
    found = attend(Q, K, V, **options)
    weights, context = naive_attend(Q, K, V, "scaled", lambda _, i, j: sees(i, j))
    np.testing.assert_allclose(found.weights, weights, atol=1e-12)
    np.testing.assert_allclose(found.context, context, atol=1e-12)
    np.testing.assert_array_equal(np.isneginf(found.scores), weights == 0)


def test_an_additive_mask_is_added_after_scale_and_cap_and_before_temperature():
    mask = np.where(RNG.random((4, 5)) < 0.5, -np.inf, RNG.standard_normal((4, 5)))
    found = attend(Q, K, V, scale=2, softcap=3, mask=mask, temperature=5)
    expected = (3 * np.tanh(2 * (Q @ K.swapaxes(1, 2)) / 3) + mask) / 5
    np.testing.assert_allclose(found.scores, expected, atol=1e-13)


def test_many_small_heads_and_few_large_ones_take_the_same_steps(monkeypatch):
    q = RNG.standard_normal((4, 6, 4, 6))
    whole = attend(q, K, V, causal=True, mask=RNG.random((4, 6, 4, 5)) < 2, method="general", parameters=PARAMETERS)
    monkeypatch.setattr("attncli.attention.attend.TILE", 30)
    monkeypatch.setattr("attncli.attention.attend.CACHED", 5)
    for a, b in zip(whole, attend(q, K, V, causal=True, method="general", parameters=PARAMETERS), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def slope(value, at, direction, step=1e-5):
    """The slope of `value` at a point along a direction, by central differences of fourth order."""
    near, far = (value(at + k * step * direction) - value(at - k * step * direction) for k in (1, 2))
    return (8 * near - far) / (12 * step)


def test_the_derivatives_of_steps_2_and_3_are_central_differences():
    rng = np.random.default_rng(8)
    v, weight, s = rng.standard_normal((3, 5, 4)), rng.standard_normal((3, 2, 4)), rng.standard_normal((3, 2, 5))
    s[:, 0, 3], temperature = -np.inf, np.array([0.5, 1.0, 2.0])

    def attention(scores, values, temperatures):
        nothing = np.zeros((3, 1, 1))  # as query and key, so that the mask is the scores
        q, k = np.broadcast_to(nothing, (3, 2, 1)), np.broadcast_to(nothing, (3, 5, 1))
        return attend(q, k, values, mask=scores, temperature=temperatures)

    def loss(scores, values, temperatures):
        return (attention(scores, values, temperatures).context * weight).sum()

    back = attend_backward(weight, attention(s, v, temperature), v, temperature[:, None, None])
    assert (back.scores[:, 0, 3] == 0).all()
    d_s, d_v, d_t = rng.standard_normal(s.shape), rng.standard_normal(v.shape), rng.standard_normal(3)
    expected = slope(lambda at: loss(at, v, temperature), s, d_s)
    assert (back.scores * d_s).sum() == pytest.approx(expected, rel=1e-8)
    assert (back.value * d_v).sum() == pytest.approx(slope(lambda at: loss(s, at, temperature), v, d_v), rel=1e-8)
    by_temperature = slope(lambda at: loss(s, v, at), temperature, d_t)
    assert (back.temperature * d_t).sum() == pytest.approx(by_temperature, rel=1e-8)
