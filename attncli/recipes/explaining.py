"""The recipe: a sentence, vectors and settings become an `Explanation` that keeps every intermediate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from attncli.heads.projections import choose_blocks, without_effect
from attncli.recipes.as_trained import remarks_on, roles_of, visible_words, words_of
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.inputs import Inputs, as_vectors, find_query, read_inputs
from attncli.recipes.layers import run_layers, settled
from attncli.settings.explanation import Settings, check_settings
from attncli.vectors import Vectors

Progress = Callable[[str, int, int], None]
MAX_BYTES = 2**30  # of scores and weights together; what would be larger is attended to block by block


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


def explain_with(text: str, settings: Settings, vectors: Vectors, progress: Progress = lambda *_: None) -> Explanation:
    """The same with settings and vectors that are checked and open.

    `progress` is told of a text that is so long that it takes time: what is done, how much of it, and of how much.
    """
    explanation = explain_inputs(read_inputs(text, settings, vectors), settings, progress)
    return replace(explanation, warnings=(*explanation.warnings, *without_effect(settings, explanation.settings)))


def explain_inputs(inputs: Inputs, settings: Settings, progress: Progress = lambda *_: None) -> Explanation:
    """The attention of vectors that are read already, so that several methods share one reading."""
    assert inputs.vectors is not None
    blocks = choose_blocks(settings, inputs.vectors)
    settings = settled(settings, blocks)
    if is_long(inputs, settings):
        from attncli.recipes.long_explaining import explain_long  # only a long text should cost its import

        return explain_long(inputs, settings, blocks, progress)
    visible = visible_words(words_of(inputs.sentence), settings, blocks.trained)  # [n, n]
    source = None if inputs.memory is None else inputs.source
    layers = tuple(run_layers(inputs.x, source, blocks, settings, visible))
    warnings = (*blocks.warnings, *inputs.warnings, *_blind(layers[-1]))
    query = None if settings.word is None else find_query(inputs.sentence, settings.word)
    explanation = Explanation(inputs, settings, layers, blocks.in_embedding_space, query, warnings)
    heads = blocks.heads[-1]
    if heads is None:
        return explanation
    return replace(explanation, roles=roles_of(heads, explanation), remarks=tuple(remarks_on(heads, explanation)))


def is_long(inputs: Inputs, settings: Settings) -> bool:
    """Whether its matrices are too large to be kept."""
    return matrix_bytes(inputs, settings) > MAX_BYTES


def matrix_bytes(inputs: Inputs, settings: Settings) -> int:
    """What scores and weights of all layers and heads take in float64."""
    return 16 * settings.layers * (settings.heads or 1) * len(inputs.x) * len(inputs.source)


def _blind(layer: Layer) -> Iterator[str]:
    blind = int((~layer.visible.any(axis=1)).sum())
    if blind:
        yield f"words that see nothing under this mask, so that weights and output are 0: {blind}"
