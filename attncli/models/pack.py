"""Packs: the token ids of several texts end to end, without padding, as the input of one forward pass.

Linear layers, norms and activations see `[tokens, d]`; attention sees a run of texts of one length at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.past import Past


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
    """Token ids `[tokens]` of texts end to end, and the runs of equal lengths among them.

    segments `[tokens]`: the number of each token's segment (Devlin et al. 2019, section 3); None: all 0. hidden: of
    texts of one length the keys that queries are not shown, boolean `[n, n]`; None: none. past: of texts of one length
    the tokens before these, which they read on from; `hidden` is `[n, past.n + n]` then.
    """

    ids: Array
    runs: tuple[Run, ...]
    segments: Array | None = None
    hidden: Array | None = None
    past: Past | None = None

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]], segments: Sequence[Sequence[int]] | None = None) -> "Pack":
        """The pack of the token ids of texts, in their order: sorted by length they make the fewest runs.

        segments: those of each text's tokens; None: all 0.
        """
        pack = cls._with_runs(texts, [(n, len(list(same))) for n, same in groupby(map(len, texts))])
        return pack if segments is None else replace(pack, segments=_joined(segments, len(pack.ids)))

    @classmethod
    def _with_runs(cls, texts: Sequence[Sequence[int]], lengths: Sequence[tuple[int, int]]) -> "Pack":
        """The pack of texts whose runs have these lengths and numbers of texts."""
        starts = [0, *accumulate(n * b for n, b in lengths)]
        runs = (Run(start, b, n) for start, (n, b) in zip(starts, lengths, strict=False))
        return cls(_joined(texts, starts[-1]), tuple(runs))

    @classmethod
    def of_pairs(cls, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> tuple["Pack", "Pack"]:
        """The packs of sources and of their targets: a run of one has neighbours that are alike in the other too."""
        lengths = [*zip(map(len, sources), map(len, targets), strict=True)]
        alike = [(n, len(list(same))) for n, same in groupby(lengths)]
        of_sources, of_targets = ([(n[at], b) for n, b in alike] for at in (0, 1))
        return cls._with_runs(sources, of_sources), cls._with_runs(targets, of_targets)

    @property
    def first(self) -> int:
        """The place of the first token of each text."""
        return 0 if self.past is None else self.past.n

    def of_layer(self, number: int) -> "Pack":
        """The pack for layer `number`."""
        return self if self.past is None else replace(self, past=self.past.of_layer(number))

    def counted(self, count: Callable[[Array], Array]) -> Array:
        """The numbers `[tokens]` that a function counts over the ids of whole texts: `[b, n]` from `[b, n]`."""
        if self.past is None:
            return self.joined(map(count, self.by_run(self.ids)))
        (ids,) = self.by_run(self.ids)
        return count(np.concatenate([self.past.ids, ids], axis=1))[:, self.first :].reshape(-1)

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


def _joined(texts: Sequence[Sequence[int]], tokens: int) -> Array:
    """The numbers of texts end to end: `[tokens]`; ValueError if they are not as many."""
    return np.fromiter((number for text in texts for number in text), np.intp, tokens)
