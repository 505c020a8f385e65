"""Candidates ask, each with its own query: the true words at their own places, the negatives at every place.

Each forward is followed by its backward, which takes the derivatives of the loss by the scores.
"""

from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention, attend, attend_backward
from attncli.attention.similarity import method_of
from attncli.heads.parameters import project
from attncli.training.context import Batch, Block, Keys, Totals, by_sentence, flatten, readings


class Truth(NamedTuple):
    """The true words, each at its own place: q, their attention, and how w_o reads them `[s, n_head, n, d_v]`."""

    q: Array
    attention: Attention
    reading: Array
    scores: Array  # [s, n]


def score_truth(block: Block, batch: Batch, keys: Keys, method: str) -> Truth:
    """s(w_i, i): each true word asks at its own place."""
    q = by_sentence(batch.x, block["w_q"]) + _query_bias(block)  # [s, n_head, n, d_k]
    given = {name: block[name] for name in method_of(method).parameters}
    attention = attend(
        q, keys.k, keys.v, method=method, mask=keys.bias, temperature=block["temperature"], parameters=given
    )
    reading = by_sentence(batch.x, readings(block))  # [s, n_head, n, d_v]
    return Truth(q, attention, reading, np.einsum("shnd,shnd->sn", attention.context, reading))


def truth_backward(d_scores: Array, truth: Truth, total: Totals, method: str) -> None:
    """Back through `score_truth`: d_scores `[s, n]`."""
    block, keys = total.block, total.keys
    x = total.batch.x.reshape(-1, total.batch.x.shape[-1])  # [s·n, d]
    d = d_scores[:, None, :, None]  # [s, 1, n, 1]
    total.readings(x, flatten(d * truth.attention.context))
    warmth = block["temperature"][:, None, None]
    back = attend_backward(d * truth.reading, truth.attention, keys.v, warmth)
    total.v += back.value
    total.bias += back.scores
    total.found["temperature"] += back.temperature.sum(axis=0)
    _similarity_backward(back.scores, truth.q, total, method, x)


class Rivals(NamedTuple):
    """The negatives, each at every place. exp(a + b) = exp(a)·exp(b) spares a softmax for each pair of word and place.

    It is the attention of `attend` under another name, and is tested to be; with a softmax for each pair, training
    would take several times as long. `own` is exp of a word's scores, `place` exp of the bias; both are divided by
    the temperature first. In float32 a key whose score is 87 below the best of its sentence counts nothing.
    """

    q: Array  # [n_head, c, d_k]
    reading: Array  # [n_head, c, d_v]
    warm: Array  # [s, n_head, n, c]; each key's score for each word
    own: Array  # [s, n_head, n, c]
    place: Array  # [s, n_head, n, n]
    worth: Array  # [s, n_head, n, c]; v_j·reading, what key j adds to a word's score
    total: Array  # [s, n_head, n, c]
    by_head: Array  # [s, n_head, n, c]; each head's part of the score
    scores: Array  # [s, n, c]


def score_rivals(block: Block, batch: Batch, keys: Keys, method: str) -> Rivals:
    """s(c, i) of every negative c at every place i."""
    q = project(batch.e, block["w_q"]) + _query_bias(block)  # [n_head, c, d_k]
    reading = project(batch.e, readings(block))  # [n_head, c, d_v]
    similarity = method_of(method)
    given = {name: block[name] for name in similarity.parameters}
    raw = similarity.score(q, keys.k, **given)  # [s, n_head, c, n]
    warmth = block["temperature"][:, None, None]  # [n_head, 1, 1]
    warm = np.divide(raw.swapaxes(-1, -2), warmth, order="C")  # [s, n_head, n, c]
    own = np.exp(warm - warm.max(axis=-2, keepdims=True))  # [s, n_head, n, c]
    place = _exp_from_peak(keys.bias / warmth)  # [s, n_head, n, n]
    worth = keys.v @ reading.swapaxes(-1, -2)  # [s, n_head, n, c]
    total = place @ own  # [s, n_head, n, c]
    total += np.finfo(own.dtype).tiny  # of a place that sees nothing
    by_head = place @ (own * worth)
    by_head /= total
    return Rivals(q, reading, warm, own, place, worth, total, by_head, by_head.sum(axis=1))


def rivals_backward(d_scores: Array, rivals: Rivals, total: Totals, method: str) -> None:
    """Back through `score_rivals`: d_scores `[s, n, c]`. by_head = N/D with N = place (own ∘ worth), D = place own."""
    block, keys, e = total.block, total.keys, total.batch.e
    d_n = d_scores[:, None] / rivals.total  # [s, n_head, n, c]
    d_d = d_n * rivals.by_head  # its negative, rather
    back = rivals.place.swapaxes(-1, -2)
    from_n = back @ d_n  # [s, n_head, n, c]
    d_warm = rivals.own * (from_n * rivals.worth - back @ d_d)  # by the scores over the temperature
    d_worth = from_n * rivals.own
    d_place = d_n @ (rivals.own * rivals.worth).swapaxes(-1, -2) - d_d @ rivals.own.swapaxes(-1, -2)
    d_bias = d_place * rivals.place  # [s, n_head, n, n]; by the bias over the temperature
    warmth = block["temperature"][:, None, None]  # [n_head, 1, 1]
    by_warmth = np.einsum("shnc,shnc->h", d_warm, rivals.warm)  # [n_head]
    by_warmth += np.einsum("shij,shij->h", d_bias, np.where(rivals.place > 0, keys.bias, 0)) / block["temperature"]
    total.found["temperature"] -= by_warmth / block["temperature"]
    total.bias += d_bias / warmth
    total.v += d_worth @ rivals.reading
    total.readings(e, (d_worth.swapaxes(-1, -2) @ keys.v).sum(axis=0))
    d_warm /= warmth
    _similarity_backward(d_warm.swapaxes(-1, -2), rivals.q, total, method, e)


def _similarity_backward(d_scores: Array, q: Array, total: Totals, method: str, x: Array) -> None:
    similarity = method_of(method)
    given = {name: total.block[name] for name in similarity.parameters}
    back = similarity.backward(d_scores, q, total.keys.k, **given)
    total.queries(x, back["query"] if q.ndim == 3 else flatten(back["query"]))
    total.k += back["key"]
    for name in given:
        total.found[name] += back[name]


def _query_bias(block: Block) -> Array | float:
    return block["b_q"][:, None, :] if "b_q" in block else 0.0  # [n_head, 1, d_k]


def _exp_from_peak(scores: Array) -> Array:
    """Exp of the scores of a row, its largest taken off, 0 in a row of −inf: `[..., n]`."""
    peak = scores.max(axis=-1, keepdims=True)
    exponentials: Array = np.exp(scores - np.where(peak == -np.inf, 0, peak))
    return exponentials
