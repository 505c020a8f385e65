"""The projections of a block to queries, keys and values, by the order in which a family's checkpoints have them."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.models.blocks.layers import Dense, arrays_of, take
from attncli.models.family import Arrays, Tensors


def split_heads(x: Array, n_head: int) -> Array:
    """`[tokens, n_head·d]` as `[tokens, n_head, d]`: d columns a head (Vaswani et al. 2017, section 3.2.2)."""
    return x.reshape(len(x), n_head, -1)


class Separate(NamedTuple):
    """Queries, keys and values of a linear layer each; n_kv_head heads of keys and values."""

    query: Dense
    key: Dense
    value: Dense
    n_head: int
    n_kv_head: int

    def arrays(self) -> Arrays:
        """Those of the three linear layers."""
        return arrays_of((self.query, self.key, self.value))

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries `[tokens, n_head, d_k]`, keys and values `[tokens, n_kv_head, d_k]` of x `[tokens, d_model]`."""
        q = split_heads(self.query(tensors, x), self.n_head)
        k, v = (split_heads(each(tensors, x), self.n_kv_head) for each in (self.key, self.value))
        return q, k, v


class Fused(NamedTuple):
    """Queries, keys and values of one linear layer, which gives all queries, then all keys, then all values."""

    all: Dense
    n_head: int
    n_kv_head: int

    def arrays(self) -> Arrays:
        """Those of the linear layer."""
        return self.all.arrays()

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries `[tokens, n_head, d_k]`, keys and values `[tokens, n_kv_head, d_k]` of x `[tokens, d_model]`."""
        heads = split_heads(self.all(tensors, x), self.n_head + 2 * self.n_kv_head)
        keys = self.n_head + self.n_kv_head
        return heads[:, : self.n_head], heads[:, self.n_head : keys], heads[:, keys:]


class Grouped(NamedTuple):
    """Queries, keys and values of one linear layer, which gives for each key head its queries, its key, its value."""

    all: Dense
    n_head: int
    n_kv_head: int

    def arrays(self) -> Arrays:
        """Those of the linear layer."""
        return self.all.arrays()

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries `[tokens, n_head, d_k]`, keys and values `[tokens, n_kv_head, d_k]` of x `[tokens, d_model]`."""
        group = self.n_head // self.n_kv_head
        heads = split_heads(self.all(tensors, x), self.n_kv_head * (group + 2))
        groups = heads.reshape(len(x), self.n_kv_head, group + 2, -1)
        return groups[:, :, :group].reshape(len(x), self.n_head, -1), groups[:, :, group], groups[:, :, group + 1]


class BiasedGroups(NamedTuple):
    """The projections of groups without bias, then a bias of the queries and one of the values, arrays of their own."""

    groups: Grouped
    query_bias: str
    value_bias: str

    def arrays(self) -> Arrays:
        """Those of the linear layer, and both biases."""
        yield from self.groups.arrays()
        yield from ((name, (self._width,)) for name in (self.query_bias, self.value_bias))

    def __call__(self, tensors: Tensors, x: Array) -> tuple[Array, Array, Array]:
        """The queries `[tokens, n_head, d_k]`, keys and values `[tokens, n_head, d_k]` of x `[tokens, d_model]`."""
        q, k, v = self.groups(tensors, x)
        of_q, of_v = (take(tensors, name, self._width) for name in (self.query_bias, self.value_bias))
        return q + of_q.reshape(q.shape[1:]), k, v + of_v.reshape(v.shape[1:])

    @property
    def _width(self) -> int:
        return self.groups.all.d_out // 3


Projections = Separate | Fused | Grouped | BiasedGroups
