"""Positions, added to the vectors of the words or to the scores; attention itself is independent of order.

Offsets are j − i, clipped at ±reach (Shaw et al. 2018, section 3.2); entry o of a bias belongs to the offset o − reach.
"""

import math

import numpy as np

from attncli.arrays import Array


def sinusoidal(n: int, d_model: int) -> Array:
    """Sines and cosines of the place, `[n, d_model]` float64 (Vaswani et al. 2017, section 3.5).

    Dimension 2i of place p is sin(p / 10000^(2i/d_model)), dimension 2i + 1 the cosine of the same angle.
    """
    dimension = np.arange(d_model)  # [d_model]
    angle = np.arange(n)[:, None] / 10000 ** ((dimension - dimension % 2) / d_model)  # [n, d_model]
    return np.where(dimension % 2, np.cos(angle), np.sin(angle))  # [n, d_model]


def position_scores(key: Array, position_bias: Array, key_offset_bias: Array) -> Array:
    """The addition to the scores: b_(j−i) + k_j·r_(j−i)/√d_k, `[..., n_head, n, n]`.

    key: `[..., n_head, n, d_k]`; position_bias b: `[n_head, 2·reach + 1]`; key_offset_bias r: `[n_head, 2·reach + 1,
    d_k]` is a query that depends on the offset alone (Shaw et al. 2018, equation 4, with the sides exchanged).
    """
    places = np.arange(key.shape[-2])
    return offset_scores(by_offset(key, position_bias, key_offset_bias), places, places)


def by_offset(key: Array, position_bias: Array, key_offset_bias: Array) -> Array:
    """The addition for each key at each offset: `[..., n_head, n_key, 2·reach + 1]`."""
    by_key = key @ key_offset_bias.swapaxes(-1, -2) / math.sqrt(key.shape[-1])
    summed: Array = by_key + position_bias[..., None, :]
    return summed


def offset_scores(by_key: Array, i: Array, j: Array) -> Array:
    """The additions of `by_offset` for queries at places i and keys at places j: `[..., n_head, len(i), len(j)]`."""
    reach = by_key.shape[-1] // 2
    place = np.clip(j - i[:, None], -reach, reach) + reach  # [len(i), len(j)]
    scores: Array = by_key[..., j, place]
    return scores


def as_by_offset(added: Array) -> Array:
    """Additions `[..., n, n]` of queries and keys as `by_offset` has them: `[..., n, 2n − 1]`, 0 where no query is."""
    n = added.shape[-1]
    i, j = np.indices((n, n))
    by_key = np.zeros((*added.shape[:-2], n, 2 * n - 1), added.dtype)
    by_key[..., j, j - i + n - 1] = added
    return by_key


def position_scores_backward(
    d_scores: Array, key: Array, position_bias: Array, key_offset_bias: Array
) -> tuple[Array, Array, Array]:
    """Derivatives by key, position_bias and key_offset_bias from those by `position_scores`."""
    place = offsets(key.shape[-2], position_bias.shape[-1] // 2)  # [n_query, n_key]
    chosen = place[..., None] == np.arange(position_bias.shape[-1])  # [n_query, n_key, 2·reach + 1]
    by_place = np.moveaxis(d_scores, -1, 0)  # [n_key, ..., n_head, n_query]
    flat = by_place.reshape(len(place), -1, len(place))  # [n_key, rest, n_query]
    d_flat = flat @ chosen.swapaxes(0, 1).astype(key.dtype)  # [n_key, rest, 2·reach + 1]
    d_by_key = np.moveaxis(d_flat.reshape(*by_place.shape[:-1], -1), 0, -2)  # [..., n_head, n_key, 2·reach + 1]
    lead = tuple(range(d_by_key.ndim - 3))
    scale = 1 / math.sqrt(key.shape[-1])
    d_key = d_by_key @ key_offset_bias * scale  # [..., n_head, n_key, d_k]
    d_offset = (d_by_key.swapaxes(-1, -2) @ key).sum(axis=lead) * scale  # [n_head, 2·reach + 1, d_k]
    return d_key, d_by_key.sum(axis=(*lead, -2)), d_offset


def offsets(n: int, reach: int) -> Array:
    """The entry of a bias for query i and key j: j − i clipped at ±reach, plus reach, `[n, n]`."""
    index = np.arange(n)
    place: Array = np.clip(index[None, :] - index[:, None], -reach, reach) + reach
    return place
