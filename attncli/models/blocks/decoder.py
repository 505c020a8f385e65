"""A block of a decoder that attends to its own text, then to the encoder's (Vaswani et al. 2017, section 3.1)."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.attention import Attended, SelfAttention, masked
from attncli.models.blocks.layers import Dense, arrays_of
from attncli.models.blocks.projections import split_heads
from attncli.models.encoder_decoder import DecoderLayer, Memory
from attncli.models.family import Arrays, Layer, RunHeads, Tensors
from attncli.models.pack import Pack


class CrossAttention(NamedTuple):
    """Attention of a target to its source: queries of the target, keys and values of the encoder's output."""

    query: Dense
    key: Dense
    value: Dense
    n_head: int
    mixing: Dense
    scoring: Scoring = Scoring()

    def arrays(self) -> Arrays:
        """Those of the four linear layers."""
        return arrays_of((self.query, self.key, self.value, self.mixing))

    def __call__(self, tensors: Tensors, x: Array, pack: Pack, memory: Memory) -> Attended:
        """Every step on x `[tokens, d_model]`."""
        q = split_heads(self.query(tensors, x), self.n_head)  # [tokens, n_head, d_k]
        k, v = (split_heads(each(tensors, memory.output), self.n_head) for each in (self.key, self.value))
        attends = partial(self._attend, memory.hidden)
        heads = tuple(map(attends, pack.by_run(q), memory.pack.by_run(k), memory.pack.by_run(v)))
        return Attended(pack, heads, self.scoring, partial(self.mixing.weights, tensors))

    def _attend(self, hidden: Array | None, *vectors: Array) -> RunHeads:
        """The heads of a run, from queries `[b, n_query, n_head, d]`, keys and values `[b, n_key, n_head, d]`."""
        q, k, v = (each.swapaxes(1, 2) for each in vectors)  # [b, n_head, n, d]
        mask = masked(None, hidden, q.dtype)
        return RunHeads(q, k, v, attend(q, k, v, **self.scoring.arguments, mask=mask))


class CrossBlock(NamedTuple):
    """Attention to itself, attention to the source, feed-forward, each with a sum and a norm.

    first: whether the norm comes before each of the three, and not after its sum.
    """

    attention: SelfAttention
    attention_norm: Layer
    cross: CrossAttention
    cross_norm: Layer
    feed_forward: Layer
    feed_forward_norm: Layer
    first: bool

    def arrays(self) -> Arrays:
        """Those of every layer."""
        return arrays_of(self[:-1])

    def __call__(self, tensors: Tensors, x: Array, pack: Pack, memory: Memory) -> DecoderLayer:
        """Every step on x `[tokens, d_model]`."""
        attended = self.attention(tensors, self._before(self.attention_norm, tensors, x), pack)

        @cache
        def own() -> Array:
            return self._after(self.attention_norm, tensors, x, attended.mixed())

        @cache
        def crossed() -> Attended:
            return self.cross(tensors, self._before(self.cross_norm, tensors, own()), pack, memory)

        def finish() -> Array:
            c = self._after(self.cross_norm, tensors, own(), crossed().mixed())  # [tokens, d_model]
            fed = self.feed_forward(tensors, self._before(self.feed_forward_norm, tensors, c))
            return self._after(self.feed_forward_norm, tensors, c, fed)

        output: Callable[[], Array] = cache(finish)
        return DecoderLayer(attended.layer(output), lambda: crossed().layer(output))

    def _before(self, norm: Layer, tensors: Tensors, x: Array) -> Array:
        return norm(tensors, x) if self.first else x

    def _after(self, norm: Layer, tensors: Tensors, x: Array, added: Array) -> Array:
        return x + added if self.first else norm(tensors, x + added)
