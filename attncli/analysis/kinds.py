"""Kinds of a model's heads and names of trained ones, both by measures of their weights alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from attncli.analysis.measures import entropy, rank_correlation
from attncli.analysis.patterns import pattern_score
from attncli.arrays import Array

MOSTLY = 0.5  # of a head's weight: as Clark et al. 2019, section 3, count heads that attend to a neighbour or to [SEP]
BROAD = 0.85  # of the entropy that equal weights on all visible keys would have

PREVIOUS, NEXT, SAME = "previous token", "next token", "same token"
ANCHOR, BROADLY, CONTENT = "first/special", "broad", "content"
KINDS = (PREVIOUS, NEXT, SAME, ANCHOR, BROADLY, CONTENT)

NEIGHBOUR = 0.4  # of a head's weight on one neighbour
SIDED = 0.75  # of a head's weight on one side
RELATED = 0.3  # mean rank correlation of weights with cosines
#: The columns of a head's profile: weight on the neighbours, rank correlation with cosines, weight on the sides.
PROFILE = ("left", "right", "related", "before", "after")


@dataclass(frozen=True)
class HeadKinds:
    """Measures and kinds of heads, each array `[..., n_head]` as the weights `[..., n_head, n, n]` it was measured on.

    distance: the mean |i − j| in tokens, each counted in its own text; entropy: the mean in bits a row; special,
    previous, next, same, first: shares of a head's weight, from 0 to 1, on special tokens, the token before, the one
    after, the token itself, token 0; anchor: the share on token 0 and the special ones together; evenness: entropy as a
    share of that of equal weights. kind: the one of KINDS that fits. crossing: the share that crosses to the other one
    of two texts in an input, None of one. Rows that see nothing count for nothing.
    """

    distance: Array
    entropy: Array
    special: Array
    previous: Array
    next: Array
    same: Array
    first: Array
    anchor: Array
    evenness: Array
    kind: Array
    crossing: Array | None = None


def measure_heads(weights: Array, special: Array, visible: Array | None = None, *, crosses: bool = False) -> HeadKinds:
    """The numbers and kinds of heads with weights `[..., n_head, n_query, n_key]`.

    `special` (boolean `[n_key]`) marks the tokens that the model adds; `visible` (boolean, broadcastable to weights)
    the keys that a query may see, None all. `crosses`: the keys are of another text, where no token is the query's
    own, or beside it. A head's kind is, in this order,

    - previous token, next token, same token or first/special: the largest of these shares, if more than MOSTLY;
      first/special is the share on the first token and all special ones together;
    - broad, if its entropy is at least BROAD of that of equal weights on the visible keys;
    - content, else: it picks keys by what they are.
    """
    place = np.arange(weights.shape[-1], dtype=np.int32)  # of 10,000 tokens, [n, n] of int64 is 0.8 GB
    offset = place - np.arange(weights.shape[-2], dtype=np.int32)[:, None]  # [n_query, n_key]; key − query
    neighbours = (pattern_score(weights, (offset == step) & (not crosses)) for step in (-1, 1, 0))
    previous, following, same = neighbours  # each [..., n_head]
    anchor = _share_on(weights, special | (place == 0))  # [..., n_head]
    bits, relative = _entropies(weights, visible)
    return HeadKinds(
        distance=pattern_score(weights, abs(offset)),
        entropy=bits,
        special=_share_on(weights, special),
        previous=previous,
        next=following,
        same=same,
        first=_share_on(weights, place == 0),
        anchor=anchor,
        evenness=relative,
        kind=kinds_of((previous, following, same, anchor), relative),
    )


def measures_of(kinds: Sequence[HeadKinds], of: Callable[[list[Array]], Array]) -> HeadKinds:
    """Each array made of those that the measures have of it; None where they have none."""
    given = {each.name: [getattr(some, each.name) for some in kinds] for each in fields(HeadKinds)}
    made: dict[str, Any] = {name: None if arrays[0] is None else of(arrays) for name, arrays in given.items()}
    return HeadKinds(**made)


def _share_on(weights: Array, tokens: Array) -> Array:
    """The share of weight on the marked keys (boolean `[n_key]`): `[..., n_head]`."""
    return pattern_score(weights, np.broadcast_to(tokens, weights.shape[-2:]))


def _entropies(weights: Array, visible: Array | None) -> tuple[Array, Array]:
    """The mean entropy in bits a row, and its share of that of equal weights: both `[..., n_head]`.

    The share is 0 where no query has a choice.
    """
    seeing = weights.any(axis=-1)  # [..., n_head, n]
    count = np.broadcast_to(True if visible is None else visible, weights.shape).sum(axis=-1)  # [..., n_head, n]
    most = np.log2(np.maximum(count, 1)).sum(axis=-1, where=seeing)  # [..., n_head]
    bits = entropy(weights).sum(axis=-1, dtype=np.float64)  # [..., n_head]
    relative = np.divide(bits, most, out=np.zeros_like(bits), where=most > 0)
    return bits / np.maximum(seeing.sum(axis=-1), 1), relative


def kinds_of(shares: Sequence[Array], relative: Array) -> Array:
    """The kind of each head `[...]`, from its shares `[...]` in the order of KINDS and its relative entropy `[...]`."""
    stacked = np.stack(shares)  # [4, ...]
    by_share = np.array(KINDS)[stacked.argmax(axis=0)]  # [...]
    return np.where(stacked.max(axis=0) > MOSTLY, by_share, np.where(relative >= BROAD, BROADLY, CONTENT))


@dataclass(frozen=True)
class Role:
    """The name of a trained head: here on the sentence, and on held-out sentences of its training (None: unknown)."""

    here: str
    held_out: str | None

    def __str__(self) -> str:
        if self.held_out is None:
            return self.here
        return f"{self.here}, as in the evaluation" if self.same else f"{self.here}; in the evaluation: {self.held_out}"

    @property
    def same(self) -> bool:
        """Whether both names are the same."""
        return self.here == self.held_out


def profile_heads(weights: Array, x: Array, visible: Array) -> Array:
    """The measures behind names, `[n_head, 5]`, of `weights` `[n_head, n, n]` over words with vectors x `[n, d]`.

    The columns are PROFILE: the mean weight on the left and on the right neighbour, the mean rank correlation of the
    weights with the words' cosines, and the shares of weight before and after the word. `visible` `[n, n]` marks the
    keys that a query may see.
    """
    length = np.linalg.norm(x, axis=-1, keepdims=True)  # [n, 1]
    unit = x / np.where(length == 0, 1, length)
    return np.array([_profile(each, unit @ unit.T, visible) for each in weights])


def name_of(profile: Array) -> str:
    """The name of a head with these PROFILE: the first that fits.

    Most weight on the neighbour to the left or right; weights that follow the words' cosines; nearly all weight before
    or after the word; else mixed.
    """
    left, right, related, before, after = profile.tolist()
    if max(left, right) >= NEIGHBOUR:
        return "neighbour to the left" if left > right else "neighbour to the right"
    if related >= RELATED:
        return "related words"
    if max(before, after) >= SIDED:
        return "words before" if before > after else "words after"
    return "mixed"


def _profile(weights: Array, cosines: Array, visible: Array) -> tuple[float, ...]:
    rows = max(1, len(weights) - 1)
    left, right = (float(np.diagonal(weights, offset).sum()) / rows for offset in (-1, 1))
    follows = rank_correlation(weights, cosines, visible)  # [n]; NaN where a row has no order
    defined = follows[np.isfinite(follows)]
    total = max(float(weights.sum()), np.finfo(np.float64).tiny)
    before, after = (float(side.sum()) / total for side in (np.tril(weights, -1), np.triu(weights, 1)))
    return left, right, float(defined.mean()) if len(defined) else 0.0, before, after
