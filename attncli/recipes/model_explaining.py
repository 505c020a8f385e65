"""The recipe for models: a sentence, a checkpoint and settings become a `ModelExplanation`."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attncli.analysis import combining
from attncli.analysis.kinds import measure_heads
from attncli.attention.attend import Attention
from attncli.errors import AttnError, Setting, UsageError
from attncli.heads.parameters import Array
from attncli.models.checkpoint.tokenizing import SURROGATES, ModelSentence
from attncli.models.family import ModelLayer
from attncli.models.model import Model, open_model
from attncli.recipes.explanation import Layer
from attncli.recipes.inputs import Inputs, find_query
from attncli.recipes.model_explanation import ModelExplanation, ModelInfo
from attncli.recipes.model_reduction import MOST_FLOWING, reduce_layers, reduces, remarks
from attncli.recipes.model_words import Pieces
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings, check_model_settings, chosen
from attncli.settings.option import check_text

Progress = Callable[[str, int, int], None]


def explain_model(sentence: str, model: Model | str | Path, **settings: Any) -> ModelExplanation:
    """The attention of a model on `sentence`: every layer and head, or those that `settings` choose or combine.

    `settings` are the options of `attn explain --model` by name, as in `explain_model("the bank", "gpt2", layer=5)`.

    Raises:
        UsageError: an empty sentence, or a setting that does not exist or does not fit.
        AttnError: more tokens than the model has positions.
        ResourceError: a model that is missing or unreadable, or an extra that is not installed.
    """
    opened = model if isinstance(model, Model) else open_model(str(model))
    return explain_model_with(sentence, opened, check_model_settings(**settings))


def explain_model_with(
    text: str, model: Model, choice: ModelSettings, progress: Progress = lambda *_: None
) -> ModelExplanation:
    """The same with a model and settings that are checked and open.

    `progress` is told what is being done, how many layers are done, and how many there are.
    """
    layers = chosen("layer", choice.layer, model.shape.n_layer, model.name)
    heads = chosen("head", choice.head, model.shape.n_head, model.name)
    text = SURROGATES.sub("\ufffd", check_text("sentence", text))  # a byte that is no UTF-8 arrives as one
    if not text.strip():
        hint = ('try: attn explain "Bark is very cute and he is a dog" ', Setting("model", "NAME"))
        raise UsageError("expected a sentence, got an empty text", hint, setting="sentence", value=text)
    tokens = model.read(text)
    run = _run(model, tokens, layers, heads, norms=choice.combine == "norm", progress=progress)
    raw = run.layers
    seen: Array = np.stack([layer.attention.scores > -np.inf for layer in raw])  # [n_layer, n_head, n, n]
    pieces = Pieces.of(tokens, np.asarray(seen.any(axis=(0, 1))))
    shown = pieces.reduced(choice)
    if not shown.sentence.tokens:
        raise AttnError(f"{model.name} makes only special tokens of {text!r}", ("leave out ", Setting("hide_special")))
    query = None if choice.word is None else find_query(shown.sentence, choice.word)
    whole = not reduces(choice)
    return ModelExplanation(
        Inputs(None, shown.sentence, None, raw[0].output, raw[0].output),
        Settings(heads=len(heads), word=choice.word, top=choice.top),
        raw if whole else reduce_layers(raw, run.norms, pieces, choice, query),
        False,
        query,
        warnings=model.warnings,
        remarks=tuple(remarks(choice, pieces, shown)),
        model=ModelInfo(model.name, model.family, model.shape.n_layer, model.shape.n_head, model.parameters),
        choice=choice,
        layer_numbers=layers,
        head_numbers=heads,
        kinds=measure_heads(np.stack([layer.attention.weights for layer in raw]), pieces.special, seen),
        special=shown.special,
        has_scores=whole,
        partial=choice.combine == "flow" and len(pieces.special) > MOST_FLOWING,
    )


class Run(NamedTuple):
    """The chosen layers with their chosen heads, and of each layer ‖Σ_h α f_h(x)‖ `[n, n]` if it was asked for."""

    layers: tuple[Layer, ...]
    norms: tuple[Array, ...]


def _run(
    model: Model,
    tokens: ModelSentence,
    layers: Sequence[int],
    heads: Sequence[int],
    norms: bool,
    progress: Progress = lambda *_: None,
) -> Run:
    """Each layer on the real output of the one before it; none after the last chosen one is computed.

    What a layer has learned is let go with it: widened, it would soon fill the memory.
    """
    kept, lengths, wanted = [], [], set(layers)
    progress(f"running {model.name}", 0, max(layers) + 1)
    for number, layer in enumerate(islice(model.run(tokens.ids), max(layers) + 1)):
        if number in wanted:
            kept.append(_with_heads(layer, heads))
            lengths += [_norms(layer, heads)] if norms else []
        progress(f"running {model.name}", number + 1, max(layers) + 1)
    return Run(tuple(kept), tuple(lengths))


def _with_heads(layer: ModelLayer, heads: Sequence[int]) -> Layer:
    """The chosen heads of a layer; keys and values that several share stand under each of them."""
    shared = np.array(heads) // (len(layer.queries) // len(layer.keys))  # [n_head], their key heads
    attention = Attention(*(step[list(heads)] for step in layer.attention))
    scoring = layer.scoring.of_heads(heads)
    return Layer(layer.queries[list(heads)], layer.keys[shared], layer.values[shared], attention, layer.output, scoring)


def _norms(layer: ModelLayer, heads: Sequence[int]) -> Array:
    """‖Σ_h α f_h(x)‖ over the chosen heads of a layer: `[n, n]`."""
    of_all = np.repeat(layer.values, len(layer.queries) // len(layer.values), axis=0)  # [n_head, n, d_v]
    rows = layer.w_o.reshape(len(layer.queries), -1, layer.w_o.shape[-1])[list(heads)]  # [heads, d_v, d_model]
    weights = layer.attention.weights[list(heads)]
    return combining.norm_weighted(weights, of_all[list(heads)], rows.reshape(-1, rows.shape[-1])).layer
