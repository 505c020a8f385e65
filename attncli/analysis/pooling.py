"""Matrices of weights made smaller: each cell the largest weight of the cells that it stands for."""

import numpy as np

from attncli.arrays import Array


def pooled(weights: Array, rows: int, columns: int) -> Array:
    """Weights `[..., n, m]` as at most so many rows and columns, `[..., ≤ rows, ≤ columns]`.

    A mean would wash a diagonal out: the largest weight of neighbouring queries and keys stands for all of them.
    """
    down = np.maximum.reduceat(weights, _starts(weights.shape[-2], rows), axis=-2)  # [..., ≤ rows, m]
    across: Array = np.maximum.reduceat(down, _starts(weights.shape[-1], columns), axis=-1)
    return across


def _starts(n: int, groups: int) -> Array:
    """Where each of at most so many groups of n begins, `[≤ groups]`; all are of nearly the same size."""
    groups = min(n, groups)
    return np.arange(groups) * n // groups
