"""Each similarity on its own: numbers by hand, and the corners where a plain formula breaks."""

import math

import numpy as np
import pytest
from support.places import ROOT

from attncli.attention.products import row_blocks
from attncli.attention.similarity import method_of, unbroadcast
from attncli.attention.similarity.additive import additive
from attncli.attention.similarity.cosine import cosine
from attncli.attention.similarity.dot import dot
from attncli.attention.similarity.general import general
from attncli.attention.similarity.kernel import kernel
from attncli.attention.similarity.scaled import scaled
from attncli.settings.explanation import METHODS

Q, K = np.array([[3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("function", "parameters", "expected"),
    [
        (dot, {}, [3, 0]),
        (scaled, {}, [3 / math.sqrt(2), 0]),
        (cosine, {}, [0.6, 0]),
        (general, {"general_w": np.array([[0.0, 1.0], [1.0, 0.0]])}, [4, 0]),
        (
            additive,
            {"additive_w_q": np.eye(2), "additive_w_k": -np.eye(2), "additive_u": np.array([1.0, 2.0])},
            [math.tanh(2) + 2 * math.tanh(4), math.tanh(3) + 2 * math.tanh(4)],
        ),
        (kernel, {"kernel_sigma": np.array(2.0)}, [-20 / 8, -25 / 8]),
    ],
)
def test_by_hand(function, parameters, expected):
    np.testing.assert_allclose(function(Q, K, **parameters), [expected], rtol=1e-15)
    own = 1 / math.sqrt(2) if function is scaled else 1
    np.testing.assert_allclose(function(Q, K, scale=0.5, **parameters), [np.multiply(expected, 0.5 / own)], rtol=1e-15)


@pytest.mark.parametrize("name", METHODS)
def test_a_record_bears_the_name_of_its_module_and_its_parameters_the_methods(name):
    method = method_of(name)
    assert method.name == name
    assert all(parameter.startswith(f"{name}_") for parameter in method.parameters)
    assert method.learned == (name in ("general", "additive"))  # a kernel's width has a number without training


def test_the_documentation_has_the_formula_and_the_parameters_of_every_method():
    pages = [ROOT / "README.md", *(ROOT / ".github").rglob("*.md")]
    text = " ".join(" ".join(page.read_text(encoding="utf-8") for page in pages).split())
    for method in map(method_of, METHODS):
        assert f"`{method.name}` {method.formula}" in text
        for name, parameter in method.parameters.items():
            assert f"| `{name}` | `[{', '.join(('n_head', *parameter.axes))}]`" in text


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_cosine_of_tiny_and_huge_vectors(size):
    np.testing.assert_allclose(
        cosine(Q * size, np.array([[1.0, 0.0], [4, -3], [3, 4]]) * size), [[0.6, 0, 1]], atol=1e-15
    )


@pytest.mark.parametrize(("far", "expected"), [(0.0, 0.0), (1e-9, -5e-19), (1e-3, -5e-7)])
def test_kernel_of_close_vectors_far_from_the_origin(far, expected):
    q = np.array([[1.0, 8.0]])
    k = q + np.array([0.0, far])
    exact = -((k - q) ** 2).sum() / 2
    assert kernel(q, k, kernel_sigma=np.array(1.0)) == exact
    np.testing.assert_allclose(exact, expected, rtol=1e-5)


def test_kernel_is_never_above_0_nor_infinite():
    x = np.array([[1e300, 1.0], [-1e300, 1.0], [0.0, 1.0], [0.0, 1.0 + 1e-16]])
    with np.errstate(over="ignore"):
        scores = kernel(x, x, kernel_sigma=np.array(1e-200))
    assert scores.max() == 0
    assert np.isfinite(scores).all()


def test_what_overflows_saturates_and_infinities_stay():
    q, k = np.array([[1e300], [1.0]]), np.array([[1e300], [-1e300], [np.inf], [1.0]])
    largest = np.finfo(float).max
    with np.errstate(over="ignore"):
        scores = dot(q, k)
    np.testing.assert_array_equal(scores, [[largest, -largest, np.inf, 1e300], [1e300, -1e300, np.inf, 1]])


def test_large_terms_that_cancel_are_no_nan():
    huge = 2.0**1000  # its square has no rounding error, which a fused multiply-add would leave behind
    with np.errstate(over="ignore"):
        assert dot(np.array([[huge, huge]]), np.array([[huge, -huge]])) == 0
        assert dot(np.array([[1e200, 1e200]]), np.array([[1e200, -1e200 * (1 - 2**-50)]])) == np.finfo(float).max


@pytest.mark.parametrize(("method", "expected"), [(dot, [3, 0]), (cosine, [0.6, 0])])
def test_a_scale_that_overflows_saturates(method, expected):
    largest = np.finfo(np.float32).max
    np.testing.assert_array_equal(method(Q.astype("f"), K.astype("f"), scale=1e39), [[largest, 0]])
    np.testing.assert_allclose(method(Q * 1e-300, K * 1e-5, scale=1e308)[:, 1], [0])
    np.testing.assert_allclose(method(Q, K, scale=1e300), [np.multiply(expected, 1e300)])


def test_the_wide_product_is_the_plain_one_to_the_bit():
    q, k = np.random.default_rng(3).standard_normal((2, 5, 33))
    k[2] = np.nan
    with_nan, plain = dot(q, k), dot(q, np.nan_to_num(k))
    assert np.delete(with_nan, 2, axis=1).tobytes() == np.delete(plain, 2, axis=1).tobytes()


@pytest.mark.parametrize("method", ["additive", "kernel"])
def test_pairs_are_formed_in_blocks_without_changing_the_numbers(method, monkeypatch):
    x = np.random.default_rng(1).standard_normal((2, 7, 3))
    arrays = {
        "additive_w_q": np.eye(3),
        "additive_w_k": np.eye(3),
        "additive_u": np.ones(3),
        "kernel_sigma": np.ones(2),
    }
    similarity = method_of(method)
    parameters = {name: arrays[name] for name in similarity.parameters}
    whole = similarity.score(x, x, **parameters)
    monkeypatch.setattr("attncli.attention.products.PAIRS_AT_ONCE", 2 * 7 * 3 * 2)
    np.testing.assert_array_equal(similarity.score(x, x, **parameters), whole)


@pytest.mark.parametrize(
    ("n_row", "row_size", "most", "sizes"), [(5, 10, 20, [2, 2, 1]), (2, 99, 5, [1, 1]), (3, 0, 5, [3]), (0, 4, 9, [])]
)
def test_row_blocks_cover_the_rows(n_row, row_size, most, sizes):
    assert [len(range(n_row)[rows]) for rows in row_blocks(n_row, row_size, most)] == sizes


@pytest.mark.parametrize(("shape", "axes"), [((2, 3, 4), ()), ((3, 4), (0,)), ((1, 3, 1), (0, 2)), ((1,), (0, 1, 2))])
def test_derivatives_by_a_broadcast_array_are_summed(shape, axes):
    gradient = np.random.default_rng(0).standard_normal((2, 3, 4))
    found = unbroadcast(gradient, np.ones(shape))
    assert found.shape == shape
    np.testing.assert_allclose(found, gradient.sum(axis=axes).reshape(shape), rtol=1e-14)


@pytest.mark.parametrize("scale", [None, 0.7])
@pytest.mark.parametrize("lead", [(), (2,), (3, 2)])
@pytest.mark.parametrize("name", METHODS)
def test_the_backward_of_a_score_is_central_differences(name, lead, scale):
    """With parameters for all leading axes, and for the last of them only, along which they are broadcast."""
    rng, method, sizes = np.random.default_rng(6), method_of(name), {"d_k": 4, "d_a": 3}
    arrays = {"query": rng.standard_normal((*lead, 5, 4)), "key": rng.standard_normal((*lead, 6, 4))}
    for each, parameter in method.parameters.items():
        drawn = rng.standard_normal((*lead[-1:], *(sizes[axis] for axis in parameter.axes)))
        arrays[each] = drawn if parameter.least is None else 1 + np.abs(drawn)
    weight = rng.standard_normal((*lead, 5, 6))

    def loss(arrays):
        return (method.score(scale=scale, **arrays) * weight).sum()

    found = method.backward(weight, scale=scale, **arrays)
    assert {each: array.shape for each, array in found.items()} == {each: array.shape for each, array in arrays.items()}
    for each, array in arrays.items():
        direction = rng.standard_normal(array.shape)
        near, far = (
            loss(arrays | {each: array + k * direction}) - loss(arrays | {each: array - k * direction})
            for k in (1e-4, 2e-4)
        )
        assert (found[each] * direction).sum() == pytest.approx((8 * near - far) / 12e-4, rel=1e-7, abs=1e-8), each
