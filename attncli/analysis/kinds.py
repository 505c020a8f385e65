"""What each head of a model does with one sentence, in six numbers and a word: the cells of the map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import entropy
from attncli.analysis.patterns import pattern_score
from attncli.arrays import Array

MOSTLY = 0.5  # of a head's weight: as Clark et al. 2019, section 3, count heads that attend to a neighbour or to [SEP]
BROAD = 0.85  # of the entropy that equal weights on all visible keys would have

PREVIOUS, NEXT, SAME = "previous token", "next token", "same token"
ANCHOR, BROADLY, CONTENT = "first/special", "broad", "content"
KINDS = (PREVIOUS, NEXT, SAME, ANCHOR, BROADLY, CONTENT)


@dataclass(frozen=True)
class HeadKinds:
    """What heads do, each array `[..., n_head]` as the weights `[..., n_head, n, n]` it was measured on.

    distance: the mean |i − j| in tokens; entropy: the mean in bits a row; special, previous, next, same, first: shares
    of a head's weight, from 0 to 1, on special tokens, the token before, the one after, the token itself, token 0;
    anchor: the share on token 0 and the special ones together; evenness: entropy as a share of what equal weights have.
    kind: the one of KINDS that fits. Rows that see nothing count for nothing.
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


def measure_heads(weights: Array, special: Array, visible: Array | None = None) -> HeadKinds:
    """The numbers and kinds of heads with weights `[..., n_head, n, n]`.

    `special` (boolean `[n]`) marks the tokens that the model adds; `visible` (boolean, broadcastable to weights) the
    keys that a query may see, None all. A head's kind is, in this order,

    - previous token, next token, same token or first/special: the largest of these shares, if more than MOSTLY;
      first/special is the share on the first token and all special ones together;
    - broad, if its entropy is at least BROAD of what equal weights on the visible keys would have;
    - content, else: it picks keys by what they are.
    """
    place = np.arange(weights.shape[-1])
    offset = place - place[:, None]  # [n, n]; key − query
    previous, following, same = (pattern_score(weights, offset == step) for step in (-1, 1, 0))  # each [..., n_head]
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


def _share_on(weights: Array, tokens: Array) -> Array:
    """The share of weight on the marked tokens (boolean `[n]`): `[..., n_head]`."""
    return pattern_score(weights, np.tile(tokens, (len(tokens), 1)))


def _entropies(weights: Array, visible: Array | None) -> tuple[Array, Array]:
    """The mean entropy in bits a row, and its share of what equal weights would have: both `[..., n_head]`.

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
