"""The parts that attn-world composes unknown words of: which ones, and rows whose sums are the vectors of words."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array, eye_array

from attncli.text.splitting import cheapest_split, rank_cost
from attncli.vectors.store.parts import LONGEST_PART, START, spelling

RARE = 3  # a part of fewer words than this is left out, unless it is one character
PENALTY = 0.5  # on the squares of the parts' numbers
STEPS = 40  # of conjugate gradients, after which the sums move by less than the store's rounding


def chosen_parts(pieces: Sequence[str], words: Sequence[str]) -> list[str]:
    """The pieces, in their order, that words are cut into often enough."""
    pieces = [piece for piece in pieces if len(piece) <= LONGEST_PART]
    cut = Cutter(pieces)
    used = np.zeros(len(pieces), np.int64)
    for word in words:
        np.add.at(used, cut(word), 1)
    return [piece for piece, n in zip(pieces, used, strict=True) if n >= RARE or len(piece.lstrip(START)) <= 1]


class Cutter:
    """Cuts words into parts as the store does: `attncli.vectors.store.parts.parts_of` with all parts at hand."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._rank = {part: rank for rank, part in enumerate(parts)}
        self._begun = {part[:end] for part in parts for end in range(1, len(part) + 1)}

    def __call__(self, word: str) -> list[int]:
        """The ranks of the parts of a word."""
        spelt = spelling(word)
        spans = cheapest_split((0, len(spelt)), lambda start: self._parts_at(spelt, start))
        found = (self._rank.get(spelt[start:end]) for start, end in spans)
        return [rank for rank in found if rank is not None]

    def _parts_at(self, spelt: str, start: int) -> Iterator[tuple[int, float]]:
        for end in range(start + 1, len(spelt) + 1):
            if spelt[start:end] not in self._begun:
                return
            if (rank := self._rank.get(spelt[start:end])) is not None:
                yield end, rank_cost(rank)


def fitted(cuts: Sequence[Sequence[int]], vectors: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows [parts, d] whose sums over each word's parts come nearest to its vector, and those sums [n, d].

    Least squares with a penalty on the squares of the numbers (ridge regression), by conjugate gradients.
    """
    ends = np.cumsum([0, *map(len, cuts)])
    ranks = np.fromiter((rank for cut in cuts for rank in cut), np.int64, int(ends[-1]))
    words = csr_array((np.ones(len(ranks)), ranks, ends), shape=(len(cuts), parts))  # [n, parts]
    matrix = words.T @ words + PENALTY * eye_array(parts)
    rows = conjugate_gradients(matrix.tocsr(), words.T @ vectors.astype(np.float64))
    return rows, np.asarray(words @ rows)


def conjugate_gradients(matrix: csr_array, right: np.ndarray) -> np.ndarray:
    """X [m, d] with matrix [m, m] · X = right [m, d], nearly, each column by itself (Hestenes & Stiefel 1952)."""
    x, rest = np.zeros_like(right), right.copy()
    direction, squares = rest.copy(), (rest * rest).sum(axis=0)  # [m, d], [d]
    for _ in range(STEPS):
        along = matrix @ direction  # [m, d]
        step = squares / np.maximum((direction * along).sum(axis=0), 1e-300)  # [d]
        x += step * direction
        rest -= step * along
        before, squares = squares, (rest * rest).sum(axis=0)
        direction = rest + squares / np.maximum(before, 1e-300) * direction
    return x
