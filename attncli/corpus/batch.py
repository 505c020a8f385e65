"""The attention of some sentences of one length, of which every table of a corpus is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attncli.arrays import Array
from attncli.attention.streamed import TIES, Streamed


@dataclass(frozen=True, eq=False)
class Batch:
    """`b` sentences of `n` words under `n_layer` layers of `n_head` heads, however their attention was computed.

    texts: which of the texts that were read together `[b]`. rows: their words by number `[b, n]`, which are the
    queries, and the keys too unless key_rows `[b, n_key]` has those of another text.
    top: how many of the strongest keys of a word are its context.
    weights `[n_layer, b, n_head, n, n_key]`; seen: which keys a query may see, a layer each, boolean `[b, n, n_key]` or
    `[n, n_key]`; of one text that is too long for them `streamed` has their sums, a layer each, and weights are None.
    special `[n_key]`: tokens that a model adds. trained_on: of trained heads the words' vectors `[b, n, d]`, by which
    they are named as `attn explain` names them.
    """

    texts: Array
    rows: Array
    top: int
    weights: Array | None = None
    seen: Sequence[Array] = ()
    streamed: Sequence[Streamed] = ()
    special: Array | None = None
    trained_on: Array | None = None
    key_rows: Array | None = None

    @property
    def keys(self) -> Array:
        """The words that are attended to, by number `[b, n_key]`."""
        return self.rows if self.key_rows is None else self.key_rows

    @property
    def crosses(self) -> bool:
        """Whether the keys are of another text than the queries."""
        return self.key_rows is not None

    @cached_property
    def visible(self) -> Array:
        """Which keys a query may see, boolean `[n_layer, b, n_head, n, n_key]`."""
        shape = () if self.weights is None else self.weights.shape[1:]
        return np.stack([np.broadcast_to(each[..., None, :, :], shape) for each in self.seen])

    @cached_property
    def strongest(self) -> tuple[Array, Array]:
        """The strongest keys of each word by the last layer's mean, −1 where there are fewer, and their weights.

        Both are `[b, n, ≤ top]`; the word itself is left out, which is no key of another text.
        """
        if self.weights is None:
            return self.streamed[-1].keys[None], self.streamed[-1].weights[None]
        last = self.weights[-1]  # [b, n_head, n, n_key]
        mean = last.mean(axis=1) if last.shape[1] > 1 else last[:, 0]
        return strongest_keys(mean, self.top, itself=self.crosses)


def strongest_keys(mean: Array, top: int, *, itself: bool = False) -> tuple[Array, Array]:
    """The `top` strongest keys of mean `[b, n, n_key]`, and their weights: both `[b, n, ≤ top]`.

    itself: whether the key at the place of a word counts as the others do; else it is the word itself, and left out.
    Of equal weights the first come first; weights that differ by rounding alone are equal. Sorted are whole numbers, a
    weight's first bits before its place: six times as fast as weights and places apart.
    """
    n = mean.shape[-1]
    mean = mean.astype(np.float32)  # a copy
    if not itself:
        mean[:, np.arange(n), np.arange(n)] = 0
    packed = (mean.view(np.uint32) + _HALF >> _LAST_BITS).astype(np.uint64) << _PLACES  # [b, n, n_key]
    packed |= np.arange(n - 1, -1, -1, dtype=np.uint64)
    first = max(n - top, 0)
    best = np.sort(np.partition(packed, first, axis=-1)[..., first:], axis=-1)[..., ::-1]  # [b, n, ≤ top]
    keys = n - 1 - (best & (1 << _PLACES) - 1).astype(np.int64)
    weights = np.take_along_axis(mean, keys, axis=-1)
    return np.where(weights > 0, keys, -1), weights


_LAST_BITS = 24 + int(np.log2(TIES[np.dtype(np.float32)]))  # of a mantissa, in which equal words differ
_HALF = np.uint32(1 << _LAST_BITS - 1)  # rounds instead of cutting
_PLACES = np.uint64(32)
