"""One layer of an explanation with one of its heads or all, as an explanation of its own."""

from dataclasses import fields, replace
from functools import lru_cache

from attncli.analysis.kinds import HeadKinds
from attncli.attention.attend import Attention
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.model_explanation import ModelExplanation


@lru_cache(maxsize=8)
def part_of(explanation: Explanation, layer: int | None, head: int | None) -> Explanation:
    """The explanation with this layer alone (None: the last) and this head of it (None: all)."""
    number = len(explanation.layers) - 1 if layer is None else layer
    shown = _with_head(explanation.layers[number], head)
    if isinstance(explanation, ModelExplanation) and explanation.choice.combine != "none":
        return explanation
    heads = slice(None) if head is None else slice(head, head + 1)
    if not isinstance(explanation, ModelExplanation):
        return replace(explanation, layers=(shown,), roles=explanation.roles[heads] if number == 0 else ())
    return replace(
        explanation,
        layers=(shown,),
        layer_numbers=explanation.layer_numbers[number : number + 1],
        head_numbers=explanation.head_numbers[heads],
        kinds=_kinds_of(explanation.kinds, number, heads),
    )


def _with_head(layer: Layer, head: int | None) -> Layer:
    if head is None:
        return layer
    one = slice(head, head + 1)
    attention = Attention(*(step[one] for step in layer.attention))
    scoring = layer.scoring and layer.scoring.of_heads(one)
    arrays = {name: getattr(layer, name)[one] for name in ("queries", "keys", "values")}
    return replace(layer, **arrays, attention=attention, scoring=scoring)


def _kinds_of(kinds: HeadKinds, layer: int, heads: slice) -> HeadKinds:
    arrays = {each.name: getattr(kinds, each.name) for each in fields(kinds)}  # each [n_layer, n_head]
    return HeadKinds(**{name: array[layer : layer + 1, heads] for name, array in arrays.items()})
