"""The recipe: a sentence, vectors and settings become an `Explanation` that keeps every intermediate."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attncli.as_trained import hidden_words, remarks_on, roles_of
from attncli.attention import attend
from attncli.errors import AttnError, UsageError
from attncli.explanation import Explanation, Layer
from attncli.heads import Array, Heads, concatenate, project
from attncli.inputs import Inputs, as_vectors, find_query, read_inputs
from attncli.projections import Blocks, choose_blocks, without_effect
from attncli.settings import Settings, check_settings
from attncli.vectors import Vectors

MAX_BYTES = 4 * 2**30  # of scores and weights together, the largest that an explanation may hold


def explain(sentence: str, vectors: Vectors | str | Path | None = None, **settings: Any) -> Explanation:
    """Compute the attention of `sentence`, every step of it.

    `vectors` is an opened set, a name or a path (None: the embedded set); `settings` are the options of
    `attn explain` by name, as in `explain("the river bank", mode="multihead", heads=3)`.

    Raises:
        UsageError: an empty sentence, or a setting that does not exist or does not fit.
        AttnError: no word of the sentence is known, or the matrices would be too large.
        ResourceError: vectors or projections that are missing or unreadable.
    """
    return explain_with(sentence, check_settings(**settings), as_vectors(vectors))


def explain_with(text: str, settings: Settings, vectors: Vectors) -> Explanation:
    """The same with settings and vectors that are checked and open."""
    explanation = explain_inputs(read_inputs(text, settings, vectors), settings)
    return replace(explanation, warnings=(*explanation.warnings, *without_effect(settings, explanation.settings)))


def explain_inputs(inputs: Inputs, settings: Settings) -> Explanation:
    """The attention of vectors that are read already, so that several methods share one reading."""
    assert inputs.vectors is not None
    blocks = choose_blocks(settings, inputs.vectors)
    hides = blocks.trained and inputs.memory is None and settings.exclude_self is None
    settings = replace(
        settings,
        heads=blocks.n_head,
        projections=blocks.projections,
        exclude_self=hides or bool(settings.exclude_self),
    )
    blind = hidden_words(inputs, settings, blocks.trained)
    _check_size(blocks.n_head, inputs, settings)
    layers = tuple(_run(inputs, blocks, settings, blind))
    warnings = (*blocks.warnings, *inputs.warnings, *_blind(layers[-1]))
    query = None if settings.word is None else find_query(inputs.sentence, settings.word)
    explanation = Explanation(inputs, settings, layers, blocks.in_embedding_space, query, warnings)
    heads = blocks.heads[-1]
    if heads is None:
        return explanation
    return replace(explanation, roles=roles_of(heads, explanation), remarks=tuple(remarks_on(heads, explanation)))


def _check_size(n_head: int, inputs: Inputs, settings: Settings) -> None:
    n_query, n_key = len(inputs.x), len(inputs.source)
    needed = 16 * settings.layers * n_head * n_query * n_key
    if needed > MAX_BYTES:
        matrices = f"{settings.layers} × {n_head} matrices of {n_query:,} × {n_key:,} words"
        raise AttnError(
            f"{matrices} need {needed / 2**30:.1f} GiB, the limit is {MAX_BYTES / 2**30:.0f}",
            "explain fewer words, layers or heads at a time; `attn explain -` takes a sentence a line",
        )


def _run(inputs: Inputs, blocks: Blocks, settings: Settings, visible: Array | None) -> Iterator[Layer]:
    """Each block on the output of the one before it; a memory is every block's keys and values."""
    x = inputs.x  # [n_query, d_model]
    for number, heads in enumerate(blocks.heads):
        if number and x.shape[-1] != blocks.d_model:
            raise UsageError(
                f"--layers {settings.layers} cannot stack these heads: they give {x.shape[-1]} numbers a word, "
                f"the next layer takes {blocks.d_model}",
                "stack heads that have a w_o, or leave --layers out",
            )
        source = x if inputs.memory is None else inputs.source
        layer = _block(x, source, heads, blocks.parameters[number], settings, visible)
        x = layer.output
        yield layer


def _block(
    x: Array,
    source: Array,
    heads: Heads | None,
    parameters: Mapping[str, Array],
    settings: Settings,
    visible: Array | None,
) -> Layer:
    """Queries from x, keys and values from source; without heads all three are the vectors themselves."""
    q, k, v = _projected(x, source, heads) if heads else (x[None], source[None], source[None])  # [n_head, n, d]
    placed = heads.position_scores(k) if heads and settings.memory is None else None  # [n_head, n, n]
    attention = attend(
        q,
        k,
        v,
        method=settings.method,
        mask=_mask(visible, placed),
        causal=settings.causal,
        window=settings.window,
        temperature=settings.temperature * (1 if not heads or heads.temperature is None else heads.temperature),
        parameters=parameters,
    )
    output = concatenate(attention.context, heads.w_o if heads else None)  # [n_query, d_out]
    return Layer(q, k, v, attention, output)


def _projected(x: Array, source: Array, heads: Heads) -> tuple[Array, Array, Array]:
    """Q `[n_head, n_query, d_k]`, k `[n_head, n_key, d_k]`, v `[n_head, n_key, d_v]`."""
    x, source = heads.prepare(x), heads.prepare(source)
    return heads.queries(x), project(source, heads.w_k), project(source, heads.w_v)


def _mask(visible: Array | None, placed: Array | None) -> Array | None:
    """What may be seen, and what is added for places, in one mask of floats."""
    if placed is None or visible is None:
        return visible if placed is None else placed
    mask: Array = np.where(visible, placed, -np.inf)  # [n_head, n, n]
    return mask


def _blind(layer: Layer) -> Iterator[str]:
    blind = int((~layer.visible.any(axis=1)).sum())
    if blind:
        yield f"words that see nothing under this mask, so that weights and output are 0: {blind}"
