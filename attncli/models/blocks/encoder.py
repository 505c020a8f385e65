"""The block that BERT and its kin share, whatever its arrays are called: Vaswani et al. 2017, section 3.1."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.models.blocks.activations import Activation
from attncli.models.blocks.layers import (
    dense,
    dense_arrays,
    feed_forward,
    join_heads,
    linear,
    normed,
    norms,
    split_heads,
)
from attncli.models.family import Arrays, ModelLayer, Tensors


class Names(NamedTuple):
    """What a family calls the arrays of a block."""

    query: str
    key: str
    value: str
    mixing: str
    attention_norm: str
    inner: str
    outer: str
    output_norm: str

    def of(self, block: str) -> "Names":
        """The names within one block."""
        return Names(*(f"{block}.{name}" for name in self))

    def arrays(self, d_model: int, d_ff: int) -> Arrays:
        """The arrays of these names with their shapes."""
        square = dict.fromkeys((self.query, self.key, self.value, self.mixing), (d_model, d_model))
        yield from dense_arrays(square | {self.inner: (d_model, d_ff), self.outer: (d_ff, d_model)})
        yield from norms(d_model, self.attention_norm, self.output_norm)


def encoder_block(
    tensors: Tensors, names: Names, x: Array, n_head: int, d_ff: int, eps: float, activation: Activation
) -> ModelLayer:
    """One block on x `[n, d_model]`: a = LayerNorm(x + Attention(x)); output = LayerNorm(a + FeedForward(a))."""
    d_model = x.shape[-1]
    q, k, v = (  # [n_head, n, d_k]
        split_heads(linear(x, *dense(tensors, name, d_model, d_model)), n_head) for name in names[:3]
    )
    attention = attend(q, k, v)
    w_o, b_o = dense(tensors, names.mixing, d_model, d_model)
    a = linear(join_heads(attention.context), w_o, b_o)  # [n, d_model]
    a = normed(tensors, names.attention_norm, a + x, eps)
    inner, outer = dense(tensors, names.inner, d_model, d_ff), dense(tensors, names.outer, d_ff, d_model)
    output = a + feed_forward(a, inner, outer, activation)
    return ModelLayer(q, k, v, attention, w_o.T, normed(tensors, names.output_norm, output, eps))
