"""From the vectors of the words of two sentences to links: similarity, scores, weights, the rule for links."""

from typing import NamedTuple

import numpy as np

from attncli.analysis.links import RULES, neighbouring, position_distance
from attncli.arrays import Array
from attncli.attention.attend import softmax
from attncli.attention.similarity import method_of
from attncli.settings.alignment import COSINE_TEMPERATURE, AlignmentSettings


class WordLinks(NamedTuple):
    """Every step from vectors to links, of one pair of sentences or of many of equal lengths: each `[..., n, m]`.

    similarity: 0 where a word has no vector; scores: with that of the neighbours and the prior; weights: the softmax
    over the target words; links: boolean.
    """

    similarity: Array
    scores: Array
    weights: Array
    links: Array


def link_words(
    x: Array, y: Array, settings: AlignmentSettings, has_x: Array | None = None, has_y: Array | None = None
) -> WordLinks:
    """The links of source words `[..., n, d]` and target words `[..., m, d]`, under resolved settings.

    has_x, has_y: whether a word has a vector, boolean `[..., n]` and `[..., m]`; None: all have. A word without one has
    no link. The arrays have the dtype of the vectors.
    """
    similarity, scores, links = scored_links(x, y, settings, has_x, has_y)
    weights = softmax(_below_best(scores, -1, _temperature(settings, x.dtype)))
    return WordLinks(similarity, scores, weights, links)


def scored_links(
    x: Array, y: Array, settings: AlignmentSettings, has_x: Array | None = None, has_y: Array | None = None
) -> tuple[Array, Array, Array]:
    """As `link_words` without the weights, which the links of many pairs do not need."""
    method = method_of(settings.method)
    parameters = {name: each[0] for name, each in method.untrained(1, x.shape[-1]).items()}
    paired = _both(x.shape[:-1], y.shape[:-1], has_x, has_y)  # [..., n, m]
    similarity = np.where(paired, method.score(x, y, **parameters), 0).astype(x.dtype, copy=False)  # [..., n, m]
    most = np.finfo(x.dtype).max / 8  # so that no sum is infinite
    similarity = similarity.clip(-most, most)
    near = x.dtype.type(settings.neighbours) * neighbouring(similarity)  # [..., n, m]
    away = x.dtype.type(settings.prior) * position_distance(x.shape[-2], y.shape[-2]).astype(x.dtype)  # [n, m]
    scores = similarity + near - away
    temperature = _temperature(settings, x.dtype)
    agreement = scores - (_soft_maximum(scores, -1, temperature) + _soft_maximum(scores, -2, temperature)) / 2
    able = paired if settings.null is None else paired & _above(similarity, paired, settings.null)
    return similarity, scores, RULES[settings.links](np.where(able, agreement, -np.inf))


def _temperature(settings: AlignmentSettings, dtype: np.dtype) -> np.floating:
    """The temperature as a number of the dtype, neither 0 nor infinite."""
    reach = np.finfo(dtype)
    number: np.floating = dtype.type(min(max(settings.temperature or 1, float(reach.tiny)), float(reach.max)))
    return number


def _below_best(scores: Array, axis: int, temperature: np.floating) -> Array:
    """(score − best) / T along an axis, so that no quotient is infinite but downwards."""
    with np.errstate(over="ignore"):
        below: Array = (scores - scores.max(axis=axis, keepdims=True, initial=-np.inf)) / temperature
    return below


def _soft_maximum(scores: Array, axis: int, temperature: np.floating) -> Array:
    """T·log mean exp(scores / T) along an axis: log weight = (score − it) / T, but for a constant of the matrix.

    A score less half of those of its row and its column is so, but for such constants, T/2 times the logarithm of the
    product of both directions' weights: the alignment by agreement of Liang, Taskar & Klein (2006).
    """
    mean = np.expm1(_below_best(scores, axis, temperature)).mean(axis=axis, keepdims=True)  # from −1 to 0
    with np.errstate(divide="ignore"):  # of an empty sentence
        soft: Array = scores.max(axis=axis, keepdims=True, initial=-np.inf) + temperature * np.log1p(mean)
    return soft


def resolved_temperature(settings: AlignmentSettings, own: float | None) -> float:
    """The temperature of the weights.

    own: that which a vector set has for attention from one text to another, whose scores are `scaled` ones.
    """
    usual = {"cosine": COSINE_TEMPERATURE, "scaled": own or 1.0}
    return settings.temperature or usual.get(settings.method, 1.0)


def _both(n: tuple[int, ...], m: tuple[int, ...], has_x: Array | None, has_y: Array | None) -> Array:
    """Whether both words of a pair have a vector: `[..., n, m]`."""
    rows = np.ones(n, bool) if has_x is None else has_x
    columns = np.ones(m, bool) if has_y is None else has_y
    paired: Array = rows[..., :, None] & columns[..., None, :]
    return paired


def _above(similarity: Array, paired: Array, null: float) -> Array:
    """Whether the best similarities of both words of a pair reach `null`: `[..., n, m]`."""
    reached: Array = np.logical_and(similarity >= null, paired)  # [..., n, m]
    able: Array = np.logical_and(reached.any(axis=-1, keepdims=True), reached.any(axis=-2, keepdims=True))
    return able
