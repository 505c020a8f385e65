"""The shapes that attend takes and gives, and what it says about those that do not fit."""

import math
import re

import numpy as np
import pytest

from attncli.attention.attend import attend
from attncli.settings.explanation import METHODS

Q, K, V = np.ones((3, 4, 6)), np.ones((3, 5, 6)), np.ones((3, 5, 2))
PARAMETERS = {
    "general_w": np.ones((3, 6, 6)),
    "additive_w_q": np.ones((3, 6, 3)),
    "additive_w_k": np.ones((3, 6, 3)),
    "additive_u": np.ones((3, 3)),
    "kernel_sigma": np.array([0.5, 1, 2]),
}


@pytest.mark.parametrize(
    ("q", "k", "v", "weights"),
    [
        ((4, 6), (5, 6), (5, 2), (4, 5)),
        ((3, 4, 6), (5, 6), (5, 2), (3, 4, 5)),
        ((4, 6), (3, 5, 6), (5, 2), (3, 4, 5)),
        ((4, 6), (5, 6), (3, 5, 2), (3, 4, 5)),
        ((6, 4, 6), (3, 5, 6), (3, 5, 2), (6, 4, 5)),
        ((7, 6, 4, 6), (3, 5, 6), (7, 3, 5, 2), (7, 6, 4, 5)),
        ((2, 1, 3, 4, 6), (7, 3, 5, 6), (5, 2), (2, 7, 3, 4, 5)),
        ((3, 0, 6), (3, 5, 6), (3, 5, 2), (3, 0, 5)),
        ((3, 4, 6), (3, 0, 6), (3, 0, 2), (3, 4, 0)),
        ((0, 3, 4, 6), (3, 5, 6), (3, 5, 2), (0, 3, 4, 5)),
        ((3, 4, 6), (3, 5, 6), (3, 5, 0), (3, 4, 5)),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_shapes(q, k, v, weights, method):
    parameters = {name: array[0] for name, array in PARAMETERS.items()}
    found = attend(np.ones(q), np.ones(k), np.ones(v), method=method, parameters=parameters)
    assert [part.shape for part in found] == [weights, weights, (*weights[:-1], v[-1])]
    np.testing.assert_allclose(found.context, np.full(found.context.shape, 1.0 if k[-2] else 0.0))


@pytest.mark.parametrize(
    ("shape", "visible"),
    [((5,), True), ((1,), True), ((4, 1), True), ((3, 1, 1), True), ((2, 1, 1, 5), True), ((), True), ((), False)],
)
def test_a_mask_of_any_rank_broadcasts(shape, visible):
    q, mask = np.stack([Q, Q]), np.full(shape, visible)
    np.testing.assert_array_equal(attend(q, K, V, mask=mask).weights.sum(-1) > 0.5, np.full((2, 3, 4), visible))


WRONG = {
    "no axis for the tokens": ({"query": Q[0, 0]}, "query [6]"),
    "another d_k": ({"key": K[..., :5]}, "same d_k"),
    "no d_k": ({"query": Q[..., :0], "key": K[..., :0]}, "d_k ≥ 1"),
    "another n_key": ({"value": V[:, :4]}, "same n_key"),
    "n_head no multiple": ({"query": np.ones((4, 4, 6))}, "a multiple of it"),
    "fewer query heads": ({"query": Q[:1]}, "a multiple of it"),
    "values of other heads": ({"value": V[:2]}, "same n_kv_head"),
    "no heads": ({"query": Q[:0], "key": K[:0], "value": V[:0]}, "n_kv_head ≥ 1"),
    "batches that do not meet": (
        {"query": np.ones((2, 3, 4, 6)), "key": np.ones((5, 3, 5, 6))},
        "expected leading axes that broadcast",
    ),
    "text": ({"query": np.full((3, 4, 6), "a")}, "real numbers"),
    "complex numbers": ({"query": Q + 1j}, "complex128"),
    "method of no name": (
        {"method": ["dot"]},
        "method: expected one of dot, scaled, cosine, general, additive, kernel, got ['dot']",
    ),
    "method": ({"method": "scald"}, "kernel, got 'scald'"),
    "mask of another shape": (
        {"mask": np.ones((4, 4), bool)},
        "mask: expected a shape that broadcasts to [3, 4, 5], got [4, 4]",
    ),
    "mask of too many axes": ({"mask": np.ones((2, 3, 4, 5), bool)}, "broadcasts to [3, 4, 5]"),
    "mask of integers": (
        {"mask": np.ones((4, 5), int)},
        "mask: expected bool (True may be seen) or floats to add, got int64",
    ),
    "window of one": ({"window": (1,)}, "window: expected (left, right), each a number of keys ≥ 0 or None, got (1,)"),
    "negative window": ({"window": (-1, 2)}, "(-1, 2)"),
    "window of fractions": ({"window": (1.5, 2)}, "1.5"),
    "window of truths": ({"window": (True, False)}, "or None, got (True, False)"),
    "window without sides": ({"window": 3}, "or None, got 3"),
    "offset between keys": ({"offset": 1.5}, "offset: expected a whole number, got 1.5"),
    "temperature of 0": ({"temperature": 0}, "above 0 in float64, got 0"),
    "negative temperature": ({"temperature": -1.0}, "above 0"),
    "temperature nan": ({"temperature": math.nan}, "got nan"),
    "no temperature": ({"temperature": None}, "temperature: expected a finite number above 0 in float64, got None"),
    "temperature beyond float64": ({"temperature": 10**400}, "temperature: expected a finite number"),
    "a temperature too many": (
        {"temperature": np.ones(5)},
        "temperature: expected a number or shape [3], got shape [5]",
    ),
    "a temperature of text": ({"temperature": "warm"}, "above 0 in float64, got 'warm'"),
    "one temperature of 0": (
        {"temperature": [1.0, 0.0, 1.0]},
        "temperature: expected a finite number above 0 in float64, or one a head, got [1. 0. 1.]",
    ),
    "temperature 0 in float32": (
        {"query": Q.astype("f"), "key": K.astype("f"), "value": V.astype("f"), "temperature": 1e-50},
        "temperature: expected a finite number above 0 in float32, got 1e-50",
    ),
    "scale nan": ({"scale": math.nan}, "scale: expected a finite number or None, got nan"),
    "scale of text": ({"scale": "x"}, "scale: expected a finite number or None, got 'x'"),
    "softcap of text": ({"softcap": "a"}, "softcap: expected 0, None or a finite number above 0 in float64, got 'a'"),
    "negative softcap": ({"softcap": -2}, "got -2"),
    "unknown parameter": (
        {"parameters": {"genral_w": 1}},
        "expected names among general_w, additive_w_q, additive_w_k, additive_u, kernel_sigma, got 'genral_w'",
    ),
    "missing parameter": ({"method": "general"}, "parameters: expected 'general_w' for method 'general', got none"),
    "parameter of another width": (
        {"method": "general", "parameters": {"general_w": np.ones((3, 6, 5))}},
        "general_w: expected shape [..., d_k = 6, d_k = 6], got [3, 6, 5]",
    ),
    "parameter of other heads": (
        {"method": "general", "parameters": {"general_w": np.ones((2, 6, 6))}},
        "general_w: expected shape [3, 6, 6] or [6, 6], got [2, 6, 6]",
    ),
    "no width": (
        {"method": "kernel", "parameters": {"kernel_sigma": 0.0}},
        "kernel_sigma: expected numbers above 0, got 0.0",
    ),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(change, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        attend(**({"query": Q, "key": K, "value": V} | change))
