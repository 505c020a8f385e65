"""Weights over words instead of word pieces, and without the tokens that a model adds.

Merge first, then hide: special tokens are words of their own, so that merging mixes them with nothing, and hiding
drops the weight of whole words.
"""

import numpy as np

from attncli.arrays import Array


def merge_words(weights: Array, queries: Array, keys: Array | None = None) -> Array:
    """Weights of words `[..., n_query_word, n_key_word]` from weights of their pieces `[..., n_query, n_key]`.

    Weight on a word is the sum over its pieces, weight from a word the mean over them (Clark et al. 2019, section
    4.1), so that rows sum to 1 again; a piece that sees nothing counts as zeros. queries `[n_query]` and keys `[n_key]`
    (None: the same) number the word of each token; the result has a row a number that occurs, in ascending order. Where
    each token is a word of its own it is the weights themselves.
    """
    return _mean(_sum(weights, queries if keys is None else keys), queries)


def _sum(weights: Array, words: Array) -> Array:
    """Weight on words `[..., n_key_word]`."""
    summed: Array = weights if _apart(words) else weights @ _belongs(words, weights)
    return summed


def _mean(weights: Array, words: Array) -> Array:
    """Weight from words `[..., n_query_word, n_key]`."""
    if _apart(words):
        return weights
    share = _belongs(words, weights)
    share /= share.sum(axis=0)  # [n_query, n_query_word]; columns sum to 1
    mean: Array = share.T @ weights
    return mean


def _apart(words: Array) -> bool:
    """Whether each token is a word of its own, in ascending order: then nothing is merged."""
    return bool((words[1:] > words[:-1]).all())


def hide(weights: Array, queries: Array, keys: Array | None = None) -> Array:
    """Weights `[..., n_query, n_key]` without the rows and columns that are marked, the rest of each row renormalised.

    queries `[n_query]` and keys `[n_key]` (None: the same), boolean: those that are left out. A row whose whole weight
    was on hidden keys becomes 0.
    """
    kept = weights[..., ~queries, :][..., ~(queries if keys is None else keys)]  # [..., kept queries, kept keys]
    total = kept.sum(axis=-1, keepdims=True)  # [..., kept queries, 1]
    normal: Array = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
    return normal


def _belongs(words: Array, weights: Array) -> Array:
    """Ones where a token `[n]` belongs to a word `[n_word]`: `[n, n_word]`."""
    numbers, word = np.unique(words, return_inverse=True)  # [n_word], [n]
    belongs: Array = (word[:, None] == np.arange(len(numbers))).astype(weights.dtype)
    return belongs
