"""What `--combine`, `--words` and `--hide-special` make of a model's weights, and what is said about it."""

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.analysis import combining
from attncli.analysis.flow import flow
from attncli.attention.attend import Attention
from attncli.errors import Setting, UsageError
from attncli.heads.parameters import Array
from attncli.recipes.explanation import Layer
from attncli.recipes.model_words import Pieces
from attncli.settings.model import ModelSettings

MOST_FLOWING = 32  # tokens; of more, only the flow of the chosen query is worked out
MEANINGS = {
    "mean": "the mean over the chosen layers and heads",
    "max": "the largest weight in any chosen layer and head",
    "rollout": "attention rollout over the chosen layers (Abnar & Zuidema 2020): mean weights and residual, multiplied",
    "flow": "attention flow over the chosen layers (Abnar & Zuidema 2020): the most that reaches a token from each",
    "norm": "‖αf(x)‖ (Kobayashi et al. 2020), the mean over the chosen layers",
}
UNITS = {"max": "; a row sums to 1 or more", "flow": "; each from 0 to 1", "norm": ": lengths, not shares"}
COMBINED = {"mean": combining.mean, "max": combining.maximum, "rollout": combining.rollout}


def reduce_layers(
    layers: Sequence[Layer], norms: Sequence[Array], pieces: Pieces, choice: ModelSettings, query: int | None
) -> tuple[Layer, ...]:
    """The layers with weights `[n_head, m, m]` alone: one that combines them, or each over words or without special.

    norms are ‖αf(x)‖ of each layer `[n, n]`, for `--combine norm`; query is a row of the result.

    Raises:
        UsageError: the flow of more than MOST_FLOWING tokens without a query.
    """
    weights = np.stack([layer.attention.weights for layer in layers])  # [n_layer, n_head, n, n]
    if choice.combine == "norm":
        weights = np.mean(norms, axis=0)[None, None]
    elif choice.combine == "flow":
        weights = _flows(weights, None if query is None else pieces.members(query, choice))[None, None]
    elif choice.combine != "none":
        weights = COMBINED[choice.combine](weights)[None, None]
    visible = pieces.reduced(choice).visible  # [m, m]
    return tuple(_bare(each, visible) for each in pieces.reduce(weights, choice))


def reduces(choice: ModelSettings) -> bool:
    """Whether anything is combined, merged or cut."""
    return choice.combine != "none" or choice.words or choice.hide_special


def _flows(weights: Array, asked: Sequence[int] | None) -> Array:
    """The flow of every query, or of those asked for among many; the other rows stay 0: `[n, n]`."""
    n = weights.shape[-1]
    if n > MOST_FLOWING and asked is None:
        hint = ("choose one: ", Setting("word", "WORD"))
        reason = f"expected at most {MOST_FLOWING} tokens to work out the flow of all, got {n}"
        raise UsageError(reason, hint, setting="combine", value="flow")
    queries = range(n) if n <= MOST_FLOWING or asked is None else asked
    flows = np.zeros((n, n))
    flows[list(queries)] = flow(weights, queries)
    return flows


def _bare(weights: Array, visible: Array) -> Layer:
    """A layer of which only the weights `[n_head, m, m]` are left; a score is −inf where nothing may be seen.

    Over several layers more can be reached than one of them shows.
    """
    nothing = np.empty((len(weights), len(visible), 0))
    scores = np.where(visible | (weights > 0), 0.0, -np.inf)  # [n_head, m, m]
    return Layer(nothing, nothing, nothing, Attention(scores, weights, nothing), nothing[0])


def remarks(choice: ModelSettings, pieces: Pieces, shown: Pieces) -> Iterator[str]:
    """What the weights are after they were combined, merged and cut; shown are the pieces that are left."""
    if choice.combine != "none":
        unit = "" if choice.hide_special else UNITS.get(choice.combine, "")
        if choice.combine == "flow" and choice.words:
            unit = "; the flows to the pieces of a word are added"
        yield f"{choice.combine}: {MEANINGS[choice.combine]}{unit}"
    if choice.words and any(len(token.pieces) > 1 for token in shown.sentence.tokens):
        yield "words of several pieces: the sum over attended pieces, the mean over attending ones (Clark et al. 2019)"
    if choice.hide_special:
        names = ", ".join(dict.fromkeys(pieces.names_of_special))
        left_out = f"special tokens are left out ({names}) and the rest of each row is divided by its sum"
        yield left_out if names else "there are no special tokens to leave out; each row is divided by its sum"
    if choice.combine == "flow" and len(pieces.special) > MOST_FLOWING:
        yield f"only the flow of {choice.word} was worked out; the other rows are null in --json"
