"""Trained heads on a sentence: their roles, and remarks on the words that they hide and their use of positions."""

from collections.abc import Iterator

import numpy as np

from attncli.analysis.kinds import Role, name_of, profile_heads
from attncli.arrays import Array
from attncli.errors import Setting
from attncli.heads.parameters import Heads
from attncli.recipes.explanation import Layer
from attncli.settings.wording import Remark


def roles_of(heads: Heads, layers: tuple[Layer, ...], x: Array) -> tuple[Role, ...]:
    """The role of each trained head in the last layer of words x `[n, d]`, and the one on held-out sentences."""
    weights = layers[-1].weights
    if heads.profile is None or weights is None:
        return ()
    here = [name_of(each) for each in profile_heads(weights, x, layers[-1].visible)]
    if len(layers) > 1:  # the block was trained as the first one
        return tuple(Role(name, None) for name in here)
    return tuple(Role(name, name_of(before)) for name, before in zip(here, heads.profile, strict=True))


def remarks_on(heads: Heads, layer: Layer, crossed: bool, excluding: bool) -> Iterator[str]:
    """Remarks on the words that trained heads hide, and on the heads that see positions.

    crossed: the keys are those of another sentence; excluding: words are hidden from themselves.
    """
    if heads.trained and excluding and layer.weights is not None:
        alone = np.diagonal(layer.weights, axis1=-2, axis2=-1).any()
        hidden = "as in training, every word is hidden from itself and from its repeats"
        lonely = "; one that would then see nothing sees itself" * bool(alone)
        yield Remark((f"{hidden}{lonely}; ", Setting("exclude_self", False), " shows all"))
    seen = np.flatnonzero(heads.sees_positions).tolist()
    which = f"head{'s' * (len(seen) > 1)} {', '.join(map(str, seen))}"
    if seen and crossed:
        yield f"{which} learned positions, which mean nothing between two sentences and are left out"
    elif seen:
        yield f"positions are in use: how far away a word stands counts in {which}"
