"""Packs: the token ids of several texts end to end, without padding, as the input of one forward pass.

Linear layers, norms and activations see `[tokens, d]`; attention sees a run of texts of one length at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array


class Run(NamedTuple):
    """`b` neighbouring texts of a pack that have `n` tokens each; `start` is the first token of the first text."""

    start: int
    b: int
    n: int

    @property
    def tokens(self) -> slice:
        """The places of its tokens in the pack."""
        return slice(self.start, self.start + self.b * self.n)


@dataclass(frozen=True, eq=False)
class Pack:
    """Token ids `[tokens]` of texts end to end, and the runs of equal lengths among them."""

    ids: Array
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]]) -> "Pack":
        """The pack of the token ids of texts, in their order: sorted by length they make the fewest runs."""
        runs, start = [], 0
        for n, same in groupby(map(len, texts)):
            runs.append(Run(start, len(list(same)), n))
            start += runs[-1].b * n
        ids = np.fromiter((token for text in texts for token in text), np.intp, start)
        return cls(ids, tuple(runs))

    def by_run(self, x: Array) -> Iterator[Array]:
        """An array `[tokens, ...]` run by run: `[b, n, ...]`."""
        return (x[run.tokens].reshape(run.b, run.n, *x.shape[1:]) for run in self.runs)

    def joined(self, runs: Iterator[Array]) -> Array:
        """Arrays `[b, n, ...]`, one a run, as `[tokens, ...]`."""
        given = list(runs)
        joined = np.empty((len(self.ids), *given[0].shape[2:]), given[0].dtype)
        for run, x in zip(self.by_run(joined), given, strict=True):
            run[:] = x
        return joined
