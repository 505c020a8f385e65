"""The numerical promises of attend: nothing hidden leaks, dtypes stay, any size of score, little memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.attention.attend import attend, softmax
from attncli.settings.explanation import METHODS

RNG = np.random.default_rng(9)
Q, K, V = RNG.standard_normal((3, 4, 6)), RNG.standard_normal((3, 5, 6)), RNG.standard_normal((3, 5, 2))
PARAMETERS = {
    "general_w": RNG.standard_normal((3, 6, 6)),
    "additive_w_q": RNG.standard_normal((3, 6, 3)),
    "additive_w_k": RNG.standard_normal((3, 6, 3)),
    "additive_u": RNG.standard_normal((3, 3)),
    "kernel_sigma": np.array([0.5, 1, 2]),
}


def equal_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hide", ["boolean", "additive", "both"])
def test_what_is_hidden_leaks_nowhere(poison, method, hide):
    seen = np.array([True, True, False, True, True])
    added = np.where(seen, 0.3, poison if hide == "both" else -np.inf)
    options = {"mask": seen} if hide == "boolean" else {"mask": added}
    options |= {"window": (9, 1), "offset": 0, "mask": added} if hide == "both" else {}
    q, k, v = Q[:, :1], K.copy(), V.copy()
    k[:, 2], v[:, 2] = poison, poison
    clean = dict(options, mask=np.where(seen, 0.3, -np.inf)) if hide == "both" else options
    found = attend(q, k, v, method=method, parameters=PARAMETERS, **options)
    for a, b in zip(found, attend(q, K, V, method=method, parameters=PARAMETERS, **clean), strict=True):
        assert equal_bits(a, b)


def test_a_visible_nan_reaches_the_rows_that_see_it_and_no_others():
    v = V.copy()
    v[1, 3, 0] = np.nan
    found, clean = attend(Q, K, v, causal=True, offset=1), attend(Q, K, V, causal=True, offset=1)
    reached = np.zeros(found.context.shape, bool)
    reached[1, 2:, 0] = True
    np.testing.assert_array_equal(np.isnan(found.context), reached)
    np.testing.assert_array_equal(found.context[~reached], clean.context[~reached])


def test_a_visible_nan_key_spoils_its_rows_only():
    k = K.copy()
    k[0, 4] = np.nan
    rows = np.isnan(attend(Q, k, V, causal=True, offset=1).context).any(axis=-1)
    np.testing.assert_array_equal(rows, [[False, False, False, True], [False] * 4, [False] * 4])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_dtype_goes_through(dtype):
    q, k, v = (x.astype(dtype) for x in (Q, K, V))
    found = attend(q, k, v, mask=np.zeros((4, 5)), temperature=np.float64(2), scale=np.float64(0.5), softcap=3.0)
    assert {part.dtype for part in found} == {np.dtype(dtype)}
    assert {part.dtype for part in attend(q, k, v, method="kernel", parameters={"kernel_sigma": 1})} == {
        np.dtype(dtype)
    }


def test_mixed_and_integer_dtypes():
    assert attend(Q.astype("f"), K, V).context.dtype == np.float64
    assert attend([[1, 0]], [[1, 0], [0, 1]], [[1], [2]]).context.dtype == np.float64


def test_float16_is_computed_in_float32():
    q = np.full((1, 64), 100, np.float16)
    assert attend(q, q, np.ones((1, 1), np.float16), method="dot").weights == 1  # 640,000 is no float16


def test_float32_is_close_to_float64():
    for part, exact in zip(
        attend(*(x.astype("f") for x in (Q, K, V)), causal=True), attend(Q, K, V, causal=True), strict=True
    ):
        np.testing.assert_allclose(part, exact, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_inputs_are_not_changed(method):
    inputs = [x.copy() for x in (Q, K, V)]
    mask, parameters = np.zeros((4, 5)), {name: array.copy() for name, array in PARAMETERS.items()}
    for array in (*inputs, mask, *parameters.values()):
        array.flags.writeable = False
    attend(*inputs, method=method, mask=mask, softcap=2, temperature=2, parameters=parameters)
    assert all(equal_bits(a, b) for a, b in zip(inputs, (Q, K, V), strict=True))


@pytest.mark.parametrize("size", [1e-300, 1, 1e4, 1e150, 1e300])
@pytest.mark.parametrize("method", METHODS)
def test_scores_of_any_size_give_weights_that_sum_to_1(size, method):
    parameters = {name: array[0] for name, array in PARAMETERS.items()}
    with np.errstate(all="raise"):
        found = attend(Q[0] * size, K[0] * size, V[0], method=method, parameters=parameters)
    assert np.isfinite(found.scores).all()
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-12)


TINY = {"float32": 1e-40, "float64": 1e-320}
OVERFLOWS = {
    "temperature": lambda dtype: {"temperature": TINY[dtype]},
    "hidden and temperature": lambda dtype: {"temperature": TINY[dtype], "causal": True, "offset": 1},
    "scale": lambda dtype: {"scale": 1e300},
    "negative scale": lambda dtype: {"scale": -1e308, "temperature": 1e-30},
    "scale and cap": lambda dtype: {"scale": 1e308, "softcap": 1e300, "temperature": 0.5},
    "the lowest number added": lambda dtype: {"mask": np.full(5, np.finfo(dtype).min), "temperature": 0.5},
    "infinity added": lambda dtype: {"mask": np.array([0, np.inf, 0, -np.inf, np.inf])},
}


@pytest.mark.parametrize("dtype", TINY)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("options", OVERFLOWS.values(), ids=OVERFLOWS)
def test_what_overflows_is_the_largest_number_and_not_hidden(options, method, dtype):
    options = options(dtype)
    parameters = {name: array.astype(dtype) for name, array in PARAMETERS.items()}
    q, k, v = (x.astype(dtype) for x in (Q, K, V))
    hidden = np.broadcast_to(options.get("mask", 0) == -np.inf, (3, 4, 5)) | np.isneginf(
        attend(q, k, v, causal=options.get("causal", False), offset=options.get("offset", 0)).scores
    )
    found = attend(q, k, v, method=method, parameters=parameters, **options)
    np.testing.assert_array_equal(np.isneginf(found.scores), hidden)
    assert np.isfinite(found.scores[~hidden]).all()
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-6)


def test_a_tiny_temperature_looks_up_the_best_key():
    found = attend(Q, K, V, temperature=1e-320)
    np.testing.assert_array_equal(found.weights, attend(Q, K, V, temperature=1e-3).weights.round())
    assert np.abs(found.scores).max() == np.finfo(float).max


@pytest.mark.parametrize("options", [{"scale": 1e300}, {"temperature": 1e-320}, {"mask": [1e308] * 5}])
def test_a_visible_nan_is_not_taken_for_an_overflow(options):
    k = K.copy()
    k[0, 4] = np.nan
    found = attend(Q, k, V, **{name: np.array(x) if name == "mask" else x for name, x in options.items()})
    np.testing.assert_array_equal(np.isnan(found.scores[0]), np.arange(5) == np.full((4, 1), 4))
    assert np.isnan(found.weights[0]).all()
    assert not np.isnan(found.weights[1:]).any()


def test_a_scale_beyond_the_dtype_keeps_what_it_can():
    q, k, v = (np.array(x, "f") for x in ([[1e-30, 0]], [[1e-5, 1], [1e20, 0]], [[1], [2]]))
    np.testing.assert_allclose(attend(q, k, v, method="dot", scale=1e45).scores, [[1e10, 1e35]], rtol=1e-6)


def test_float16_scores_saturate_in_the_result():
    q = np.full((1, 64), 100, np.float16)
    assert attend(q, -q, q, method="dot").scores == -65504


@pytest.mark.parametrize("row", [[-1e3, -999.0], [-500.0, -501, 800], [700.0, 710, 710], [-745.0, -746]])
def test_weights_of_scores_far_from_0(row):
    exact = np.exp(np.array(row) - max(row))
    np.testing.assert_allclose(softmax(np.array([row, row])), [exact / exact.sum()] * 2, rtol=1e-14)


def test_equal_scores_share_the_weight():
    np.testing.assert_array_equal(
        attend(np.zeros((1, 4)), np.ones((8, 4)), np.ones((8, 1))).weights, np.full((1, 8), 1 / 8)
    )


scores = st.lists(st.floats(-50, 50), min_size=1, max_size=9).map(np.array)


@given(scores, st.floats(-1e3, 1e3))
def test_a_constant_added_to_a_row_changes_nothing(row, constant):
    np.testing.assert_allclose(softmax(row + constant), softmax(row), atol=1e-11)


@given(st.permutations(range(5)), st.sampled_from(METHODS))
@settings(max_examples=30)
def test_permuted_tokens_have_permuted_weights(order, method):
    found = attend(K, K, V, method=method, parameters=PARAMETERS)
    moved = attend(K[:, order], K[:, order], V[:, order], method=method, parameters=PARAMETERS)
    np.testing.assert_allclose(moved.weights, found.weights[:, order][:, :, order], atol=1e-13)
    np.testing.assert_allclose(moved.context, found.context[:, order], atol=1e-13)


@pytest.mark.parametrize(
    "options",
    [{}, {"causal": True}, {"mask": np.ones((512, 512), bool)}, {"softcap": 5.0}, {"method": "additive"}],
    ids=["plain", "causal", "mask", "softcap", "additive"],
)
def test_the_peak_is_three_matrices_a_head(options):
    q, k, v = RNG.standard_normal((3, 8, 512, 32), dtype=np.float32)
    parameters = {"additive_w_q": np.eye(32), "additive_w_k": np.eye(32), "additive_u": np.ones(32)}
    tracemalloc.start()
    attend(q, k, v, parameters=parameters, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 8 * 512 * 512 * 4


def test_a_temperature_for_each_head_is_that_of_separate_calls():
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((3, 2, 3, 5, 4))  # each [2, 3 heads, 5, 4]
    found = attend(q, k, v, temperature=[0.5, 1.0, 4.0], causal=True)
    for head, temperature in enumerate((0.5, 1.0, 4.0)):
        alone = attend(q[:, head], k[:, head], v[:, head], temperature=temperature, causal=True)
        for step, own in zip(found, alone, strict=True):
            np.testing.assert_array_equal(step[:, head], own)


@pytest.mark.parametrize("broken", [np.inf, -np.inf, np.nan])
def test_a_value_that_is_no_finite_number_reaches_the_rows_that_see_it_as_it_is(broken):
    v = np.array([[1.0, 2.0], [broken, 4.0], [5.0, 6.0]])
    mask = np.array([[True, True, True], [True, False, True]])
    seeing, other = attend(np.zeros((2, 1)), np.zeros((3, 1)), v, mask=mask).context
    np.testing.assert_allclose(seeing, [broken, 4], rtol=1e-15)
    np.testing.assert_allclose(other, [3, 4], rtol=1e-15)
