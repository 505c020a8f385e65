"""The layers that the blocks of every family are made of: arrays `[n, d]` in, arrays out, float32 all the way."""

from collections.abc import Mapping

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError
from attncli.models.blocks.activations import Activation
from attncli.models.family import Arrays, Tensors


def take(tensors: Tensors, name: str, *shape: int) -> Array:
    """The array `name`, whose shape must be this one.

    Raises:
        ResourceError: there is none, or it has another shape; the message says both.
    """
    array = tensors[name]
    if array.shape != shape:
        raise ResourceError(f"{name} has shape {list(array.shape)}; by its config.json the model needs {list(shape)}")
    return array


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """The linear layer x wᵀ + b: x `[n, d_in]`, weight `[d_out, d_in]` as PyTorch stores it, bias `[d_out]`."""
    y: Array = x @ weight.T  # [n, d_out]
    if bias is not None:
        y += bias
    return y


def layer_norm(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """(x − μ) / √(σ² + ε) · g + b over each row of x `[n, d]` (Ba et al. 2016, equation 4); weight and bias `[d]`."""
    centred: Array = x - x.mean(axis=-1, keepdims=True)  # [n, d]
    variance = np.square(centred).mean(axis=-1, keepdims=True)  # [n, 1]
    centred /= np.sqrt(variance + np.float32(eps))
    centred *= weight
    centred += bias
    return centred


def feed_forward(x: Array, inner: tuple[Array, Array], outer: tuple[Array, Array], activation: Activation) -> Array:
    """f(x w₁ + b₁) w₂ + b₂ (Vaswani et al. 2017, equation 2): x and result `[n, d_model]`, w₁ `[d_ff, d_model]`."""
    return linear(activation(linear(x, *inner)), *outer)


def split_heads(x: Array, n_head: int) -> Array:
    """`[n, n_head·d]` as `[n_head, n, d]`: each head takes the next d columns (Vaswani et al. 2017, section 3.2.2)."""
    return x.reshape(len(x), n_head, -1).transpose(1, 0, 2)


def join_heads(x: Array) -> Array:
    """`[n_head, n, d]` as `[n, n_head·d]`, the concatenation that w_o takes."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def dense(tensors: Tensors, name: str, d_in: int, d_out: int) -> tuple[Array, Array]:
    """The weight `[d_out, d_in]` and bias `[d_out]` of the linear layer `name`."""
    return take(tensors, f"{name}.weight", d_out, d_in), take(tensors, f"{name}.bias", d_out)


def normed(tensors: Tensors, name: str, x: Array, eps: float) -> Array:
    """The layer norm `name` of x `[n, d]`."""
    d = x.shape[-1]
    return layer_norm(x, take(tensors, f"{name}.weight", d), take(tensors, f"{name}.bias", d), eps)


def dense_arrays(sizes: Mapping[str, tuple[int, int]], biased: bool = True) -> Arrays:
    """Names and shapes of linear layers, by name (d_in, d_out) in sizes."""
    for name, (d_in, d_out) in sizes.items():
        yield f"{name}.weight", (d_out, d_in)
        if biased:
            yield f"{name}.bias", (d_out,)


def norms(d: int, *names: str) -> Arrays:
    """Names and shapes of layer norms over d numbers."""
    for name in names:
        yield from ((f"{name}.weight", (d,)), (f"{name}.bias", (d,)))


def embedding(tensors: Tensors, name: str, indices: Array, d: int) -> Array:
    """The rows `[n, d]` of the table `name` at the indices `[n]`; no other row is read or widened."""
    rows = tensors.rows(name, indices)  # [n, d]
    if rows.shape != (len(indices), d):
        raise ResourceError(
            f"{name} has rows of shape {list(rows.shape[1:])}; by its config.json the model needs [{d}]"
        )
    return rows
