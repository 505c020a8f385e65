"""A gated feed-forward whose gate is stored with what it gates, as one linear layer."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation
from attncli.models.blocks.layers import Dense, arrays_of, by_rows, linear
from attncli.models.family import Arrays, Tensors


class FusedGate(NamedTuple):
    """(f(g) ⊙ u) W_down, with g and u the halves of x W (Shazeer 2020, equation 6)."""

    gate_up: Dense
    down: Dense
    activation: Activation

    def arrays(self) -> Arrays:
        """Those of both linear layers."""
        return arrays_of((self.gate_up, self.down))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d_model]` to `[n, d_model]`."""
        gate_up, down = self.gate_up.weights(tensors), self.down.weights(tensors)

        def of(rows: Array) -> Array:
            both = linear(rows, *gate_up)  # [rows, 2·d_ff]
            gate, up = both[:, : self.down.d_in], both[:, self.down.d_in :]
            hidden = self.activation(gate)  # [rows, d_ff]
            hidden *= up
            return linear(hidden, *down)

        return by_rows(x, self.gate_up.d_out, of)
