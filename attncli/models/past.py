"""The past of texts that a model reads on: what each layer keeps of their tokens, so that none is computed twice.

A token of a decoder sees those before it alone, whose keys and values are what they were (Shazeer 2019, section
2.4). Those of a source are the same for every token of its target.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array

ROOM = 64  # tokens that there is memory for, at least, behind those that are there


class OutgrownError(Exception):
    """A text is so long that its earlier tokens have other keys than they had before: they are to be read anew."""


class Heads(NamedTuple):
    """The keys `[b, n_kv_head, n, d_k]` and values `[b, n_kv_head, n, d_v]` of a layer, as queries meet them."""

    keys: Array
    values: Array


class Kept:
    """What one layer keeps: keys and values of the texts so far, and those of the source."""

    def __init__(self) -> None:
        self._room: Heads | None = None
        self._of_source: Heads | None = None

    def read_on(self, start: int, new: Heads, dtype: DTypeLike) -> Heads:
        """Those of all tokens, from those at the place `start` and behind, which are kept in the dtype.

        Where there are none before, they are what was given.
        """
        end = start + new.keys.shape[2]
        self._room = Heads(*(_with_room(old, each, end, dtype) for old, each in zip(self._held, new, strict=True)))
        for room, each in zip(self._room, new, strict=True):
            room[:, :, start:end] = each
        return Heads(*(room[:, :, :end] for room in self._room)) if start else new

    def of_source(self, compute: Callable[[], Heads]) -> Heads:
        """Those of the source, computed once."""
        if self._of_source is None:
            self._of_source = compute()
        return self._of_source

    @property
    def _held(self) -> tuple[Array | None, Array | None]:
        return (None, None) if self._room is None else self._room


@dataclass(frozen=True, eq=False)
class Past:
    """Texts of one length that have been read: their ids `[b, n]`, and what each layer keeps of them in the dtype.

    layer: the number of the one that reads on. What is kept may be of more tokens than those; only the first n count.
    """

    ids: Array
    dtype: DTypeLike = np.float32
    layer: int = 0
    _kept: defaultdict[int, Kept] = field(default_factory=lambda: defaultdict(Kept), repr=False)

    @classmethod
    def none(cls, dtype: DTypeLike = np.float32, b: int = 1) -> "Past":
        """That of b texts of which nothing has been read."""
        return cls(np.empty((b, 0), np.intp), dtype)

    @property
    def n(self) -> int:
        """How many tokens of each text have been read."""
        return int(self.ids.shape[1])

    @property
    def kept(self) -> Kept:
        """What the layer that reads on keeps."""
        return self._kept[self.layer]

    def read_on(self, keys: Array, values: Array) -> Heads:
        """The layer's keys and values of all tokens, from those `[b, n_kv_head, n, d]` behind the past."""
        return self.kept.read_on(self.n, Heads(keys, values), self.dtype)

    def of_layer(self, number: int) -> "Past":
        """The past for layer `number`."""
        return replace(self, layer=number)

    def after(self, ids: Array) -> "Past":
        """The past behind the tokens `[b, n]`, once every layer has read them."""
        return replace(self, ids=np.concatenate([self.ids, ids], axis=1))


def _with_room(old: Array | None, new: Array, end: int, dtype: DTypeLike) -> Array:
    """An array `[b, heads, room, d]` of at least `end` tokens with the numbers of the old one."""
    if old is not None and old.shape[2] >= end:
        return old
    b, heads, _, d = new.shape
    room = np.empty((b, heads, end + max(ROOM, end // 4), d), dtype)
    if old is not None:
        room[:, :, : old.shape[2]] = old
    return room
