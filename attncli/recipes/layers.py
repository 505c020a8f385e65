"""Blocks one on the output of the other, of one sentence `[n, d]` or of many of one length at once `[b, n, d]`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attncli.attention.attend import attend
from attncli.attention.score_terms import Scoring
from attncli.errors import UsageError
from attncli.heads.parameters import Array, Heads, concatenate, project
from attncli.heads.projections import Blocks
from attncli.recipes.explanation import Layer
from attncli.recipes.overflow import check_grown
from attncli.settings.explanation import Settings


def run_layers(
    x: Array,
    memory: Array | None,
    blocks: Blocks,
    settings: Settings,
    visible: Array | None,
    *,
    weights_alone: bool = False,
) -> Iterator[Layer]:
    """Each block on the output of the one before it; a memory `[n_key, d]` is every block's keys and values.

    visible: which keys a word may see besides the masks of the settings, boolean `[..., n, n]`; None: all.
    weights_alone: nobody wants the last block's values, and it has none: they are of width 0, and so is its output.

    Raises:
        UsageError: the output of a block does not fit the next.
        ResourceError: projections that make numbers too large.
    """
    for number, heads in enumerate(blocks.heads):
        check_stacks(x, number, blocks, settings)
        valued = not weights_alone or number < len(blocks.heads) - 1
        layer = _block(x, memory, heads, blocks.parameters[number], settings, visible, valued)
        x = layer.output
        yield layer


def check_stacks(x: Array, number: int, blocks: Blocks, settings: Settings) -> None:
    """UsageError where block `number` does not take what the one before it gave."""
    if number and x.shape[-1] != blocks.d_model:
        raise UsageError(
            f"expected 1: these heads give {x.shape[-1]} numbers a word, and the next layer takes {blocks.d_model}",
            "stack heads that have a w_o",
            setting="layers",
            value=settings.layers,
        )


@np.errstate(all="ignore")  # what overflows is refused, what underflows is 0
def _block(
    x: Array,
    memory: Array | None,
    heads: Heads | None,
    parameters: Mapping[str, Array],
    settings: Settings,
    visible: Array | None,
    valued: bool,
) -> Layer:
    """Queries from x, keys and values from x or the memory; without heads all three are the vectors themselves."""
    q, k, v = projected(x, x if memory is None else memory, heads)  # [..., n_head, n, d]
    v = v if valued else v[..., :0]
    scoring = scoring_of(k, memory, heads, parameters, settings)
    placed = scoring.position(np.arange(k.shape[-2]), k.shape[-2])  # [..., n_head, n, n]
    if heads:
        check_grown(settings, heads, w_q=q, w_k=k, w_v=v, key_offset_bias=placed)
    attention = attend(
        q,
        k,
        v,
        **scoring.arguments,
        mask=_mask(None if visible is None else visible[..., None, :, :], placed),
        causal=settings.causal,
        window=settings.window,
    )
    output = concatenate(attention.context, heads.w_o if heads and valued else None)
    if heads:
        check_grown(settings, heads, w_o=output)
    return Layer(q, k, v, attention, output, scoring)


def scoring_of(
    key: Array, memory: Array | None, heads: Heads | None, parameters: Mapping[str, Array], settings: Settings
) -> Scoring:
    """How heads score keys `[..., n_head, n, d_k]`; a memory's keys have no place beside the queries."""
    scoring = Scoring(settings.method, temperature=warmth(heads, settings), parameters=parameters)
    if heads is None:
        return scoring
    by_offset = heads.by_offset(key) if memory is None else None  # [..., n_head, n, 2·reach + 1]
    scale, biased = heads.input_scale, heads.b_q is not None and bool(heads.b_q.any())
    return replace(scoring, by_offset=by_offset, input_scale=scale, query_bias=biased)


def projected(x: Array, source: Array, heads: Heads | None) -> tuple[Array, Array, Array]:
    """Q `[..., n_head, n_query, d_k]`, k `[..., n_head, n_key, d_k]`, v `[..., n_head, n_key, d_v]`."""
    if heads is None:
        return x[..., None, :, :], source[..., None, :, :], source[..., None, :, :]
    x, source = heads.prepare(x), heads.prepare(source)
    return heads.queries(x), project(source, heads.w_k), project(source, heads.w_v)


def warmth(heads: Heads | None, settings: Settings) -> Array | float:
    """What the scores of each head are divided by: a number, or `[n_head]`."""
    learned: Array | float = 1.0 if heads is None or heads.temperature is None else heads.temperature
    return settings.temperature * learned


def _mask(visible: Array | None, placed: Array | None) -> Array | None:
    """What may be seen, and what is added for places, in one mask of floats."""
    if placed is None or visible is None:
        return visible if placed is None else placed
    mask: Array = np.where(visible, placed, placed.dtype.type(-np.inf))  # [..., n_head, n, n]
    return mask


def settled(settings: Settings, blocks: Blocks) -> Settings:
    """The settings with what was left open: how many heads, from where, and whether a word sees itself."""
    hides = blocks.trained and settings.memory is None and settings.exclude_self is None
    hides = hides or bool(settings.exclude_self)
    return replace(settings, heads=blocks.n_head, projections=blocks.projections, exclude_self=hides)


@np.errstate(over="ignore")
def in_precision(blocks: Blocks, dtype: type) -> Blocks:
    """The same blocks with numbers of a type, so that nothing is computed in a wider one."""
    heads = tuple(each and _heads_in(each, dtype) for each in blocks.heads)
    parameters: tuple[Mapping[str, Array], ...] = tuple(
        {name: array.astype(dtype) for name, array in each.items()} for each in blocks.parameters
    )
    return replace(blocks, heads=heads, parameters=parameters)


def _heads_in(heads: Heads, dtype: type) -> Heads:
    arrays = {name: array for name, array in vars(heads).items() if isinstance(array, np.ndarray)}
    narrowed: dict[str, Any] = {name: array.astype(dtype) for name, array in arrays.items()}
    return replace(heads, **narrowed)
