"""All heads of a page as small pictures: an element a head, there from the start, and what the script says of each."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from attncli.analysis.measures import entropy
from attncli.recipes.explanation import Explanation, Layer
from attncli.views.page.frame import filled
from attncli.views.page.kinds import bare_kinds_of


def heads_section(explanation: Explanation) -> str:
    """The section of the heads, each an element with its layer and head; nothing of a single one."""
    layers, heads = explanation.layer_numbers, explanation.head_numbers
    if (count := len(layers) * len(heads)) == 1:
        return ""
    return filled("heads.html", {"count": str(count), "elements": "\n".join(_rows(layers, heads))})


def _rows(layers: Sequence[int], heads: Sequence[int]) -> Iterator[str]:
    """The numbers of the heads, and of every layer its number and its heads."""
    numbers = "".join(f"<span>{head}</span>" for head in heads)
    yield f'<div class="over" aria-hidden="true"><span></span>{numbers}</div>'
    for layer in layers:
        buttons = "".join(_element(layer, head) for head in heads)
        yield f'<span class="layer" aria-hidden="true">{layer}</span>{buttons}'


def _element(layer: int, head: int) -> str:
    place = f'data-layer="{layer}" data-head="{head}" aria-label="Layer {layer}, head {head}"'
    shown = f'type="button" role="radio" class="head" tabindex="-1" {place}'
    return f"<button {shown}><canvas></canvas><small></small></button>"


def heads_record(explanation: Explanation) -> dict[str, Any]:
    """The kind of each head, without what a trained one does elsewhere, and its entropy: both `[n_layer][n_head]`.

    Kinds are empty where they are not known; entropies are the mean in bits over the rows that see something.
    """
    kinds = bare_kinds_of(explanation)
    if kinds and explanation.source.kinds is not None:
        return {"kinds": kinds, "bits": explanation.source.kinds.entropy.round(4).tolist()}
    return {"kinds": kinds, "bits": [_bits(explanation, layer) for layer in explanation.layers]}


def _bits(explanation: Explanation, layer: Layer) -> list[float]:
    weights = explanation.kept(layer.weights)  # [n_head, n_query, n_key]
    seeing = np.maximum(weights.any(axis=-1).sum(axis=-1), 1)  # [n_head]
    bits: list[float] = (entropy(weights).sum(axis=-1) / seeing).round(4).tolist()
    return bits
