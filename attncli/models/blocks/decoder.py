"""A block of a decoder that attends to its own text, then to the encoder's (Vaswani et al. 2017, section 3.1)."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.score_terms import Scoring
from attncli.models.blocks.attention import Attended, SelfAttention, masked
from attncli.models.blocks.layers import Dense, arrays_of
from attncli.models.blocks.projections import split_heads
from attncli.models.blocks.residual import begun, fed
from attncli.models.encoder_decoder import DecoderLayer, Memory
from attncli.models.family import Arrays, Layer, RunHeads, Tensors
from attncli.models.pack import Pack
from attncli.models.past import Heads
from attncli.models.stream import Stream, not_carried


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
        heads = tuple(map(partial(self._attend, memory.hidden), pack.by_run(q), self._sources(tensors, pack, memory)))
        return Attended(pack, heads, self.scoring, partial(self.mixing.weights, tensors))

    def _sources(self, tensors: Tensors, pack: Pack, memory: Memory) -> Sequence[Heads]:
        """Keys and values of the sources of each run."""
        if pack.past is None:
            return [*self._computed(tensors, memory)]
        return [pack.past.kept.of_source(lambda: next(self._computed(tensors, memory)))]

    def _computed(self, tensors: Tensors, memory: Memory) -> Iterator[Heads]:
        k, v = (split_heads(each(tensors, memory.output), self.n_head) for each in (self.key, self.value))
        for run in zip(memory.pack.by_run(k), memory.pack.by_run(v), strict=True):
            yield Heads(*(each.swapaxes(1, 2) for each in run))  # [b, n_head, n_key, d]

    def _attend(self, hidden: Array | None, queries: Array, source: Heads) -> RunHeads:
        """The heads of a run, from queries `[b, n_query, n_head, d]`, and keys and values of the source."""
        q = queries.swapaxes(1, 2)  # [b, n_head, n_query, d]
        mask = masked(None, hidden, q.dtype)
        return RunHeads(q, *source, attend(q, *source, **self.scoring.arguments, mask=mask))


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
            added = self.feed_forward(tensors, self._before(self.feed_forward_norm, tensors, c))
            return self._after(self.feed_forward_norm, tensors, c, added)

        def carry(number: int, place: int, before: Stream | None) -> Stream:
            c = begun(x, place, before)
            c += attended.parts("decoder", number, place)
            c += crossed().parts("cross", number, place)
            feeding = self.feed_forward_norm(tensors, c.total).astype(x.dtype, copy=False)
            return c + fed(self.feed_forward, tensors, feeding, number)

        output: Callable[[], Array] = cache(finish)
        carries = carry if self.first else not_carried
        return DecoderLayer(attended.layer(output, carries), lambda: crossed().layer(output, carries))

    def _before(self, norm: Layer, tensors: Tensors, x: Array) -> Array:
        return norm(tensors, x) if self.first else x

    def _after(self, norm: Layer, tensors: Tensors, x: Array, added: Array) -> Array:
        return x + added if self.first else norm(tensors, x + added)
