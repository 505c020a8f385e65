"""What a family of models gives: its sizes, its embedding, its blocks one after another, its last hidden state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from attncli.arrays import Array
from attncli.attention.attend import Attention
from attncli.attention.score_terms import Scoring

Config = Mapping[str, Any]  # config.json
Arrays = Iterator[tuple[str, tuple[int | None, ...]]]  # names and shapes; None where the config does not say


class Tensors(Protocol):
    """The arrays of a checkpoint by name, each read and widened to float32 when it is asked for."""

    def __getitem__(self, name: str) -> Array:
        """The array `name` in float32; ResourceError if there is none."""
        ...

    def __contains__(self, name: object) -> bool: ...

    def rows(self, name: str, indices: Array) -> Array:
        """The rows of the array `name` at the indices `[n]` in float32; the others are neither read nor widened."""
        ...


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a model.

    positions: the longest input, special tokens included; causal: whether a token sees only what stands before it.
    """

    n_layer: int
    n_head: int
    n_kv_head: int
    d_model: int
    d_k: int
    positions: int
    causal: bool


class ModelLayer(NamedTuple):
    """One block, every step of it, in float32.

    queries `[n_head, n, d_k]` and keys `[n_kv_head, n, d_k]` as they meet (rotated where the model rotates them),
    values `[n_kv_head, n, d_v]` with their bias, w_o `[n_head·d_v, d_model]`, output `[n, d_model]`: the hidden state
    that the next block takes; scoring says how its heads score.
    """

    queries: Array
    keys: Array
    values: Array
    attention: Attention
    w_o: Array
    output: Array
    scoring: Scoring = Scoring()


class Family(Protocol):
    """One module a family satisfies this: it maps the names of a checkpoint's arrays, and lists its blocks' order.

    LAYERS: the key that counts its blocks; ALIASES: the names that a config may use instead of the family's own;
    TIED: the arrays that may stand for another where a checkpoint was saved without it and its config ties the two.
    """

    LAYERS: str
    ALIASES: Mapping[str, str]
    TIED: Mapping[str, tuple[str, ...]]

    def keys(self, config: Config) -> frozenset[str]:
        """The keys of a config that it honours, or that change nothing in this family."""
        ...

    def ties(self, config: Config) -> bool:
        """Whether the config says that the embedding and the output layer are one array."""
        ...

    def arrays(self, config: Config) -> Arrays:
        """Every array that it takes, block by block, with its shape by the config.

        Nothing is made for a block before it is asked for: the config is not believed yet.
        """
        ...

    def shape(self, config: Config) -> ModelShape:
        """Its sizes; ResourceError for a config that lacks one or asks for what is not supported."""
        ...

    def embed(self, config: Config, tensors: Tensors, ids: Array) -> Array:
        """Token ids `[n]` as the first hidden state `[n, d_model]`."""
        ...

    def layer(self, config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
        """Block `number` (from 0) on the hidden state x `[n, d_model]`."""
        ...

    def final(self, config: Config, tensors: Tensors, x: Array) -> Array:
        """The last hidden state as the model gives it, after its last norm if it has one: `[n, d_model]`."""
        ...
