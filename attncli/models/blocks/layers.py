"""The layers of every family's blocks, and the arrays of each: hidden states `[n, d]` in, hidden states out.

A layer is made of names and sizes alone. It takes its weights from the checkpoint when it is called, one array at a
time, so that no more than one is held widened to float32.
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import row_blocks
from attncli.errors import ResourceError
from attncli.models.blocks.activations import Activation
from attncli.models.family import Arrays, Layer, Learned, Tensors
from attncli.models.stream import Affine

CACHED = 2**16  # numbers that stay in a core's cache between the steps of a norm
FEW = 96  # rows, for which the weights times the rows take two thirds of the time of the rows times the weights
AT_ONCE = 2**20  # numbers between two linear layers that are held at once: new memory costs as much as a pass over it


def take(tensors: Tensors, name: str, *shape: int) -> Array:
    """The array `name`.

    Raises:
        ResourceError: it is missing, or has another shape than this one.
    """
    array = tensors[name]
    if array.shape != shape:
        raise ResourceError(f"{name}: expected shape {list(shape)} by config.json, got {list(array.shape)}")
    return array


def arrays_of(parts: Iterable[Learned | None]) -> Arrays:
    """The names and shapes of the arrays of all parts, one part after another."""
    for part in parts:
        if part is not None:
            yield from part.arrays()


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """The linear layer x wᵀ + b: x `[n, d_in]`, weight `[d_out, d_in]` as PyTorch stores it, bias `[d_out]`."""
    few = len(x) <= FEW
    y: Array = np.ascontiguousarray((weight @ x.T).T) if few else x @ weight.T  # [n, d_out]
    if bias is not None:
        y += bias
    return y


def layer_norm(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """(x − μ) / √(σ² + ε) · g + b of x `[..., d]` (Ba et al. 2016, equation 4).

    weight and bias: `[d]`, or `[n_head, d]` of x `[n, n_head, d]`; without them g is 1 and b is 0.
    """
    normed = np.empty_like(x)
    for rows in row_blocks(len(x), math.prod(x.shape[1:]), CACHED):
        mean = np.einsum("...i->...", x[rows])[..., None] / x.dtype.type(x.shape[-1])  # [rows, 1]
        centred = np.subtract(x[rows], mean, out=normed[rows])  # [rows, d]
        centred *= _inverse_root(_mean_square(centred), eps)
        if weight is not None:
            centred *= weight
        if bias is not None:
            centred += bias
    return normed


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """The RMS norm x / √(mean(x²) + ε) · g of x `[..., d]` (Zhang & Sennrich 2019, equation 4); weight `[d]`."""
    normed = np.empty_like(x)
    for rows in row_blocks(len(x), math.prod(x.shape[1:]), CACHED):
        scaled = np.multiply(x[rows], _inverse_root(_mean_square(x[rows]), eps), out=normed[rows])  # [rows, ..., d]
        scaled *= weight
    return normed


def _mean_square(x: Array) -> Array:
    """The mean of x² over the last axis of x `[..., d]`: `[..., 1]`."""
    mean: Array = np.einsum("...i,...i->...", x, x)[..., None] / x.dtype.type(x.shape[-1])
    return mean


def _centred(x: Array) -> Array:
    """The rows of x `[n, d]`, each minus its mean."""
    centred: Array = x - x.mean(axis=-1, keepdims=True)
    return centred


def _inverse_root(mean_square: Array, eps: float) -> Array:
    """1 / √(mean_square + ε)."""
    inverse: Array = 1 / np.sqrt(mean_square + mean_square.dtype.type(eps))
    return inverse


def by_rows(x: Array, width: int, of: Callable[[Array], Array]) -> Array:
    """`of` some rows of x `[n, d]` at a time, joined; `of` makes arrays of so many columns of them on the way."""
    if len(x) * width <= AT_ONCE:
        return of(x)
    return np.concatenate([of(x[rows]) for rows in row_blocks(len(x), width, AT_ONCE)])


class Dense(NamedTuple):
    """A linear layer. transposed: its weight is stored as `[d_in, d_out]`, and not as `[d_out, d_in]`."""

    name: str
    d_in: int
    d_out: int
    biased: bool = True
    transposed: bool = False

    def arrays(self) -> Arrays:
        """Its weight, and its bias if it has one."""
        yield f"{self.name}.weight", self._stored
        if self.biased:
            yield f"{self.name}.bias", (self.d_out,)

    def weights(self, tensors: Tensors) -> tuple[Array, Array | None]:
        """The weight `[d_out, d_in]` and the bias `[d_out]`."""
        weight = take(tensors, f"{self.name}.weight", *self._stored)
        bias = take(tensors, f"{self.name}.bias", self.d_out) if self.biased else None
        return weight.T if self.transposed else weight, bias

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d_in]` to `[n, d_out]`."""
        return linear(x, *self.weights(tensors))

    def frozen(self, tensors: Tensors, x: Array) -> Affine:
        """The layer itself, whatever it acts on."""
        weight, bias = self.weights(tensors)
        return Affine(lambda rows: linear(rows, weight), bias)

    @property
    def _stored(self) -> tuple[int, int]:
        return (self.d_in, self.d_out) if self.transposed else (self.d_out, self.d_in)


class LayerNorm(NamedTuple):
    """A layer norm over d numbers, without bias or without both gain and bias in some models."""

    name: str
    d: int
    eps: float
    biased: bool = True
    gained: bool = True

    def arrays(self) -> Arrays:
        """Its gain and its bias."""
        yield from ((f"{self.name}.{part}", (self.d,)) for part in self._parts)

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """The rows of x `[..., d]`, each normed."""
        found = {part: take(tensors, f"{self.name}.{part}", self.d) for part in self._parts}
        return layer_norm(x, found.get("weight"), found.get("bias"), self.eps)

    def frozen(self, tensors: Tensors, x: Array) -> Affine:
        """(rows − their means) / √(σ² + ε) · g, and b, with the σ of x `[1, d]`."""
        found = {part: take(tensors, f"{self.name}.{part}", self.d) for part in self._parts}
        scale = _inverse_root(_mean_square(_centred(x)), self.eps)  # [1, 1]
        gain = scale * found.get("weight", np.ones(self.d))  # [1, d]
        return Affine(lambda rows: _centred(rows) * gain, found.get("bias"))

    @property
    def _parts(self) -> tuple[str, ...]:
        return ("weight",) * self.gained + ("bias",) * self.biased


class RMSNorm(NamedTuple):
    """An RMS norm over d numbers. above_one: its stored gain is what is added to 1."""

    name: str
    d: int
    eps: float
    above_one: bool = False

    def arrays(self) -> Arrays:
        """Its gain."""
        yield f"{self.name}.weight", (self.d,)

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """The rows of x `[..., d]`, each normed."""
        return rms_norm(x, self._gain(tensors), self.eps)

    def frozen(self, tensors: Tensors, x: Array) -> Affine:
        """The rows / √(mean(x²) + ε) · g, with the x `[1, d]`."""
        scale = _inverse_root(_mean_square(x), self.eps) * self._gain(tensors)  # [1, d]
        return Affine(lambda rows: rows * scale)

    def _gain(self, tensors: Tensors) -> Array:
        gain = take(tensors, f"{self.name}.weight", self.d)
        return gain + 1 if self.above_one else gain


class FeedForward(NamedTuple):
    """f(x w₁ + b₁) w₂ + b₂ (Vaswani et al. 2017, equation 2)."""

    inner: Dense
    outer: Dense
    activation: Activation

    def arrays(self) -> Arrays:
        """Those of both linear layers."""
        return arrays_of((self.inner, self.outer))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d_model]` to `[n, d_model]`."""
        inner, outer = self.inner.weights(tensors), self.outer.weights(tensors)

        def of(rows: Array) -> Array:
            hidden = linear(rows, *inner)  # [rows, d_ff]
            return linear(self.activation(hidden, out=hidden), *outer)

        return by_rows(x, self.inner.d_out, of)


class GatedFeedForward(NamedTuple):
    """(f(x W_gate) ⊙ x W_up) W_down (Shazeer 2020, equation 6)."""

    gate: Dense
    up: Dense
    down: Dense
    activation: Activation

    def arrays(self) -> Arrays:
        """Those of the three linear layers."""
        return arrays_of((self.gate, self.up, self.down))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d_model]` to `[n, d_model]`."""
        gate, up, down = (each.weights(tensors) for each in (self.gate, self.up, self.down))

        def of(rows: Array) -> Array:
            hidden = linear(rows, *gate)  # [rows, d_ff]
            self.activation(hidden, out=hidden)
            hidden *= linear(rows, *up)
            return linear(hidden, *down)

        return by_rows(x, self.gate.d_out, of)


class Table(NamedTuple):
    """A table of embeddings `[rows, d]`; rows is None where config.json does not say how many there are.

    before: how many rows come before that of index 0.
    """

    name: str
    rows: int | None
    d: int
    before: int = 0

    def arrays(self) -> Arrays:
        """The table."""
        yield f"{self.name}.weight", (self.rows, self.d)

    def __call__(self, tensors: Tensors, indices: Array) -> Array:
        """The rows `[n, d]` at the indices `[n]`; no other row is read or widened."""
        once, places = np.unique(indices + self.before, return_inverse=True)
        rows = tensors.rows(f"{self.name}.weight", once)  # [rows, d]
        if rows.shape != (len(once), self.d):
            found = list(rows.shape[1:])
            raise ResourceError(f"{self.name}.weight: expected rows of shape [{self.d}] by config.json, got {found}")
        taken: Array = rows[places]  # [n, d]
        return taken


class Positions(Learned, Protocol):
    """The vectors of positions: a learned table, or computed."""

    def __call__(self, tensors: Tensors, positions: Array, /) -> Array:
        """Positions `[n]` as `[n, d]`."""
        ...


class Embeddings(NamedTuple):
    """norm(multiplier·word + segment + position) and a projection to d_model; a model has all of these or some.

    words: a table, or a chain of a table and what follows it before the sum.
    """

    words: Layer
    positions: Positions | None = None
    segments: Table | None = None
    norm: Layer | None = None
    projection: Dense | None = None
    multiplier: float = 1.0

    def arrays(self) -> Arrays:
        """Those of every table and layer."""
        return arrays_of((self.words, self.positions, self.segments, self.norm, self.projection))

    def __call__(self, tensors: Tensors, ids: Array, positions: Array, segments: Array | None = None) -> Array:
        """Token ids, positions and segments (None: all 0), each `[n]`, as the first hidden state `[n, d_model]`.

        Raises:
            ResourceError: an id, a position or a segment that its table lacks; a table of one row is of no segments.
        """
        x = self.words(tensors, ids)  # [n, d]
        if self.multiplier != 1:
            x *= np.float32(self.multiplier)
        if self.segments is not None:
            x += self.segments(tensors, _segments(self.segments, segments))
        if self.positions is not None:
            x += self.positions(tensors, positions)
        for layer in (self.norm, self.projection):
            x = x if layer is None else layer(tensors, x)
        return x


def _segments(table: Table, segments: Array | None) -> Array:
    """The rows of a table for segments `[n]`; its first one where they are all 0, or it has no other."""
    return np.zeros(1, np.intp) if segments is None or table.rows == 1 else segments
