"""The strongest keys of every query, kept while keys come block by block."""

import numpy as np

from attncli.arrays import Array

#: Strengths this close (relatively) are equal: where a key stands decides how its products are rounded.
TIES = {np.dtype(np.float32): 2.0**-19, np.dtype(np.float64): 1e-12}
FEW = 8  # times `top`: a row with more new candidates than that is first cut to `top` of them


class Ranks:
    """The first `top` keys of `n` queries, strongest first; of equal ones those that came first.

    keys `[n, top]` (−1: none), strengths `[n, top]` (−inf: none).
    """

    def __init__(self, n: int, top: int, dtype: np.dtype) -> None:
        self.keys = np.full((n, top), -1, np.int64)
        self.strengths = np.full((n, top), -np.inf, dtype)
        self._tie = TIES[np.dtype(dtype)]

    def add(self, strengths: Array, first: int) -> None:
        """Go on with strengths `[n, columns]` of the keys from `first` on; −inf is not to be seen."""
        top = self.keys.shape[1]
        if not top:
            return
        stronger = strengths > self._bound()[:, None]  # [n, columns]
        count = stronger.sum(axis=1)  # [n]
        many = np.flatnonzero(count > FEW * top)
        if len(many):
            places = self._first_places(np.where(stronger[many], strengths[many], -np.inf), top)  # [many, top]
            self._merge(many, places + first, np.take_along_axis(strengths[many], places, axis=1))
            stronger[many] = False
        if len(few := np.flatnonzero((count > 0) & (count <= FEW * top))):
            self._merge_few(few, stronger[few], strengths[few], first)

    def _bound(self) -> Array:
        """What a strength must be above to count among the first: `[n]`."""
        least = self.strengths[:, -1]
        full = least > -np.inf
        return np.where(full, least + self._tie * np.abs(np.where(full, least, 0)), -np.inf)

    def _merge_few(self, rows: Array, stronger: Array, strengths: Array, first: int) -> None:
        """Let the marked strengths of `[rows, columns]` compete, a handful in each row."""
        row, column = np.nonzero(stronger)
        count = np.bincount(row, minlength=len(rows))  # [rows]
        place = np.arange(len(row)) - (count.cumsum() - count)[row]  # which one of its row
        keys = np.full((len(rows), count.max()), -1)
        found = np.full(keys.shape, -np.inf, strengths.dtype)
        keys[row, place], found[row, place] = column + first, strengths[row, column]
        self._merge(rows, keys, found)

    def _merge(self, rows: Array, keys: Array, strengths: Array) -> None:
        """Let new keys `[rows, m]`, in the order of their places, compete with those that are kept."""
        all_keys = np.concatenate([self.keys[rows], keys], axis=1)  # [rows, top + m]
        all_strengths = np.concatenate([self.strengths[rows], strengths], axis=1)
        order = np.argsort(-self._steps(all_strengths), axis=1, kind="stable")[:, : self.keys.shape[1]]
        self.keys[rows] = np.take_along_axis(all_keys, order, axis=1)
        self.strengths[rows] = np.take_along_axis(all_strengths, order, axis=1)

    def _first_places(self, strengths: Array, top: int) -> Array:
        """The places of the `top` strongest of each row, in the order of their places; of equal ones the first."""
        steps = self._steps(strengths)
        least = np.partition(steps, -top, axis=1)[:, [-top]]  # [rows, 1]
        above, level = steps > least, steps == least
        room = top - above.sum(axis=1, keepdims=True)  # [rows, 1]
        kept = above | (level & (level.cumsum(axis=1) <= room))
        return np.nonzero(kept)[1].reshape(len(strengths), top)

    def _steps(self, strengths: Array) -> Array:
        """Strengths rounded so that what differs by rounding alone becomes equal."""
        mantissa, exponent = np.frexp(strengths)
        return np.ldexp(np.rint(mantissa / (2 * self._tie)) * (2 * self._tie), exponent)
