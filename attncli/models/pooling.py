"""Pooling: from the output of a model for each token to one vector a text, as sentence-transformers makes it.

Reimers & Gurevych 2019, section 3, and the modules of sentence-transformers. Where each step is linear, the vector of a
text is a sum of shares, one a token, and the similarity of two texts is a sum over pairs of tokens.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError

MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
#: The modes that are sums over tokens → the weights of tokens by their number from 1, before any division.
LINEAR = ("mean", "mean_sqrt_len_tokens", "weightedmean")
FUNCTIONS = ("cosine", "dot", "euclidean", "manhattan")
BILINEAR = ("cosine", "dot")  # sums over pairs of tokens
SMALLEST = 1e-12  # of what a vector is divided by, as in PyTorch
JOIN = "+"

Activation = Callable[[Array], Array]


class Dense(NamedTuple):
    """A linear layer behind pooling, with an activation (None: the identity).

    weight `[d_out, d_in]`; bias `[d_out]`; adds: whether its input is added to its output, through `residual`
    `[d_out, d_in]` where the two have different sizes.
    """

    weight: Array
    bias: Array | None = None
    activation: Activation | None = None
    adds: bool = False
    residual: Array | None = None

    @property
    def linear(self) -> bool:
        """Whether its output on a sum is the sum of its outputs, with the bias in shares."""
        return self.activation is None

    def __call__(self, x: Array) -> Array:
        """From x `[d_in]` to `[d_out]`."""
        y = x @ self.weight.T
        y = y if self.bias is None else y + self.bias
        y = y if self.activation is None else self.activation(y)
        return y + self._past(x) if self.adds else y

    def shared(self, shares: Array, portions: Array) -> Array:
        """From shares `[n, d_in]` to `[n, d_out]`, of a linear one; portions `[n]`: of the bias, adding up to 1."""
        y = shares @ self.weight.T
        y = y if self.bias is None else y + portions[:, None] * self.bias
        return y + self._past(shares) if self.adds else y

    def _past(self, x: Array) -> Array:
        return x if self.residual is None else x @ self.residual.T


class LayerNorm(NamedTuple):
    """A layer norm behind pooling (Ba et al. 2016, equation 3), with gain and bias `[d]`."""

    gain: Array
    bias: Array
    eps: float = 1e-5

    @property
    def linear(self) -> bool:
        """It is not: it divides by the spread of the whole vector."""
        return False

    def __call__(self, x: Array) -> Array:
        """From x `[d]` to `[d]`."""
        scaled: Array = (x - x.mean()) / np.sqrt(x.var() + self.eps) * self.gain + self.bias
        return scaled


@dataclass(frozen=True, eq=False)
class Pooling:
    """The steps from the last hidden state of a text to its vector, the similarity of two, and the texts that it takes.

    mode: one of `MODES`, or several with + between them, whose vectors are joined; dense: the layers behind it;
    normalize: whether the vector is divided by its length; truncate_dim: how many of its numbers are kept in the end;
    similarity: one of `FUNCTIONS`.

    prompts: texts that can be put in front, by name; default_prompt: the name of the one that is; include_prompt:
    whether its tokens are pooled. max_tokens: as many of a text are read, special ones included; lower_case: whether
    texts are read in lower case.

    said: a remark where the folder says nothing; warnings: about settings that are not honoured.
    """

    mode: str = "mean"
    dense: tuple[Dense | LayerNorm, ...] = ()
    normalize: bool = False
    similarity: str = "cosine"
    prompts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    default_prompt: str | None = None
    include_prompt: bool = True
    said: str | None = None
    truncate_dim: int | None = None
    max_tokens: int | None = None
    lower_case: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes whose vectors are joined."""
        return tuple(self.mode.split(JOIN))

    @property
    def name(self) -> str:
        """How a title calls it: its mode, and the layers behind it that are not linear."""
        layers = ["layer norm" if isinstance(each, LayerNorm) else "dense" for each in self.dense if not each.linear]
        return ", ".join([self.mode, *layers])

    @property
    def summed(self) -> bool:
        """Whether the vector of a text is the sum of `shares`: each mode and each layer is linear."""
        return all(mode in LINEAR for mode in self.modes) and all(layer.linear for layer in self.dense)

    @property
    def exact(self) -> bool:
        """Whether the similarity of two texts is the sum of `contributions`."""
        return self.summed and self.similarity in BILINEAR

    def pooled(self, output: Array, attended: Array | None = None) -> Array:
        """The vector `[d']` of a text in float64, from its last hidden state `[n, d]`.

        attended: which tokens are pooled, boolean `[n]`; None: all. Without any the vector is 0.

        Raises:
            ResourceError: the layers give no finite numbers.
        """
        seen = _seen(output, attended)
        with np.errstate(all="ignore"):  # it is checked
            x = np.concatenate([_pool(mode, output.astype(np.float64), seen) for mode in self.modes])  # [modes·d]
            for layer in self.dense:
                x = layer(x)
            return self._kept(x / _size(x) if self.normalize else x)

    def shares(self, output: Array, attended: Array | None = None) -> Array:
        """What each token adds to `pooled`: `[n, d']` in float64, whose sum over tokens it is.

        The bias of a dense layer is added in equal shares to the tokens that are pooled. `Normalize` divides every
        share by the length of their sum.

        Raises:
            ValueError: the vector is no such sum (`summed`).
            ResourceError: as `pooled`.
        """
        if not self.summed:
            raise ValueError(f"the vector of {self.name} is no sum over tokens")
        seen = _seen(output, attended)
        with np.errstate(all="ignore"):  # it is checked
            parts = [token_weights(mode, seen)[:, None] * output.astype(np.float64) for mode in self.modes]
            shares = np.concatenate(parts, axis=1)  # [n, modes·d]
            for layer in self.dense:
                shares = layer.shared(shares, token_weights("mean", seen))  # type: ignore[union-attr]
            return self._kept(shares / _size(shares.sum(axis=0)) if self.normalize else shares)

    def value(self, first: Array, second: Array) -> float:
        """The similarity of two vectors `[d']` in float64, as `contributions` adds up to it where it is exact.

        The distances, `euclidean` and `manhattan`, have a minus sign, as in sentence-transformers.
        """
        return float(self.values(first, second[None])[0])

    def values(self, first: Array, others: Array) -> Array:
        """The similarity of a vector `[d']` and each of others `[k, d']`: `[k]` in float64."""
        x, y = first.astype(np.float64), others.astype(np.float64)
        if self.similarity in ("euclidean", "manhattan"):
            distances: Array = np.linalg.norm(x - y, ord=2 if self.similarity == "euclidean" else 1, axis=1)
            return -distances
        if self.similarity == "cosine":
            x, y = x / _size(x), y / np.maximum(np.linalg.norm(y, axis=1, keepdims=True), SMALLEST)
        products: Array = (x * y).sum(axis=1)  # of equal vectors to the last bit, as a product of matrices is not
        return products

    def contributions(self, first: Array, second: Array) -> Array:
        """What each pair of tokens adds to the similarity, signed: `[n, m]` in float64, of shares `[n, d']`, `[m, d']`.

        With p the sum of the shares u and q that of v: u_i·v_j of `dot`, u_i·v_j / (|p| |q|) of `cosine`, 0 where p or
        q is 0.

        Raises:
            ValueError: the similarity is no such sum (`exact`).
        """
        if self.similarity not in BILINEAR:
            raise ValueError(f"{self.similarity} is no sum over pairs of tokens")
        if self.similarity == "cosine":
            sums = [each.sum(axis=0) for each in (first, second)]
            if not all(map(np.any, sums)):  # the similarity is 0
                return np.zeros((len(first), len(second)))
            first, second = (each / _size(total) for each, total in zip((first, second), sums, strict=True))
        products: Array = first @ second.T
        return products

    def _kept(self, x: Array) -> Array:
        """The first numbers of the last axis, as many as are kept; ResourceError where one of them is not finite."""
        if not np.isfinite(x).all():
            raise ResourceError("the layers behind pooling give a NaN or an infinity: a file of them is damaged")
        return x[..., : self.truncate_dim]


def token_weights(mode: str, attended: Array) -> Array:
    """The weight of each token of a linear mode, `[n]` in float64; 0 of one that is not attended.

    `mean` 1/n, `mean_sqrt_len_tokens` 1/√n, of `weightedmean` the number of the token from 1 over their sum
    (Muennighoff 2022, equation 2): a prompt that is left out is counted.
    """
    weights = attended.astype(np.float64)
    if mode == "weightedmean":
        weights *= np.arange(1, len(weights) + 1)
    total = max(weights.sum(), SMALLEST)
    return weights / (math.sqrt(total) if mode == "mean_sqrt_len_tokens" else total)


def _pool(mode: str, output: Array, attended: Array) -> Array:
    """The vector `[d]` of one mode, from outputs `[n, d]`."""
    if mode in LINEAR:
        weighted: Array = token_weights(mode, attended) @ output
        return weighted
    seen = output[attended] if attended.any() else np.zeros_like(output[:1])
    found: Array = seen.max(axis=0) if mode == "max" else seen[0 if mode == "cls" else -1]
    return found


def _seen(output: Array, attended: Array | None) -> Array:
    return np.ones(len(output), np.bool_) if attended is None else attended


def _size(x: Array) -> float:
    """What a vector is divided by to have length 1."""
    return max(float(np.linalg.norm(x)), SMALLEST)
