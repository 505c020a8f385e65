"""Weights over words instead of word pieces, and without the tokens that a model adds.

Merge first, then hide: special tokens are words of their own, so that merging mixes them with nothing, and hiding
drops the weight of whole words.
"""

import numpy as np

from attncli.arrays import Array


def merge_words(weights: Array, words: Array) -> Array:
    """Weights of words `[..., n_word, n_word]` from weights of their pieces `[..., n, n]`.

    Weight on a word is the sum over its pieces, weight from a word the mean over them (Clark et al. 2019, section
    4.1), so that rows sum to 1 again; a piece that sees nothing counts as zeros. words `[n]` numbers the word of each
    token; the result has a row a number that occurs, in ascending order.
    """
    numbers, word = np.unique(words, return_inverse=True)  # [n_word], [n]
    belongs = (word[:, None] == np.arange(len(numbers))).astype(weights.dtype)  # [n, n_word]
    share = belongs / belongs.sum(axis=0)  # [n, n_word]; columns sum to 1
    merged: Array = share.T @ (weights @ belongs)
    return merged


def hide(weights: Array, hidden: Array) -> Array:
    """Weights `[..., n, n]` without the rows and columns that `hidden` (boolean `[n]`) marks, renormalised.

    A row whose whole weight was on hidden tokens becomes 0.
    """
    kept = weights[..., ~hidden, :][..., ~hidden]  # [..., n_kept, n_kept]
    total = kept.sum(axis=-1, keepdims=True)  # [..., n_kept, 1]
    normal: Array = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
    return normal
