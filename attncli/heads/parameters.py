"""Multi-head attention's parameters: three projections a head, the output projection, and those of a method.

Trained heads may have more: a query bias, temperatures, biases by relative position, and a length for all vectors.

Vaswani et al. 2017, section 3.2.2: head h has q = x·w_q[h], k = x·w_k[h], v = x·w_v[h], the contexts are concatenated
and multiplied by w_o. A single head is n_head = 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from attncli.arrays import Array
from attncli.attention.positions import by_offset, position_scores
from attncli.attention.similarity import method_of
from attncli.errors import UsageError
from attncli.settings.explanation import METHODS


@dataclass(frozen=True)
class Heads:
    """w_q, w_k `[n_head, d_model, d_k]`, w_v `[n_head, d_model, d_v]`, w_o `[n_head·d_v, d_model]` or None.

    b_q `[n_head, d_k]` is added to the queries; temperature `[n_head]` divides each head's scores; position_bias
    `[n_head, 2·reach + 1]` and key_offset_bias `[n_head, 2·reach + 1, d_k]` are those of `positions.position_scores`;
    input_scale is the length to which each vector is brought before it is projected; profile `[n_head, 5]` is what the
    heads were measured to do (`kinds.PROFILE`), and changes nothing; method is the one they were trained with.
    None: not there. The two biases come together.
    """

    w_q: Array
    w_k: Array
    w_v: Array
    w_o: Array | None = None
    parameters: Mapping[str, Array] = field(default_factory=dict)
    b_q: Array | None = None
    temperature: Array | None = None
    position_bias: Array | None = None
    key_offset_bias: Array | None = None
    input_scale: float | None = None
    profile: Array | None = None
    method: str | None = None

    @property
    def sees_positions(self) -> Array:
        """The heads that weigh a key by its place: boolean `[n_head]`."""
        seen = np.zeros(len(self.w_q), dtype=bool)
        if self.position_bias is not None and self.key_offset_bias is not None:
            seen |= self.position_bias.any(axis=1) | self.key_offset_bias.any(axis=(1, 2))
        return seen

    @property
    def trained(self) -> bool:
        """Whether `attn train` made them, with every word hidden from itself."""
        return self.profile is not None

    def prepare(self, x: Array) -> Array:
        """The vectors as the projections take them: `[..., n, d_model]`, of length input_scale where there is one."""
        if self.input_scale is None:
            return x
        length = np.linalg.norm(x, axis=-1, keepdims=True)  # [..., n, 1]
        scaled: Array = x * (x.dtype.type(self.input_scale) / np.where(length == 0, 1, length))
        return scaled

    def queries(self, x: Array) -> Array:
        """Q = x w_q + b_q, of prepared vectors: `[..., n_head, n, d_k]`."""
        q = project(x, self.w_q)
        return q if self.b_q is None else q + self.b_q[:, None, :]

    def position_scores(self, key: Array) -> Array | None:
        """The addition to the scores of keys `[n_head, n, d_k]` for their places: `[n_head, n, n]`."""
        if self.position_bias is None or self.key_offset_bias is None:
            return None
        return position_scores(key, self.position_bias, self.key_offset_bias)

    def by_offset(self, key: Array) -> Array | None:
        """The position scores by key and offset, before places are looked up: `[n_head, n_key, 2·reach + 1]`."""
        if self.position_bias is None or self.key_offset_bias is None:
            return None
        return by_offset(key, self.position_bias, self.key_offset_bias)


def project(x: Array, w: Array) -> Array:
    """Each head's view of the tokens: x `[..., n, d_model]` times w `[n_head, d_model, d]` is `[..., n_head, n, d]`."""
    if x.ndim == 2:
        projected: Array = x @ w
        return projected
    flat = x.reshape(-1, x.shape[-1]) @ w  # [n_head, rest, d]: one product a head
    return np.moveaxis(flat.reshape(len(w), *x.shape[:-1], w.shape[-1]), 0, -3)


def concatenate(context: Array, w_o: Array | None) -> Array:
    """The heads' contexts `[..., n_head, n, d_v]` side by side, `[..., n, n_head·d_v]`, mixed by w_o to d_model."""
    *lead, n_head, n, d_v = context.shape
    side_by_side: Array = context.swapaxes(-3, -2).reshape(*lead, n, n_head * d_v)  # [..., n, n_head·d_v]
    return side_by_side if w_o is None else side_by_side @ w_o


def identity_heads(n_head: int, d_model: int) -> Heads:
    """Heads without learning: head h takes dimensions h·d_k … (h+1)·d_k − 1, and w_o puts them back in their place.

    d_k = d_v = d_model // n_head; where that leaves dimensions over, no head sees them and the output has 0 there.

    Raises:
        UsageError: more heads than dimensions.
    """
    if not 1 <= n_head <= d_model:
        raise UsageError(f"{n_head} identity heads cannot share {d_model} dimensions", f"take 1 to {d_model} heads")
    d_k = d_model // n_head
    w = np.eye(d_model, n_head * d_k).reshape(d_model, n_head, d_k).swapaxes(0, 1)  # [n_head, d_model, d_k]
    parameters = {n: array for method in METHODS for n, array in method_of(method).identity(n_head, d_k).items()}
    return Heads(w, w, w, np.eye(n_head * d_k, d_model) if n_head > 1 else None, parameters)


def random_heads(n_head: int, d_model: int, seed: "int | np.random.Generator") -> Heads:
    """Untrained heads, d_k = d_v = max(1, d_model // n_head), that keep the length of a vector on average.

    w_q, w_k and w_v are drawn from N(0, 1/d_model); w_o, with several heads, from N(0, 1/(n_head·d_v)); then the
    parameters of all methods, in the order of METHODS.
    """
    rng = np.random.default_rng(seed)
    d_k = max(1, d_model // n_head)
    w_q, w_k, w_v = (_normal(rng, d_model, (n_head, d_model, d_k)) for _ in range(3))
    w_o = _normal(rng, n_head * d_k, (n_head * d_k, d_model)) if n_head > 1 else None
    parameters = {n: array for method in METHODS for n, array in method_of(method).random(n_head, d_k, rng).items()}
    return Heads(w_q, w_k, w_v, w_o, parameters)


def _normal(rng: "np.random.Generator", precision: float, shape: tuple[int, ...]) -> Array:
    """Numbers from N(0, 1/precision)."""
    numbers: Array = rng.standard_normal(shape) / precision**0.5
    return numbers
