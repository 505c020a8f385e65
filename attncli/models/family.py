"""A family of models: how its checkpoints name arrays, how it reads config.json, and its steps from ids to output.

A family is one file of `families/`: a frozen dataclass that derives from `Family`, made of the layers of `blocks/`, and
one row in `families/__init__.py`. Warnings about keys and arrays, checks of shapes and sizes are derived from it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention
from attncli.attention.score_terms import Scoring
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.pack import Pack
from attncli.models.stream import Affine, Carry, not_carried

Arrays = Iterator[tuple[str, tuple[int | None, ...]]]  # names and shapes; None where the config does not say


class Tensors(Protocol):
    """The arrays of a checkpoint by name, each read and widened to float32 when it is asked for."""

    def __getitem__(self, name: str) -> Array:
        """The array `name` in float32; ResourceError if it is missing."""
        ...

    def __contains__(self, name: object) -> bool:
        """Whether there is an array of this name."""
        ...

    def rows(self, name: str, indices: Array) -> Array:
        """The rows of the array `name` at the indices `[n]` in float32; the others are neither read nor widened."""
        ...


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a model.

    positions: the longest input, special tokens included; causal: whether a token sees only the tokens before it.
    """

    n_layer: int
    n_head: int
    n_kv_head: int
    d_model: int
    d_k: int
    positions: int
    causal: bool


class ModelLayer(NamedTuple):
    """Every step of one block on one text.

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


class RunHeads(NamedTuple):
    """The heads of a block on a run of texts: the arrays of `ModelLayer`, each with a first axis b, one a text.

    added: what the scores have beside q·k where it depends on the text, `[b, n_head, n, n]`.
    """

    queries: Array
    keys: Array
    values: Array
    attention: Attention
    added: Array | None = None


@dataclass(frozen=True, eq=False)
class PackedLayer:
    """Every step of one block on a pack: its heads on each run, and how they score.

    mixing: the weights and bias of w_o; finish: the rest of the block. Both are computed when they are asked for, since
    behind the last layer that is wanted no one asks. carry: how the block carries the parts of the hidden state on.
    """

    heads: tuple[RunHeads, ...]
    scoring: Scoring
    mixing: Callable[[], tuple[Array, Array | None]]
    finish: Callable[[], Array]
    carry: Carry = not_carried

    @cached_property
    def w_o(self) -> Array:
        """The matrix that mixes the heads: `[n_head·d_v, d_model]`."""
        return self.mixing()[0].T

    @cached_property
    def output(self) -> Array:
        """The hidden state that the next block takes: `[tokens, d_model]`."""
        return self.finish()

    @property
    def single(self) -> ModelLayer:
        """The layer of a pack of one text; ValueError for one of more texts."""
        ((*vectors, attention, added),) = self.heads
        (queries,), (keys,), (values,), (scores,), (weights,), (context,) = *vectors, *attention
        scoring = self.scoring if added is None else replace(self.scoring, added=added[0])
        return ModelLayer(queries, keys, values, Attention(scores, weights, context), self.w_o, self.output, scoring)


class Learned(Protocol):
    """A part of a model with learned arrays, which it takes from the checkpoint at each call and keeps nowhere."""

    def arrays(self) -> Arrays:
        """The names of its arrays with their shapes by config.json."""
        ...


class Layer(Learned, Protocol):
    """A layer of a block."""

    def __call__(self, tensors: Tensors, x: Array, /) -> Array:
        """Its output on x `[n, d]`."""
        ...


class Norm(Layer, Protocol):
    """A layer that is affine once the sizes that it divides by are held fixed: a norm, a linear layer, both."""

    def frozen(self, tensors: Tensors, x: Array, /) -> Affine:
        """The layer as it acts on x `[1, d]`."""
        ...


class Block(Learned, Protocol):
    """One block: self-attention and feed-forward with their norms and sums."""

    def __call__(self, tensors: Tensors, x: Array, pack: Pack, /) -> PackedLayer:
        """Every step on the hidden state x `[tokens, d_model]` of a pack."""
        ...


class Embedding(Learned, Protocol):
    """From token ids to the first hidden state."""

    def __call__(self, tensors: Tensors, ids: Array, positions: Array, segments: Array | None = None, /) -> Array:
        """Token ids, their positions, and their segments (None: all 0), each `[tokens]`, as `[tokens, d_model]`."""
        ...


class OutputLayer(NamedTuple):
    """The names of the output layer, which turns the last hidden state into scores of tokens.

    embedding: the array that it shares where config.json ties the two; weights: its own array `[vocabulary, d_model]`,
    by the first of these names that a checkpoint has; biases: the names of its bias `[vocabulary]`, if it has one;
    tied: whether it is tied where config.json does not say; bias_needed: whether there is no output layer without that
    bias; else a missing one is 0.
    """

    embedding: str
    weights: tuple[str, ...]
    biases: tuple[str, ...] = ()
    tied: bool = True
    bias_needed: bool = True


class Prediction(NamedTuple):
    """How the scores of tokens are made of the last hidden state x: softcap(transform(x)·scale · Wᵀ + b).

    transform: the layers in front of the output layer of masked models; scale: of what the output layer takes; softcap:
    c of c·tanh(s/c), None without; biases, embedding: the names of the bias b, and of W where it is the embedding, if
    they are not those of the family.
    """

    transform: Layer | None = None
    scale: float = 1.0
    softcap: float | None = None
    biases: tuple[str, ...] | None = None
    embedding: str | None = None


class Classifier(NamedTuple):
    """How the scores of labels are made of a text's hidden states, behind the last norm: out(hidden(pooled)).

    out: the name of the linear layer to the labels, without a bias where it is not biased; hidden: the layers in front
    of it; pooled: the state that is taken, of the `first` token, of the `last` one, or the `mean` over all.
    """

    out: str
    hidden: Layer | None = None
    pooled: str = "first"
    biased: bool = True


PLAIN = Prediction()
SCORE = Classifier("score", pooled="last", biased=False)  # of every decoder in transformers


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """The layers of one model of the family, with the numbers of its config.json, which is read once.

    names: how its checkpoints call their arrays; aliases: other families' names of a key → its own; output: the names
    of the output layer; tokenizers: model_type → the tokenizer class of transformers for folders that name none.
    typical: keys of a config without which there is no model of the family at all.
    tied: whether the output layer is the embedding; last: the norm behind the last block; prediction: from there to the
    scores of tokens; classifier: from there to those of labels, in checkpoints with such a head.
    """

    names: ClassVar[Names]
    output: ClassVar[OutputLayer]
    aliases: ClassVar[Mapping[str, str]] = MappingProxyType({})
    tokenizers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    typical: ClassVar[Mapping[str, object]] = MappingProxyType({})

    shape: ModelShape
    tied: bool
    embedding: Embedding
    last: Norm | None = None
    prediction: Prediction = PLAIN
    classifier: Classifier = SCORE

    @classmethod
    @abstractmethod
    def read(cls, config: Config) -> Self:
        """The family with the numbers of a config; each key that it reads counts as honoured.

        Nothing is made for each block: how many there are is not checked yet.

        Raises:
            ResourceError: the config lacks a size, or asks for a computation that is not supported.
        """

    def stored(self, names: Iterable[str]) -> "Family":
        """The family for a checkpoint with arrays of these bare names, where one may be stored in several ways."""
        return self

    def tokenizer_class(self, model_type: str) -> str | None:
        """The tokenizer class of transformers for a folder of that type that names none."""
        return self.tokenizers.get(model_type)

    @abstractmethod
    def block(self, number: int) -> Block:
        """Block `number`, from 0."""

    @property
    def stored_blocks(self) -> int:
        """How many blocks its files number: as many as it has, unless some of them share their arrays."""
        return self.shape.n_layer

    def arrays(self) -> Arrays:
        """Every array that the model takes with its shape, block by block."""
        yield from self.embedding.arrays()
        for number in range(self.shape.n_layer):
            yield from self.block(number).arrays()
        if self.last is not None:
            yield from self.last.arrays()

    def embed(self, tensors: Tensors, pack: Pack) -> Array:
        """The first hidden state of a pack: `[tokens, d_model]`."""
        return self.embedding(tensors, pack.ids, pack.counted(self.positions), pack.segments)

    def positions(self, ids: Array) -> Array:
        """The position of each token of texts `[b, n]`, of which each begins anew: `[b, n]`."""
        return np.broadcast_to(np.arange(ids.shape[-1]), ids.shape)

    def layer(self, tensors: Tensors, number: int, x: Array, pack: Pack) -> PackedLayer:
        """Block `number` on the hidden state x `[tokens, d_model]` of a pack."""
        return self.block(number)(tensors, x, pack)

    def final(self, tensors: Tensors, x: Array) -> Array:
        """The last hidden state as the model gives it, after the norm behind its last block: `[tokens, d_model]`."""
        return x if self.last is None else self.last(tensors, x)

    def read_out(self, tensors: Tensors, x: Array) -> Array:
        """What the output layer takes, from the output of a block that predicts tokens: `[tokens, d_model]`."""
        return x if self.read_out_norm is None else self.read_out_norm(tensors, x)

    @property
    def read_out_norm(self) -> Norm | None:
        """The norm in front of the output layer."""
        return self.last
