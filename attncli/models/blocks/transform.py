"""The layers between the last hidden state of an encoder and its output layer, or the one to its labels."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation
from attncli.models.blocks.layers import Dense, LayerNorm, arrays_of
from attncli.models.family import Arrays, Tensors


class Transform(NamedTuple):
    """norm(f(x w + b)) (Devlin et al. 2019, their code: `get_masked_lm_output`); of classifiers most have no norm."""

    dense: Dense
    activation: Activation
    norm: LayerNorm | None = None

    def arrays(self) -> Arrays:
        """Those of the linear layer and of the norm."""
        return arrays_of((self.dense, self.norm))

    def __call__(self, tensors: Tensors, x: Array) -> Array:
        """From x `[n, d_model]` to `[n, d]`, where d is the width of the embedding."""
        hidden = self.dense(tensors, x)  # [n, d]
        self.activation(hidden, out=hidden)
        return hidden if self.norm is None else self.norm(tensors, hidden)
