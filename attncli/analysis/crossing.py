"""The share of a head's weight that crosses from one of two texts in an input to the other."""

import numpy as np

from attncli.arrays import Array


def crossing(weights: Array, texts: Array, special: Array) -> Array:
    """The mean over the tokens of both texts of their weight on the tokens of the other text: `[..., n_head]`.

    weights `[..., n_head, n, n]`; texts `[n]`: 0 for tokens of the first text, 1 for those of the second; special
    (boolean `[n]`): tokens that the model adds, which are of neither, as rows and as columns. 0 without a token of a
    text. A row is not divided by its sum over the texts, so that the share and those on other tokens add up.
    """
    first, second = (~special & (texts == number) for number in (0, 1))  # [n]
    over = weights[..., first, :][..., second].sum(axis=(-2, -1), dtype=np.float64)  # [..., n_head]
    back = weights[..., second, :][..., first].sum(axis=(-2, -1), dtype=np.float64)
    share: Array = (over + back) / max(1, int(first.sum() + second.sum()))
    return share
