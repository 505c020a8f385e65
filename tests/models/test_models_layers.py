"""The layers against their formulas in float64, number by number."""

import math

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.models.blocks.activations import ACTIVATIONS, read_activation
from attncli.models.blocks.layers import Table, layer_norm, linear, take
from attncli.models.blocks.projections import split_heads
from attncli.models.checkpoint.config import Config

X = np.concatenate([np.linspace(-12, 12, 40_001), [0, 1e-30, -1e-30, 1e4, -1e4]]).astype(np.float32)


def normal(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def gelu_new(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


FORMULAS = {
    "gelu": lambda x: x * normal(x),
    "gelu_new": gelu_new,
    "gelu_pytorch_tanh": gelu_new,
    "gelu_python": lambda x: x * normal(x),
    "gelu_accurate": gelu_new,
    "quick_gelu": lambda x: x / (1 + math.exp(-1.702 * x)) if x > -400 else 0.0,
    "relu": lambda x: max(x, 0.0),
    "relu2": lambda x: max(x, 0.0) ** 2,
    "silu": lambda x: x / (1 + math.exp(-x)) if x > -700 else 0.0,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_is_its_formula(name):
    exact = np.array([FORMULAS[name](float(x)) for x in X])
    ours = ACTIVATIONS[name](X)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, exact, rtol=3e-7, atol=4e-7)


def test_an_activation_leaves_its_input_and_takes_any_shape():
    x = np.arange(-60, 60, dtype=np.float32).reshape(5, 24)[:, ::2]
    before = x.copy()
    for activation in ACTIVATIONS.values():
        np.testing.assert_array_equal(activation(x), activation(np.ascontiguousarray(x)))
        np.testing.assert_array_equal(x, before)


def test_an_unknown_activation_names_the_known_ones():
    with pytest.raises(ResourceError, match=r"hidden_act in config\.json: expected one of .* gelu, .*, got 'mish'"):
        read_activation(Config({"hidden_act": "mish"}), "hidden_act", "gelu")


def test_layer_norm_is_its_formula():
    x, g, b = (np.random.default_rng(1).normal(3, 5, shape).astype(np.float32) for shape in ((4, 7), 7, 7))
    rows = [(row - row.mean()) / math.sqrt(row.var() + 0.1) * g + b for row in x.astype(np.float64)]
    np.testing.assert_allclose(layer_norm(x, g, b, 0.1), rows, rtol=1e-5, atol=1e-6)


def test_linear_is_a_sum_of_products():
    assert linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([10.0, 20.0])).tolist() == [
        [1 * 3 + 2 * 4 + 10, 1 * 5 + 2 * 6 + 20]
    ]


def test_heads_are_split_in_order():
    x = np.arange(12).reshape(2, 6)
    assert split_heads(x, 3).tolist() == [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]


class Arrays(dict):
    def rows(self, name, indices):
        return self[name][indices]


def test_an_array_of_another_shape_is_refused():
    arrays = Arrays({"w.weight": np.zeros((2, 3))})
    with pytest.raises(ResourceError, match=r"w.weight: expected shape \[3, 2\] by config.json, got \[2, 3\]"):
        take(arrays, "w.weight", 3, 2)
    with pytest.raises(ResourceError, match=r"w.weight: expected rows of shape \[4\] by config.json, got \[3\]"):
        Table("w", 2, 4)(arrays, np.array([1, 1]))
