"""Trained heads shown as they were trained: what they hide, what each of them does, and what must be said of them."""

from collections.abc import Iterator

import numpy as np

from attncli.explanation import Explanation, Role
from attncli.head_names import name_of, profile_heads
from attncli.heads import Array, Heads
from attncli.inputs import Inputs
from attncli.masks import visible_keys
from attncli.settings import Settings


def hidden_words(inputs: Inputs, settings: Settings, trained: bool) -> Array | None:
    """Which keys a word may see, `[n, n]`; None: all. Trained heads hide its repeats too, and no row is left blind."""
    if not settings.exclude_self:
        return None
    n = len(inputs.x)
    if not trained:
        return ~np.eye(n, dtype=bool)
    _, words = np.unique([token.word for token in inputs.sentence.tokens], return_inverse=True)
    visible: Array = words[:, None] != words[None, :]  # [n, n]
    places = visible_keys(n, n, causal=settings.causal, window=settings.window or (None, None), offset=0)
    blind = ~(visible if places is None else visible & places).any(axis=1)  # [n]
    visible[blind, blind] = True
    return visible


def roles_of(heads: Heads, explanation: Explanation) -> tuple[Role, ...]:
    """What each trained head of the last layer does on this sentence, and did on sentences that training kept apart."""
    if heads.profile is None or explanation.memory is not None:
        return ()
    layer, x = explanation.layers[-1], explanation.inputs.x
    here = [name_of(each) for each in profile_heads(layer.attention.weights, x, layer.visible)]
    if len(explanation.layers) > 1:  # the block was made for the first one
        return tuple(Role(name, None) for name in here)
    return tuple(Role(name, name_of(before)) for name, before in zip(here, heads.profile, strict=True))


def remarks_on(heads: Heads, explanation: Explanation) -> Iterator[str]:
    """What trained heads do otherwise than others: what they hide, and which of them see positions."""
    if heads.trained and explanation.settings.exclude_self:
        alone = np.diagonal(explanation.weights[-1], axis1=-2, axis2=-1).any()
        yield (
            "as in training, every word is hidden from itself and from its repeats"
            f"{'; one that would then see nothing sees itself' * bool(alone)}; --include-self shows all"
        )
    seen = np.flatnonzero(heads.sees_positions).tolist()
    which = f"head{'s' * (len(seen) > 1)} {', '.join(map(str, seen))}"
    if seen and explanation.memory is not None:
        yield f"{which} learned positions, which mean nothing between two sentences and are left out"
    elif seen:
        yield f"positions are in use: how far away a word stands counts in {which}"
