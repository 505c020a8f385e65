"""Attention weights from anywhere as one checked array `[n_layer, n_head, n_query, n_key]`.

They may be NumPy arrays, nested lists, or tensors of PyTorch, TensorFlow and JAX, none of which is imported.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.errors import UsageError, shortened

FORMS = "[n_query, n_key], [n_head, n_query, n_key] or [n_layer, n_head, n_query, n_key]"
GIVE = f"give {FORMS}"
EAGER = "a model of transformers gives them if it is loaded with attn_implementation='eager'"
LARGEST = 1e6  # lengths and sums may be above 1
APART = 0.01  # of a row's sum from 1; 200 weights of bfloat16 are rounded by so much
AXES = ("layer", "head", "query", "key")


def weights_of(given: Any) -> Array:
    """The weights `[n_layer, n_head, n_query, n_key]` in float32 or float64, finite and not negative.

    given: an array of two, three or four axes, as FORMS says, or one array a layer, each `[n_head, n_query, n_key]` or
    `[1, n_head, n_query, n_key]`, as the `attentions` of models in transformers are.

    Raises:
        UsageError: anything else.
    """
    if given is None or (isinstance(given, list | tuple) and not given):
        raise _refused(f"expected arrays, got {given}", EAGER)
    if isinstance(given, list | tuple) and any(each is None or hasattr(each, "shape") for each in given):
        return _checked(_of_layers([_layer(each, place) for place, each in enumerate(given)]))
    return _checked(_four_axes(_array(given)))


def rows_apart(weights: Array) -> Array:
    """The sums of the rows that sum neither to 1 nor to 0, in float64: `[rows]`."""
    sums = weights.sum(axis=-1, dtype=np.float64)  # [n_layer, n_head, n_query]
    apart: Array = sums[(abs(sums - 1) > APART) & (sums > 0)]
    return apart


def as_shares(weights: Array) -> Array:
    """The weights `[..., n_key]`, each row divided by its sum; rows of zeros stay."""
    sums = weights.sum(axis=-1, keepdims=True)  # [..., 1]
    shares: Array = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return shares


def _refused(reason: str, hint: str | None = None) -> UsageError:
    return UsageError(reason, hint, setting="weights")


def _array(given: Any) -> Array:
    """An array or tensor in float32 or float64."""
    if hasattr(given, "attentions"):
        raise _refused(f"expected arrays, got a {type(given).__name__}", "give its attentions")
    try:
        array = np.asarray(_detached(given))
        if array.dtype.kind == "V" and array.dtype.names is None:  # a type of another library, such as bfloat16
            array = array.astype(np.float32)
    except Exception as error:  # of another library, whichever it is
        raise _refused(f"expected an array of numbers, got a {type(given).__name__}: {_said(error)}", GIVE) from None
    if array.dtype.kind not in "fiu":
        raise _refused(f"expected numbers, got dtype {array.dtype}", GIVE)
    return array.astype(
        np.float32 if array.dtype == np.float16 else np.result_type(array.dtype, np.float32), copy=False
    )


def _detached(given: Any) -> Any:
    """A tensor of PyTorch without its gradient, where NumPy can read it; anything else as it is."""
    if not hasattr(given, "detach"):
        return given
    tensor = given.detach().cpu()
    return (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()


def _said(error: Exception) -> str:
    if "inhomogeneous" in str(error):
        return "its rows are of several lengths"
    return shortened(str(error).splitlines()[0], 80) if str(error) else type(error).__name__


def _layer(given: Any, number: int) -> Array:
    """The weights of one layer `[n_head, n_query, n_key]`."""
    if given is None:
        raise _refused(f"expected an array of each layer, got None of layer {number}", EAGER)
    if isinstance(given, list | tuple):
        raise _refused(f"expected an array of each layer, got a {type(given).__name__}", "take one step: attentions[0]")
    array = _array(given)
    if array.ndim == 4:
        array = _one_text(array, 0, "[layer[:1] for layer in weights]")
    if array.ndim not in (2, 3):
        raise _refused(f"expected layers [n_head, n_query, n_key], got the shape {list(array.shape)}")
    return array if array.ndim == 3 else array[None]


def _of_layers(layers: Sequence[Array]) -> Array:
    """The layers in one array."""
    shapes = [layer.shape for layer in layers]
    if other := next((place for place, shape in enumerate(shapes) if shape != shapes[0]), None):
        got = f"got {list(shapes[0])} and, in layer {other}, {list(shapes[other])}"
        raise _refused(f"expected layers of one shape, {got}", "give layers of one shape")
    return np.stack(layers)


def _four_axes(array: Array) -> Array:
    """The array as `[n_layer, n_head, n_query, n_key]`."""
    if array.ndim == 5:
        array = array[0] if array.shape[0] == 1 else _one_text(array, 1, "weights[:, :1]")
    if array.ndim not in (2, 3, 4):
        raise _refused(f"expected {FORMS}, got the shape {list(array.shape)}")
    return array.reshape((1,) * (4 - array.ndim) + array.shape)


def _one_text(array: Array, axis: int, first: str) -> Array:
    """The array without its axis of texts."""
    if array.shape[axis] != 1:
        raise _refused(f"expected one text, got {array.shape[axis]} in the shape {list(array.shape)}", f"give {first}")
    return array.squeeze(axis)


def _checked(weights: Array) -> Array:
    """The weights as they are, if there are any, and all of them can be weights."""
    if weights.size == 0:
        raise _refused(f"expected numbers, got none in the shape {list(weights.shape)}")
    if not (finite := np.isfinite(weights)).all():
        raise _refused(f"expected finite numbers, got {_first(weights, ~finite)}")
    if (below := weights < 0).any():
        raise _refused(f"expected weights from 0 up, got {_first(weights, below)}", "of scores, give the softmax")
    if (above := weights > LARGEST).any():
        raise _refused(f"expected weights of at most {LARGEST:,.0f}, got {_first(weights, above)}")
    return weights


def _first(weights: Array, wrong: Array) -> str:
    """The first wrong number, with its place."""
    place = np.argwhere(wrong)[0]
    where = ", ".join(f"{axis} {index}" for axis, index in zip(AXES, place, strict=True))
    return f"{weights[tuple(place)]:g} at {where}"
