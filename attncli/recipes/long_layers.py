"""Blocks one on the output of the other over a text too long for matrices, each attended to block by block."""

from collections.abc import Callable, Iterator

import numpy as np

from attncli.attention.attend import Attention
from attncli.attention.positions import offset_scores
from attncli.attention.streamed import Bias, Streamed, attend_in_blocks
from attncli.heads.parameters import Array, Heads, concatenate
from attncli.heads.projections import Blocks
from attncli.recipes.as_trained import blind_rows
from attncli.recipes.explanation import Layer
from attncli.recipes.layers import check_stacks, projected, scoring_of
from attncli.recipes.overflow import check_grown
from attncli.settings.explanation import Settings


def run_long_layers(
    x: Array,
    memory: Array | None,
    blocks: Blocks,
    settings: Settings,
    words: Array,
    near: int | None = None,
    heard: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Layer, Streamed]]:
    """As `layers.run_layers` for x `[n, d]`; the layers have neither scores nor weights.

    words: those of x by number, the same for every repeat `[n]`.
    near: how far `Streamed.by_distance` reaches; None: it is not worked out.
    heard: told how many queries are done, of all layers together.
    """
    for number in range(len(blocks.heads)):
        check_stacks(x, number, blocks, settings)
        layer, streamed = _block(x, memory, number, blocks, settings, words, near, _telling(heard, number * len(x)))
        x = layer.output
        yield layer, streamed


def _telling(heard: Callable[[int], None], before: int) -> Callable[[range], Iterator[int]]:
    """What goes over blocks of queries, and tells where it is, with what was done before."""

    def each(starts: range) -> Iterator[int]:
        for at in starts:
            heard(before + at)
            yield at

    return each


@np.errstate(all="ignore")  # what overflows is refused, what underflows is 0
def _block(
    x: Array,
    memory: Array | None,
    number: int,
    blocks: Blocks,
    settings: Settings,
    words: Array,
    near: int | None,
    each: Callable[[range], Iterator[int]],
) -> tuple[Layer, Streamed]:
    heads = blocks.heads[number]
    q, k, v = projected(x, x if memory is None else memory, heads)
    if heads:
        check_grown(settings, heads, w_q=q, w_k=k, w_v=v)
    scoring = scoring_of(k, memory, heads, blocks.parameters[number], settings)
    streamed = attend_in_blocks(
        q,
        k,
        v,
        top=settings.top,
        method=scoring.method,
        temperature=scoring.temperature,
        parameters=scoring.parameters,
        causal=settings.causal,
        window=settings.window,
        bias=bias_of(words, settings, blocks, heads if memory is None else None, k),
        own_place=memory is None,
        near=near,
        each=each,
    )
    output = concatenate(streamed.context, heads.w_o if heads else None)  # [n_query, d_out]
    if heads:
        check_grown(settings, heads, w_o=output)
    none = np.empty((len(q), 0, 0), q.dtype)
    return Layer(q, k, v, Attention(none, none, streamed.context), output, scoring), streamed


def bias_of(words: Array, settings: Settings, blocks: Blocks, heads: Heads | None, keys: Array) -> Bias | None:
    """What is added to scores for places (of heads that learned some) and for hidden words, block by block.

    None: nothing. words: the words by number `[n]`; keys: `[n_head, n_key, d_k]`.
    """
    placed = None if heads is None else heads.by_offset(keys)  # [n_head, n_key, offsets]
    if heads:
        check_grown(settings, heads, key_offset_bias=placed)
    if placed is None and not settings.exclude_self:
        return None
    if not blocks.trained:
        words = np.arange(len(words))  # a repeat is another word
    blind = blind_rows(words, settings) & blocks.trained  # [n]

    def added(rows: slice, columns: slice) -> Array:
        i, j = np.arange(len(words))[rows], np.arange(keys.shape[1])[columns]
        bias = np.zeros((1, len(i), len(j)), keys.dtype) if placed is None else offset_scores(placed, i, j)
        if settings.exclude_self:
            seen = (words[i][:, None] != words[j]) | (blind[i][:, None] & (i[:, None] == j))
            bias = np.where(seen, bias, bias.dtype.type(-np.inf))
        return bias

    return added
