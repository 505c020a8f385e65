"""Positions: attention itself does not know the order of the words, so it is added to their vectors."""

import numpy as np

from attncli.arrays import Array


def sinusoidal(n: int, d_model: int) -> Array:
    """Sines and cosines of the place, `[n, d_model]` float64 (Vaswani et al. 2017, section 3.5).

    Dimension 2i of place p is sin(p / 10000^(2i/d_model)), dimension 2i + 1 the cosine of the same angle.
    """
    dimension = np.arange(d_model)  # [d_model]
    angle = np.arange(n)[:, None] / 10000 ** ((dimension - dimension % 2) / d_model)  # [n, d_model]
    return np.where(dimension % 2, np.cos(angle), np.sin(angle))  # [n, d_model]
