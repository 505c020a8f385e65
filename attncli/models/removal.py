"""A forward pass without each of many heads in turn: copies of one text, each of which lacks one head.

A head changes nothing below its layer. So the unchanged hidden state in front of each layer is kept, and a copy begins
with that in front of its own head's layer. All copies go up together: each layer is read once for all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.models.changes import Changes, HeadName, take_away
from attncli.models.encoder_decoder import EncoderDecoder, Memory
from attncli.models.family import Family, ModelShape, PackedLayer, Tensors
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack, Run

#: Numbers of hidden states, and of scores of one layer, that copies have at once: 16 and 64 MB in float64.
STATES, SCORES = 2**21, 2**23
#: Takes the part and its layer with the copies in it, before the layer's output is asked for.
Take = Callable[[str, PackedLayer], None]
#: Takes the part, the number and the weights `[n_head, n_query, n_key]` of a layer of the unchanged pass.
See = Callable[[str, int, Array], None]
Check = Callable[[int, Array], None]
Ids = tuple[Sequence[int], Sequence[int] | None]  # of tokens, and of their segments


class Without(NamedTuple):
    """Heads, and the last layer's output without each of them: `[heads, n, d_model]`."""

    heads: tuple[HeadName, ...]
    output: Array


@dataclass(frozen=True, kw_only=True)
class Tower(ABC):
    """The blocks of an encoder or of a decoder on copies of one text.

    first `[n, d_model]`: the hidden state in front of the first block; hidden: the keys that queries are not shown.
    """

    shape: ModelShape
    ids: Ids
    hidden: Array | None
    first: Array

    @abstractmethod
    def run(self, number: int, x: Array, take: Take) -> Array:
        """Block `number` on the hidden states of copies `[b, n, d_model]`: `[b, n, d_model]`."""

    @property
    @abstractmethod
    def keys(self) -> int:
        """The largest number of keys that a query has."""

    @property
    def at_once(self) -> int:
        """The number of copies that STATES and SCORES allow, at least one."""
        n, d = self.first.shape
        by_states, by_scores = STATES // (n * d), SCORES // (self.shape.n_head * n * self.keys)
        return int(max(1, min(by_states, by_scores)))

    def pack(self, b: int) -> Pack:
        """The pack of b copies."""
        return copies(self.ids, b, self.hidden)


@dataclass(frozen=True, kw_only=True)
class EncoderTower(Tower):
    """The blocks of an encoder, or of a decoder that reads one text."""

    family: Family
    tensors: Tensors

    def run(self, number: int, x: Array, take: Take) -> Array:
        """Block `number` on the hidden states of copies `[b, n, d_model]`: `[b, n, d_model]`."""
        layer = self.family.layer(self.tensors, number, _flat(x), self.pack(len(x)))
        take("encoder", layer)
        return layer.output.reshape(x.shape)

    @property
    def keys(self) -> int:
        """The number of tokens."""
        return len(self.first)


@dataclass(frozen=True, kw_only=True)
class DecoderTower(Tower):
    """The blocks of a decoder that attends to an encoder's output: one for all copies, or one for each."""

    family: EncoderDecoder
    tensors: Tensors
    memory: Memory

    def run(self, number: int, x: Array, take: Take) -> Array:
        """Block `number` on the hidden states of copies `[b, n, d_model]`: `[b, n, d_model]`."""
        layer = self.family.decode(self.tensors, number, _flat(x), self.pack(len(x)), self.memory)
        take("decoder", layer.self_attention)
        take("cross", layer.cross)
        return layer.cross.output.reshape(x.shape)

    @property
    def keys(self) -> int:
        """Those of the target or of the source."""
        return max(len(self.first), *(run.n for run in self.memory.pack.runs))


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The unchanged pass through one tower or two, and from its hidden states the passes without a head.

    changes: those that every pass has. above: the tower of a decoder over the output `[b, n, d_model]` of an encoder's
    copies; None where there is no decoder. states: of each tower the hidden state in front of each block, and the last
    output, each `[n, d_model]`.
    """

    changes: Changes
    ablate: str
    towers: tuple[Tower, ...]
    states: tuple[list[Array], ...]
    above: Callable[[Array], Tower] | None = None
    check: Check = field(repr=False)

    @property
    def output(self) -> Array:
        """The last layer's output with all heads: `[n, d_model]`."""
        return self.states[-1][-1]

    def each(self, heads: Sequence[HeadName], done: Callable[[int], None] = lambda _: None) -> Iterator[Without]:
        """The last layer's output without each of the heads in turn, some of them at a time, the lowest layers first.

        done: called with the number of copies of each layer that was computed; `steps` is their sum.
        """
        for tower, group in groupby(sorted(heads, key=self._height), self._tower):
            rest = list(group)
            at_once = min(each.at_once for each in self.towers[tower:])
            for start in range(0, len(rest), at_once):
                some = tuple(rest[start : start + at_once])
                yield Without(some, self._without(tower, some, done))

    def steps(self, heads: Sequence[HeadName]) -> int:
        """The number of copies of layers that `each` computes."""
        rows = [tower.shape.n_layer for tower in self.towers]
        return sum(sum(rows[self._tower(head) :]) - head.layer for head in heads)

    def _without(self, at: int, heads: tuple[HeadName, ...], done: Callable[[int], None]) -> Array:
        output = self._up(self.towers[at], self.states[at], heads, done)  # [heads, n, d_model]
        if at == len(self.towers) - 1 or self.above is None:
            return output
        tower = self.above(output)
        x = np.repeat(tower.first[None], len(heads), axis=0)  # [heads, m, d_model]
        for number in range(tower.shape.n_layer):
            x = self._checked(tower, number, x, self._applied(number, ()))
            done(len(x))
        return x

    def _up(
        self, tower: Tower, states: Sequence[Array], heads: tuple[HeadName, ...], done: Callable[[int], None]
    ) -> Array:
        """The last output of a tower without each of its heads, which are in the order of its layers."""
        x = np.empty((0, *tower.first.shape), tower.first.dtype)  # [copies, n, d_model]
        for number in range(heads[0].layer, tower.shape.n_layer):
            own = [head for head in heads if head.layer == number]
            x = np.concatenate([x, np.repeat(states[number][None], len(own), axis=0)])
            x = self._checked(tower, number, x, self._applied(number, own))
            done(len(x))
        return x

    def _checked(self, tower: Tower, number: int, x: Array, take: Take) -> Array:
        with np.errstate(all="ignore"):  # layers are checked
            x = tower.run(number, x, take)
        self.check(number, x)
        return x

    def _applied(self, number: int, own: Sequence[HeadName]) -> Take:
        """The changes of every pass, and of the last copies those without a head of this layer."""

        def take(part: str, layer: PackedLayer) -> None:
            self.changes.apply(part, number, layer)
            ((*_, attention, _),) = layer.heads
            first = len(attention.context) - len(own)
            for copy, head in enumerate(own, start=first):
                if head.part == part:
                    take_away(attention.context[copy : copy + 1, head.head], self.ablate)

        return take

    def _tower(self, head: HeadName) -> int:
        return int(head.part != "encoder")

    def _height(self, head: HeadName) -> tuple[int, int]:
        return self._tower(head), head.layer


class Opened(NamedTuple):
    """A family with the arrays of a checkpoint, the dtype to compute in, and the check of each layer's output."""

    family: Family
    tensors: Tensors
    dtype: DTypeLike
    check: Check

    def removal(self, given: ModelInput, ablate: str, see: See) -> Removal:
        """The unchanged pass on an input under its changes, from which the passes without a head begin."""
        text, target, changes = given.text, given.target, given.changes
        encoder = self._encoder((text.ids, text.segments), given.hidden if given.part == "encoder" else None)
        below = self._states(encoder, changes, see)
        if target is None or not isinstance(self.family, EncoderDecoder):
            return Removal(changes=changes, ablate=ablate, towers=(encoder,), states=(below,), check=self.check)

        def above(output: Array) -> Tower:
            return self._decoder(given, (text.ids, None), (target.ids, None), output)

        decoder = above(below[-1][None])
        states = below, self._states(decoder, changes, see)
        return Removal(
            changes=changes, ablate=ablate, towers=(encoder, decoder), states=states, above=above, check=self.check
        )

    def _encoder(self, ids: Ids, hidden: Array | None) -> EncoderTower:
        x = self.family.embed(self.tensors, copies(ids, 1))
        return EncoderTower(
            shape=self.family.shape,
            ids=ids,
            hidden=hidden,
            first=x.astype(self.dtype, copy=False),
            family=self.family,
            tensors=self.tensors,
        )

    def _decoder(self, given: ModelInput, source: Ids, target: Ids, output: Array) -> DecoderTower:
        """The decoder over the encoder's last output `[b, n, d_model]`, of one copy or of as many as the target has."""
        family, tensors = self.family, self.tensors
        assert isinstance(family, EncoderDecoder)
        memory = family.memory(tensors, family.final(tensors, _flat(output)), copies(source, len(output)))
        x = family.embed_target(tensors, copies(target, 1))
        return DecoderTower(
            shape=family.decoder_shape,
            ids=target,
            hidden=given.hidden if given.part == "decoder" else None,
            first=x.astype(self.dtype, copy=False),
            family=family,
            tensors=tensors,
            memory=memory._replace(hidden=given.hidden if given.crosses else None),
        )

    def _states(self, tower: Tower, changes: Changes, see: See) -> list[Array]:
        """The unchanged hidden states `[n, d_model]`: in front of each block, and behind the last one."""
        states = [tower.first]
        for number in range(tower.shape.n_layer):
            states.append(self._next(tower, number, states[-1], changes, see))
            self.check(number, states[-1])
        return states

    def _next(self, tower: Tower, number: int, x: Array, changes: Changes, see: See) -> Array:
        def take(part: str, layer: PackedLayer) -> None:
            changes.apply(part, number, layer)
            see(part, number, layer.heads[0].attention.weights[0])

        with np.errstate(all="ignore"):  # layers are checked
            (output,) = tower.run(number, x[None], take)
        unchanged: Array = output  # [n, d_model]
        return unchanged


def copies(ids: Ids, b: int, hidden: Array | None = None) -> Pack:
    """The pack of b copies of one text."""
    tokens, segments = ids
    tiled = None if segments is None else np.tile(np.array(segments, np.intp), b)
    return Pack(np.tile(np.array(tokens, np.intp), b), (Run(0, b, len(tokens)),), tiled, hidden)


def _flat(x: Array) -> Array:
    """`[b·n, d_model]`."""
    flat: Array = x.reshape(-1, x.shape[-1])
    return flat
