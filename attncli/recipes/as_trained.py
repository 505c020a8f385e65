"""Trained heads shown as they were trained: what they hide, what each of them does, and what must be said of them."""

from collections.abc import Iterator

import numpy as np

from attncli.analysis.kinds import Role, name_of, profile_heads
from attncli.errors import Setting
from attncli.heads.parameters import Array, Heads
from attncli.recipes.explanation import Explanation
from attncli.settings.explanation import Settings
from attncli.settings.wording import Remark
from attncli.text.tokens import Sentence


def visible_words(words: Array, settings: Settings, trained: bool) -> Array | None:
    """Which keys a word may see, of words by number `[..., n]`: boolean `[..., n, n]`; None: all.

    Trained heads hide a word's repeats too, and no row is left blind.
    """
    if not settings.exclude_self:
        return None
    itself = np.eye(words.shape[-1], dtype=bool)
    if not trained:
        return ~itself
    visible: Array = words[..., :, None] != words[..., None, :]  # [..., n, n]
    return visible | (itself & blind_rows(words, settings)[..., None])


def blind_rows(words: Array, settings: Settings) -> Array:
    """Which places see no other word than their own, as the masks are: boolean `[..., n]`.

    What a place sees is a stretch of the sentence; it is all one word if the run at its end reaches to its beginning.
    """
    n = words.shape[-1]
    place = np.arange(n)
    left, right = settings.window or (n, n)
    first = np.maximum(place - left, 0)  # [n]
    last = place if settings.causal else np.minimum(place + right, n - 1)  # [n]
    starts = np.ones(words.shape, dtype=bool)
    starts[..., 1:] = words[..., 1:] != words[..., :-1]
    run = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)  # [..., n]; where each place's run begins
    blind: Array = run[..., last] <= first
    return blind


def words_of(sentence: Sentence) -> Array:
    """The words of a sentence by number, the same for every repeat: `[n]`."""
    numbers: Array = np.unique([token.word for token in sentence.tokens], return_inverse=True)[1]
    return numbers


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
        hidden = "as in training, every word is hidden from itself and from its repeats"
        lonely = "; one that would then see nothing sees itself" * bool(alone)
        yield Remark((f"{hidden}{lonely}; ", Setting("exclude_self", False), " shows all"))
    seen = np.flatnonzero(heads.sees_positions).tolist()
    which = f"head{'s' * (len(seen) > 1)} {', '.join(map(str, seen))}"
    if seen and explanation.memory is not None:
        yield f"{which} learned positions, which mean nothing between two sentences and are left out"
    elif seen:
        yield f"positions are in use: how far away a word stands counts in {which}"
