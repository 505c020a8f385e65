"""A feed-forward of experts: a router gives every token the few that compute it (Shazeer et al. 2017, section 2).

Only the weights of experts that some token of the pack was given are read and widened, one expert at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError
from attncli.models.blocks.activations import Activation
from attncli.models.blocks.layers import Dense, arrays_of, by_rows, linear, take
from attncli.models.checkpoint.config import Config
from attncli.models.family import Arrays, Layer, Tensors

STACKED = ".experts.gate_up_proj"  # how the name of an array ends that holds all experts of a block


class Routing(NamedTuple):
    """experts: how many; chosen: of them for a token; d_ff: of each; normalised: whether those shares sum to 1."""

    experts: int
    chosen: int
    d_ff: int
    normalised: bool


def read_routing(config: Config, count: tuple[str, int], chosen: int, d_ff: int, normalised: bool) -> Routing:
    """The routing by a config; count: the key of the number of experts, with its default; chosen: a default.

    Raises:
        ResourceError: more experts for a token than there are.
    """
    experts, each = config.size(*count), config.size("num_experts_per_tok", chosen)
    if each > experts:
        raise config.error("num_experts_per_tok", f"up to {experts:,} experts")
    return Routing(experts, each, d_ff, normalised)


@dataclass(frozen=True)
class Experts:
    """Σ share · expert(x) over the experts with the largest shares of a softmax (Fedus et al. 2022, equations 1 and 2).

    An expert is a gated feed-forward. stacked: whether the weights of all are one array, and gate and up another, as
    transformers 5 has them, or each its own.
    """

    name: str
    d: int
    routing: Routing
    activation: Activation
    stacked: bool = False

    def arrays(self) -> Arrays:
        """Those of the router and of every expert."""
        count, d, d_ff = self.routing.experts, self.d, self.routing.d_ff
        yield f"{self.name}.gate.weight", (count, d)
        if self.stacked:
            yield f"{self.name}{STACKED}", (count, 2 * d_ff, d)
            yield f"{self.name}.experts.down_proj", (count, d, d_ff)
            return
        for expert in range(count):
            yield from arrays_of(self._parts(expert))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d]` to `[n, d]`."""
        chosen, shares = self.route(tensors, x)
        mixed = np.zeros_like(x)
        for expert in np.unique(chosen):
            rows, place = np.nonzero(chosen == expert)  # the tokens that it computes
            mixed[rows] += self._computed(tensors, int(expert), x[rows]) * shares[rows, place, None]
        return mixed

    def route(self, tensors: Tensors, x: Array) -> tuple[Array, Array]:
        """The numbers of each token's experts, the one with the largest share first, and the shares: both `[n, k]`."""
        logits = linear(x, take(tensors, f"{self.name}.gate.weight", self.routing.experts, self.d))  # [n, experts]
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        chosen = np.argsort(-shares, axis=-1, kind="stable")[:, : self.routing.chosen]  # [n, k]
        kept = np.take_along_axis(shares, chosen, axis=-1)
        return chosen, kept / kept.sum(axis=-1, keepdims=True) if self.routing.normalised else kept

    def _computed(self, tensors: Tensors, expert: int, x: Array) -> Array:
        """The expert's output on x `[rows, d]`."""
        gate, up, down = self._weights(tensors, expert)

        def of(rows: Array) -> Array:
            hidden = linear(rows, gate)  # [rows, d_ff]
            self.activation(hidden, out=hidden)
            hidden *= linear(rows, up)
            return linear(hidden, down)

        return by_rows(x, self.routing.d_ff, of)

    def _weights(self, tensors: Tensors, expert: int) -> Iterator[Array]:
        """Gate and up `[d_ff, d]` and down `[d, d_ff]` of an expert."""
        d, d_ff = self.d, self.routing.d_ff
        if not self.stacked:
            return (dense.weights(tensors)[0] for dense in self._parts(expert))
        both = _of_stack(tensors, f"{self.name}{STACKED}", expert, (2 * d_ff, d))
        down = _of_stack(tensors, f"{self.name}.experts.down_proj", expert, (d, d_ff))
        return iter((both[:d_ff], both[d_ff:], down))

    def _parts(self, expert: int) -> tuple[Dense, Dense, Dense]:
        name, d, d_ff = f"{self.name}.experts.{expert}", self.d, self.routing.d_ff
        sizes = (("gate", d, d_ff), ("up", d, d_ff), ("down", d_ff, d))
        gate, up, down = (Dense(f"{name}.{part}_proj", d_in, d_out, biased=False) for part, d_in, d_out in sizes)
        return gate, up, down


@dataclass(frozen=True)
class WithShared:
    """Experts beside one that computes every token, times σ(x·g) (Dai et al. 2024, section 3.2; Yang et al. 2024)."""

    experts: Experts
    shared: Layer
    gate: Dense

    def arrays(self) -> Arrays:
        """Those of all three."""
        return arrays_of((self.experts, self.shared, self.gate))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d]` to `[n, d]`."""
        opened = 1 / (1 + np.exp(-self.gate(tensors, x)))  # [n, 1]
        return self.experts(tensors, x) + opened * self.shared(tensors, x)


def _of_stack(tensors: Tensors, name: str, expert: int, shape: tuple[int, int]) -> Array:
    """The weights of one expert in an array of all; no other is read."""
    (found,) = tensors.rows(name, np.array([expert]))
    if found.shape != shape:
        raise ResourceError(f"{name}: expected {list(shape)} an expert by config.json, got {list(found.shape)}")
    weights: Array = found
    return weights
