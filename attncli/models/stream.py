"""The residual stream at a token: its hidden state as a sum of parts, each what one head or one layer has added.

A block adds to the hidden state that it takes what its heads give, each through its rows of w_o, and what its
feed-forward gives (Elhage et al. 2021, section "The residual stream"). A norm divides by the size of the whole hidden
state; with that size held fixed it is a linear map, of each part by itself (direct logit attribution).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array

EMBEDDING, FEED_FORWARD, BIASES, OUTPUT_BIAS = "embedding", "feed_forward", "biases", "output_bias"


class Part(NamedTuple):
    """The name of a part.

    kind: `embedding`, `feed_forward`, `biases` (of w_o and of norms), `output_bias`, or of a head the part of the model
    that it is of: `encoder` of models that have no parts, `decoder`, `cross`. layer: None before the first block and
    behind the last one; head: None of all but heads.
    """

    kind: str
    layer: int | None = None
    head: int | None = None


class Affine(NamedTuple):
    """A layer as it acts on one input: a linear map of rows `[n, d]`, then what it adds `[d]`; None: nothing."""

    linear: Callable[[Array], Array]
    bias: Array | None = None

    def then(self, other: "Affine") -> "Affine":
        """The other one on the rows that this one gives."""
        biases = [*(() if self.bias is None else (other.linear(self.bias[None])[0],))]
        biases += () if other.bias is None else (other.bias,)
        bias = sum(biases[1:], biases[0]) if biases else None
        return Affine(lambda rows: other.linear(self.linear(rows)), bias)


@dataclass(frozen=True, eq=False)
class Stream:
    """The parts `[n_part, d]` of a hidden state, in float64, and the name of each."""

    names: tuple[Part, ...]
    parts: Array

    @classmethod
    def of(cls, name: Part, row: Array) -> "Stream":
        """One part, `[d]` or `[1, d]`."""
        return cls((name,), row.reshape(1, -1).astype(np.float64))

    @property
    def total(self) -> Array:
        """The hidden state: `[1, d]`."""
        total: Array = self.parts.sum(axis=0, keepdims=True)
        return total

    def __add__(self, other: "Stream") -> "Stream":
        """The parts of both."""
        return Stream((*self.names, *other.names), np.concatenate([self.parts, other.parts]))

    def times(self, factor: float) -> "Stream":
        """Each part times the factor."""
        return self if factor == 1 else Stream(self.names, self.parts * factor)

    def through(self, layer: Affine, number: int | None = None) -> "Stream":
        """Each part behind a layer; what the layer adds is a part of its own, `biases` of block `number`."""
        mapped = Stream(self.names, layer.linear(self.parts))
        return mapped if layer.bias is None else mapped + Stream.of(Part(BIASES, number), layer.bias)


class Carry(Protocol):
    """How a block that adds to the hidden state carries the parts of it on."""

    def __call__(self, number: int, place: int, before: Stream | None, /) -> Stream:
        """The parts behind block `number` at a token of one text; before: those in front of it, None of the first."""
        ...


def not_carried(number: int, place: int, before: Stream | None, /) -> Stream:
    """Of a block that norms what it has added to: parts are not handed on as they are."""
    raise ValueError(f"block {number}: expected norms in front of what it adds, got norms of its sums")
