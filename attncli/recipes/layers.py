"""Stacked blocks, each on the output of the one before: one sentence `[n, d]`, or a batch of one length `[b, n, d]`."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.attention.score_terms import Scoring
from attncli.errors import ResourceError, UsageError
from attncli.heads.parameters import Heads, concatenate, project
from attncli.heads.projections import Blocks
from attncli.recipes.attention_call import AttentionCall, Cut, HiddenWords
from attncli.recipes.explanation import Layer
from attncli.settings.explanation import Settings, usual_temperature
from attncli.vectors import Vectors

NOTHING = np.empty((0, 0), bool)  # in place of the visible keys, where they are not kept
MOST_AXIS = 2**16  # the most squares in one sum: those of a vector's numbers


def run_layers(
    x: Array,
    memory: Array | None,
    blocks: Blocks,
    settings: Settings,
    words: Array,
    *,
    weights_alone: bool = False,
    cuts: tuple[Cut, ...] = (),
) -> Iterator[Layer]:
    """Each block on the output of the one before it; a memory `[n_key, d]` is every block's keys and values.

    words `[..., n]`: the number of each word of x, equal for repeats. cuts: pairs that no block connects.
    weights_alone: the last block has values and an output of width 0.

    Raises:
        UsageError: the output of a block does not fit the next.
        ResourceError: projections that make numbers too large.
    """
    for number, heads in enumerate(blocks.heads):
        call = replace(_call(x, memory, number, blocks, settings, words), cuts=cuts)
        valued = not weights_alone or number < len(blocks.heads) - 1
        call = call if valued else replace(call, values=call.values[..., :0])
        with np.errstate(all="ignore"):  # an overflow is refused below, an underflow is 0
            scores, weights, context = call.at_once()
            x = mixed(context, heads, settings, valued)
        yield Layer(number, _heads(call), x, call.visible, *call.vectors, context, scores, weights, call.scoring, call)


def run_long_layers(
    x: Array,
    memory: Array | None,
    blocks: Blocks,
    settings: Settings,
    words: Array,
    near: int | None = None,
    done: Callable[[int], None] = lambda _: None,
    cuts: tuple[Cut, ...] = (),
) -> Iterator[Layer]:
    """As `run_layers` for x `[n, d]`, attended to in blocks; the layers keep neither scores nor weights.

    near: the reach of `Streamed.by_distance`; None: it is not computed.
    done: called with the number of finished queries, of all layers together.
    """
    for number, heads in enumerate(blocks.heads):
        call = replace(_call(x, memory, number, blocks, settings, words), cuts=cuts)
        with np.errstate(all="ignore"):
            streamed = call.in_blocks(settings.top, memory is None, near, _counting(done, number * len(x)))
            x = mixed(streamed.context, heads, settings)
        arrays = x, NOTHING, *call.vectors, streamed.context, None, None
        yield Layer(number, _heads(call), *arrays, call.scoring, call, streamed)


def _counting(done: Callable[[int], None], before: int) -> Callable[[range], Iterator[int]]:
    """An iteration over blocks of queries that reports the number of finished ones, `before` included."""

    def each(starts: range) -> Iterator[int]:
        for at in starts:
            done(before + at)
            yield at

    return each


@np.errstate(all="ignore")
def _call(
    x: Array, memory: Array | None, number: int, blocks: Blocks, settings: Settings, words: Array
) -> AttentionCall:
    """The attention of block `number`: queries from x, keys and values from x or the memory.

    Without heads all three are the vectors themselves.
    """
    _check_stacks(x, number, blocks, settings)
    heads = blocks.heads[number]
    q, k, v = _projected(x, x if memory is None else memory, heads)  # [..., n_head, n, d]
    scoring = _scoring(k, memory, heads, blocks.parameters[number], settings)
    if heads:
        check_grown(settings, heads, w_q=q, w_k=k, w_v=v, key_offset_bias=scoring.by_offset)
    hidden = HiddenWords.of(words, settings, blocks.trained)
    return AttentionCall(q, k, v, scoring, settings.causal, settings.window, hidden)


def _check_stacks(x: Array, number: int, blocks: Blocks, settings: Settings) -> None:
    """UsageError where the input of block `number` has another width than the output of the one before."""
    if number and x.shape[-1] != blocks.d_model:
        raise UsageError(
            f"expected 1: these heads give {x.shape[-1]} numbers a word, and the next layer takes {blocks.d_model}",
            "stack heads that have a w_o",
            setting="layers",
            value=settings.layers,
        )


def _projected(x: Array, source: Array, heads: Heads | None) -> tuple[Array, Array, Array]:
    """Q `[..., n_head, n_query, d_k]`, k `[..., n_head, n_key, d_k]`, v `[..., n_head, n_key, d_v]`."""
    if heads is None:
        return x[..., None, :, :], source[..., None, :, :], source[..., None, :, :]
    x, source = heads.prepare(x), heads.prepare(source)
    return heads.queries(x), project(source, heads.w_k), project(source, heads.w_v)


def _scoring(
    key: Array, memory: Array | None, heads: Heads | None, parameters: Mapping[str, Array], settings: Settings
) -> Scoring:
    """The scoring of keys `[..., n_head, n, d_k]`; a memory's keys have no position relative to the queries."""
    if heads is None:
        return Scoring(settings.method, temperature=settings.temperature or 1.0, parameters=parameters)
    return Scoring(
        settings.method,
        temperature=(settings.temperature or 1.0) * (1.0 if heads.temperature is None else heads.temperature),
        parameters=parameters,
        by_offset=heads.by_offset(key) if memory is None else None,  # [..., n_head, n, 2·reach + 1]
        input_scale=heads.input_scale,
        query_bias=heads.b_q is not None and bool(heads.b_q.any()),
    )


def mixed(context: Array, heads: Heads | None, settings: Settings, valued: bool = True) -> Array:
    """The output of a block `[..., n_query, d_out]`: its heads' contexts concatenated, and mixed by w_o."""
    output = concatenate(context, heads.w_o if heads and valued else None)
    if heads:
        check_grown(settings, heads, w_o=output)
    return output


def _heads(call: AttentionCall) -> tuple[int, ...]:
    return tuple(range(call.queries.shape[-3]))


def resolve_settings(settings: Settings, blocks: Blocks, vectors: Vectors) -> Settings:
    """The settings with the open ones resolved: heads and their source, the temperature, whether a word sees itself."""
    hides = blocks.trained and settings.memory is None and settings.exclude_self is None
    hides = hides or bool(settings.exclude_self)
    return replace(
        settings,
        heads=blocks.n_head,
        projections=blocks.projections,
        exclude_self=hides,
        temperature=settings.temperature or usual_temperature(settings) or vectors.info.cross_temperature or 1.0,
    )


@np.errstate(over="ignore")
def in_precision(blocks: Blocks, dtype: type) -> Blocks:
    """The blocks with numbers of the type `dtype`, so that nothing is computed in a wider one."""
    heads = tuple(each and _narrowed(each, dtype) for each in blocks.heads)
    parameters: tuple[Mapping[str, Array], ...] = tuple(
        {name: array.astype(dtype) for name, array in each.items()} for each in blocks.parameters
    )
    return replace(blocks, heads=heads, parameters=parameters)


def _narrowed(heads: Heads, dtype: type) -> Heads:
    arrays = {name: array for name, array in vars(heads).items() if isinstance(array, np.ndarray)}
    narrowed: dict[str, Any] = {name: array.astype(dtype) for name, array in arrays.items()}
    return replace(heads, **narrowed)


def check_grown(settings: Settings, heads: Heads, **made: Array | None) -> None:
    """Check the size of the numbers that each named array gave: in float64 their squares must have a finite sum.

    Raises:
        ResourceError: larger numbers, or NaN; it names the array.
    """
    for name, array in made.items():
        if array is None or np.abs(array).max(initial=0) <= (most := _largest(array)):
            continue
        name = name if heads.input_scale is None or abs(heads.input_scale) <= most else "input_scale"
        raise ResourceError(
            f"{settings.projections!r}: {name} makes numbers too large to compute with (beyond {most:.0e})",
            "its arrays must be smaller",
        )


def _largest(array: Array) -> float:
    largest = float(np.finfo(array.dtype).max)
    return math.sqrt(largest / MOST_AXIS) if array.dtype == np.float64 else largest
