"""The recipe: a sentence, vectors and settings become an `Explanation` that keeps every intermediate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from attncli.errors import AttnError
from attncli.heads.projections import Blocks, choose_blocks, without_effect
from attncli.recipes.attention_call import word_numbers
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.inputs import IN_SENTENCES, Inputs, as_vectors, find_query, read_inputs
from attncli.recipes.layers import resolve_settings, run_layers, run_long_layers
from attncli.recipes.roles import remarks_on, roles_of
from attncli.recipes.sources import VectorSource
from attncli.settings.explanation import Settings, check_settings
from attncli.vectors import Vectors

Progress = Callable[[str, int, int], None]
MAX_BYTES = 2**30  # of scores and weights together; of a text that has more, the matrix is not kept
MOST_SCORES = 10**11  # of such a text; at some 300 million a second five minutes


def explain(sentence: str, vectors: Vectors | str | Path | None = None, **settings: Any) -> Explanation[VectorSource]:
    """Compute the attention of `sentence`, every step of it.

    `vectors` is an opened set, a name or a path (None: the embedded set); `settings` are the options of
    `attn explain` by name, as in `explain("the river bank", mode="multihead", heads=3)`.

    Raises:
        UsageError: an empty sentence, or a setting that does not exist or does not fit.
        AttnError: no word of the sentence is known, or the text is too long.
        ResourceError: vectors or projections that are missing or unreadable.
    """
    return explain_with(sentence, check_settings(**settings), as_vectors(vectors))


def explain_with(
    text: str, settings: Settings, vectors: Vectors, progress: Progress = lambda *_: None
) -> Explanation[VectorSource]:
    """The same with settings and vectors that are checked and open.

    `progress` is called for a text so long that it takes time: with what is being done, and how much of how much.
    """
    explanation = explain_inputs(read_inputs(text, settings, vectors), settings, progress)
    changing_nothing = without_effect(settings, explanation.source.settings)
    return replace(explanation, warnings=(*explanation.warnings, *changing_nothing))


def explain_inputs(
    inputs: Inputs, settings: Settings, progress: Progress = lambda *_: None
) -> Explanation[VectorSource]:
    """The attention of words whose vectors are read already, so that several methods share one reading.

    Raises:
        AttnError: a text without a matrix would take more than MOST_SCORES.
    """
    blocks = choose_blocks(settings, inputs.vectors)
    settings = resolve_settings(settings, blocks)
    if is_long(inputs, settings):
        layers = _long_layers(inputs, settings, blocks, progress)
        warnings = [*_without_matrix(inputs, settings), *_blind(layers[-1])]
    else:
        memory = None if inputs.memory is None else inputs.key_x
        layers = tuple(run_layers(inputs.x, memory, blocks, settings, word_numbers(inputs.sentence)))
        warnings = [*_blind(layers[-1])]
    heads, crossed = blocks.heads[-1], inputs.memory is not None
    roles = roles_of(heads, layers, inputs.x) if heads and not crossed else ()
    return Explanation(
        VectorSource(inputs, settings, blocks.in_embedding_space, roles),
        inputs.sentence,
        layers,
        inputs.memory,
        None if settings.word is None else find_query(inputs.sentence, settings.word),
        settings.top,
        (*blocks.warnings, *inputs.warnings, *warnings),
        tuple(remarks_on(heads, layers[-1], crossed, bool(settings.exclude_self))) if heads else (),
    )


def is_long(inputs: Inputs, settings: Settings) -> bool:
    """Whether its matrices are too large to be kept."""
    return matrix_bytes(inputs, settings) > MAX_BYTES


def matrix_bytes(inputs: Inputs, settings: Settings) -> int:
    """The size of scores and weights of all layers and heads in float64."""
    return 16 * settings.layers * (settings.heads or 1) * len(inputs.x) * len(inputs.key_x)


def _long_layers(inputs: Inputs, settings: Settings, blocks: Blocks, progress: Progress) -> tuple[Layer, ...]:
    """The last layer of a text too long for a matrix.

    `progress` is called with the whole work before any of it is done, then with how many queries are done.
    """
    memory = None if inputs.memory is None else inputs.key_x
    queries, words = len(inputs.x) * settings.layers, word_numbers(inputs.sentence)
    work = _work(inputs, queries * blocks.n_head * len(inputs.key_x))
    progress(work, 0, queries)
    *_, last = run_long_layers(
        inputs.x, memory, blocks, settings, words, done=lambda done: progress(work, done, queries)
    )
    return (last,)


def _work(inputs: Inputs, scores: int) -> str:
    """The work in words, with its size. AttnError: too much."""
    work = (
        f"{len(inputs.x):,} words attend to {len(inputs.key_x):,}: {scores / 1e9:,.1f} billion scores, block by block"
    )
    if scores > MOST_SCORES:
        raise AttnError(f"{work}; the most is {MOST_SCORES / 1e9:,.0f} billion", IN_SENTENCES)
    return work


def _without_matrix(inputs: Inputs, settings: Settings) -> Iterator[str]:
    yield (
        f"scores and weights of {len(inputs.x):,} × {len(inputs.key_x):,} words would take "
        f"{matrix_bytes(inputs, settings) / 2**30:,.1f} GiB and are not kept: they were worked out block by block; the "
        "context is exact"
    )


def _blind(layer: Layer) -> Iterator[str]:
    """A warning about the words that see nothing."""
    if layer.streamed is None:
        blind = int((~layer.visible.any(axis=1)).sum())
    else:
        blind = int((layer.streamed.total == 0).all(axis=0).sum())
    if blind:
        yield f"words that see nothing under this mask, so that weights and output are 0: {blind}"
