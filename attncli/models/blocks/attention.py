"""Self-attention of a block, from the hidden state to the sum of its heads, with every step between."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.masks import Window
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.disentangled import ByContent, ContentBias
from attncli.models.blocks.layers import Dense, arrays_of, linear
from attncli.models.blocks.offsets import OffsetBias
from attncli.models.blocks.projections import Projections
from attncli.models.blocks.rotary import Rotary, rotate, rotation
from attncli.models.family import Arrays, Layer, PackedLayer, RunHeads, Tensors
from attncli.models.pack import Pack
from attncli.models.past import OutgrownError
from attncli.models.stream import BIASES, Carry, Part, Stream, not_carried


@dataclass(frozen=True, eq=False)
class Attended:
    """The heads of a block on each run of a pack, and the weights and bias of w_o, which mixes them."""

    pack: Pack
    heads: tuple[RunHeads, ...]
    scoring: Scoring
    mixing: Callable[[], tuple[Array, Array | None]]

    def mixed(self) -> Array:
        """The concatenated contexts times w_o: `[tokens, d_model]` (Vaswani et al. 2017, section 3.2.2)."""
        contexts = (each.attention.context.swapaxes(1, 2) for each in self.heads)  # [b, n, n_head, d_v]
        joined = self.pack.joined(contexts)  # [tokens, n_head, d_v]
        return linear(joined.reshape(len(joined), -1), *self.mixing())

    def parts(self, part: str, number: int, place: int) -> Stream:
        """The parts of `mixed` at a token of the one text: each head's context times its rows of w_o, and the bias."""
        (run,) = self.heads
        context, (weight, bias) = run.attention.context[0, :, place], self.mixing()  # [n_head, d_v], [d_model, ...]
        added = np.einsum("hv,dhv->hd", context, weight.reshape(-1, *context.shape))  # [n_head, d_model]
        heads = Stream(tuple(Part(part, number, head) for head in range(len(added))), added.astype(np.float64))
        return heads if bias is None else heads + Stream.of(Part(BIASES, number), bias)

    def layer(self, finish: Callable[[], Array], carry: Carry = not_carried) -> PackedLayer:
        """The layer whose output is that of `finish`: `[tokens, d_model]`."""
        return PackedLayer(self.heads, self.scoring, self.mixing, finish, carry)


class SelfAttention(NamedTuple):
    """Attention of a text to itself.

    projections: to q, k, v; mixing: w_o with its bias; head_norms: of every query, of every key, each `[n_head, d_k]`;
    whole_norms: whether those are over all heads at once; rotary: None where positions do not enter here; window:
    (left, right), None for all keys; scoring: how a score is made; offset_bias: added to the scores by the offset of
    query and key; content_bias: added to them by that offset and by the query or the key; clip: the largest number of a
    query, key or value, normed or not.
    """

    projections: Projections
    mixing: Dense
    causal: bool = False
    window: Window | None = None
    scoring: Scoring = Scoring()
    head_norms: tuple[Layer, Layer] | None = None
    whole_norms: bool = False
    rotary: Rotary | None = None
    offset_bias: OffsetBias | None = None
    content_bias: ContentBias | None = None
    clip: float | None = None

    def arrays(self) -> Arrays:
        """Those of the projections, of w_o, of the norms of queries and keys, and of what is added."""
        yield from self.projections.arrays()
        yield from arrays_of((self.mixing, *(self.head_norms or ()), self.offset_bias, self.content_bias))

    def __call__(self, tensors: Tensors, x: Array, pack: Pack) -> Attended:
        """Every step on x `[tokens, d_model]`."""
        q, k, v = self.projections(tensors, x)  # [tokens, n_head, d_k]
        if self.head_norms is not None:
            q, k = (self._normed(tensors, *each) for each in zip(self.head_norms, (q, k), strict=True))
        if self.clip is not None:
            q, k, v = (np.clip(each, -self.clip, self.clip) for each in (q, k, v))
        if self.rotary is not None:
            q, k = self._rotated(self.rotary, q, k, pack)
        longest = max(run.n for run in pack.runs)
        scoring = self.scoring if pack.first else self._scoring(tensors, longest)
        attends = partial(self._attend, scoring, self._by_text(tensors, pack, longest), pack)
        heads = tuple(map(attends, *map(pack.by_run, (q, k, v))))
        return Attended(pack, heads, scoring, partial(self.mixing.weights, tensors))

    def _normed(self, tensors: Tensors, norm: Layer, x: Array) -> Array:
        """Queries or keys `[tokens, heads, d_k]`, normed head by head, or all heads of a token at once."""
        flat = x.reshape(len(x), -1) if self.whole_norms else x
        return norm(tensors, flat).reshape(x.shape)

    def _rotated(self, rotary: Rotary, q: Array, k: Array, pack: Pack) -> tuple[Array, Array]:
        """Queries and keys `[tokens, heads, d_k]`, turned by their places in their own texts."""
        first = pack.first
        if first and rotary.changes(first, first + pack.runs[0].n):
            raise OutgrownError
        turns = [np.tile(np.stack(rotation(rotary, first + run.n))[:, first:], (1, run.b, 1)) for run in pack.runs]
        cos, sin = np.concatenate(turns, axis=1)[:, :, None]  # [tokens, 1, width/2]
        return rotate(q, cos, sin, rotary.neighbours), rotate(k, cos, sin, rotary.neighbours)

    def _scoring(self, tensors: Tensors, n: int) -> Scoring:
        """The scoring of texts of up to n tokens."""
        if self.offset_bias is None:
            return self.scoring
        added = self.offset_bias(tensors, n)  # [n_head, 2n − 1] or [n_head, n, 2n − 1]
        by_key = added if added.ndim == 3 else np.broadcast_to(added[:, None], (len(added), n, added.shape[-1]))
        return replace(self.scoring, by_offset=by_key)

    def _by_text(self, tensors: Tensors, pack: Pack, n: int) -> ByContent | None:
        """What is added to the scores of texts of up to n tokens beside what the scoring adds by the offset."""
        if self.content_bias is not None:
            return self.content_bias(tensors, n)
        if not pack.first or (bias := self.offset_bias) is None:
            return None
        added = bias.between(tensors, pack.first, pack.first + n)  # [n_head, n, n_key]
        return lambda q, k: np.broadcast_to(added, (len(q), *added.shape))

    def _attend(self, scoring: Scoring, by_content: ByContent | None, pack: Pack, *vectors: Array) -> RunHeads:
        """The heads of a run, from its queries, keys and values `[b, n, heads, d]`."""
        q, k, v = (each.swapaxes(1, 2) for each in vectors)  # [b, heads, n, d]
        if pack.past is not None:
            k, v = pack.past.read_on(k, v)  # [b, heads, n_key, d]
        n, first = q.shape[-2], pack.first
        own = None if by_content is None else by_content(q, k)  # [b, n_head, n, n_key]
        added = scoring.position(np.arange(n), n) if own is None else own  # [n_head, n, n_key]
        mask = masked(added, pack.hidden, q.dtype)
        causal, window = self.causal, self.window
        attention = attend(q, k, v, **scoring.arguments, mask=mask, causal=causal, window=window, offset=first)
        return RunHeads(q, k, v, attention, own)


def masked(added: Array | None, hidden: Array | None, dtype: np.dtype) -> Array | None:
    """The additions to scores `[..., n_query, n_key]`, −inf for the hidden pairs `[n_query, n_key]`; None: nothing."""
    if hidden is None:
        return added
    return np.where(hidden, dtype.type(-np.inf), dtype.type(0) if added is None else added)
