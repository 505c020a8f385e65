"""The derivatives of steps 2 and 3: back through the weighted sum and the softmax of `attention.py`."""

from typing import NamedTuple

from attncli.arrays import Array
from attncli.attention.attend import Attention


class AttentionGradients(NamedTuple):
    """Derivatives by the scores before the temperature `[..., n_query, n_key]`, the values, and the temperature."""

    scores: Array
    value: Array
    temperature: Array


def softmax_backward(d_weights: Array, weights: Array) -> Array:
    """W = softmax(S), so dS = W ∘ (dW − Σ_k W dW): `[..., n_key]`; 0 where a weight is 0."""
    along = (weights * d_weights).sum(axis=-1, keepdims=True)  # [..., 1]
    d_scores: Array = weights * (d_weights - along)
    return d_scores


def attend_backward(
    d_context: Array, attention: Attention, value: Array, temperature: Array | float = 1.0
) -> AttentionGradients:
    """Y = W v and W = softmax(S/τ), so dW = dY vᵀ, dv = Wᵀ dY, dS = dsoftmax/τ, dτ = −Σ dS · (S/τ).

    `attention.scores` are those that entered the softmax, S/τ. temperature: a number, or `[n_head, 1, 1]`; its own
    derivatives are summed over queries and keys, `[..., n_head]`.
    """
    d_weights = d_context @ value.swapaxes(-1, -2)  # [..., n_query, n_key]
    d_value = attention.weights.swapaxes(-1, -2) @ d_context  # [..., n_key, d_v]
    d_scores = softmax_backward(d_weights, attention.weights) / temperature  # [..., n_query, n_key]
    seen = attention.weights > 0  # a hidden score is −inf, and takes no part
    by_temperature = -(d_scores * _where_seen(attention.scores, seen)).sum(axis=(-2, -1))  # [..., n_head]
    return AttentionGradients(d_scores, d_value, by_temperature)


def _where_seen(scores: Array, seen: Array) -> Array:
    kept = scores.copy()
    kept[~seen] = 0
    return kept
