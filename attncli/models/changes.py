"""Changes of a forward pass: heads that are taken away, and tokens that no head connects.

A head's part in its layer's output is its context times its rows of w_o; it is taken away in front of w_o, where the
heads are still apart (Michel et al. 2019, section 2.1). A cut hides a key from a query in every layer and head
(attention knockout, Geva et al. 2023, section 4).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.family import PackedLayer


class HeadName(NamedTuple):
    """A head of a model: its part (`encoder` of models that have no parts), and its layer and number, from 0."""

    part: str
    layer: int
    head: int


@dataclass(frozen=True)
class Changes:
    """Heads that are taken away, and pairs of tokens that are cut apart.

    ablate: what stands in the place of a head's context: `zero`, or `mean`, its mean over the tokens of the text.
    cuts: pairs of a query and a key, by their places, in the part whose attention is asked for.
    """

    heads: tuple[HeadName, ...] = ()
    ablate: str = "zero"
    cuts: tuple[tuple[int, int], ...] = ()
    _by_layer: dict[tuple[str, int], list[int]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for part, layer, head in self.heads:
            self._by_layer.setdefault((part, layer), []).append(head)

    def __bool__(self) -> bool:
        return bool(self.heads or self.cuts)

    @property
    def needs_all(self) -> bool:
        """Whether all tokens of a text are needed to change one: for the mean of a head."""
        return self.ablate == "mean" and bool(self.heads)

    def touches(self, part: str, layer: int) -> bool:
        """Whether heads of this layer are taken away."""
        return (part, layer) in self._by_layer

    def apply(self, part: str, number: int, layer: PackedLayer) -> None:
        """Take heads out of a layer, before its output is asked for; its weights stay as they are."""
        for head in self._by_layer.get((part, number), ()):
            for run in layer.heads:
                take_away(run.attention.context[:, head], self.ablate)

    def hidden(self, n_query: int, n_key: int) -> Array | None:
        """The pairs that are cut apart: boolean `[n_query, n_key]`; None: none. Those of later tokens are left out."""
        if not self.cuts:
            return None
        hidden = np.zeros((n_query, n_key), bool)
        for query, key in self.cuts:
            hidden[query : query + 1, key : key + 1] = True
        return hidden


#: Nothing is changed.
UNCHANGED = Changes()


def take_away(context: Array, ablate: str) -> None:
    """Put zeros, or the mean over the n tokens, in the place of a head's contexts `[b, n, d_v]`."""
    context[:] = 0 if ablate == "zero" else context.mean(axis=1, keepdims=True)
