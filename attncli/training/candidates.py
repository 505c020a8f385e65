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
    temperature = block["temperature"][:, None, None]
    back = attend_backward(d * truth.reading, truth.attention, keys.v, temperature)
    total.v += back.value
    total.bias += back.scores
    total.found["temperature"] += back.temperature.sum(axis=0)
    _similarity_backward(back.scores, truth.q, total, method, x)


class Negatives(NamedTuple):
    """The negatives, each at every place. exp(a + b) = exp(a)·exp(b) spares a softmax for each pair of word and place.

    It is the attention of `attend` under another name, and is tested to be; with a softmax for each pair, training
    would take several times as long. `own` is exp of a word's scores, `place` exp of the bias; both are divided by
    the temperature first. In float32 a key whose score is 87 below the best of its sentence counts nothing.
    """

    q: Array  # [n_head, c, d_k]
    reading: Array  # [n_head, c, d_v]
    divided: Array  # [s, n_head, n, c]; each key's score for each word, over the temperature
    own: Array  # [s, n_head, n, c]
    place: Array  # [s, n_head, n, n]
    worth: Array  # [s, n_head, n, c]; v_j·reading, what key j adds to a word's score
    total: Array  # [s, n_head, n, c]
    by_head: Array  # [s, n_head, n, c]; each head's part of the score
    scores: Array  # [s, n, c]


def score_negatives(block: Block, batch: Batch, keys: Keys, method: str) -> Negatives:
    """s(c, i) of every negative c at every place i."""
    q = project(batch.e, block["w_q"]) + _query_bias(block)  # [n_head, c, d_k]
    reading = project(batch.e, readings(block))  # [n_head, c, d_v]
    similarity = method_of(method)
    given = {name: block[name] for name in similarity.parameters}
    raw = similarity.score(q, keys.k, **given)  # [s, n_head, c, n]
    temperature = block["temperature"][:, None, None]  # [n_head, 1, 1]
    divided = np.divide(raw.swapaxes(-1, -2), temperature, order="C")  # [s, n_head, n, c]
    own = np.exp(divided - divided.max(axis=-2, keepdims=True))  # [s, n_head, n, c]
    place = _exp_from_peak(keys.bias / temperature)  # [s, n_head, n, n]
    worth = keys.v @ reading.swapaxes(-1, -2)  # [s, n_head, n, c]
    total = place @ own  # [s, n_head, n, c]
    total += np.finfo(own.dtype).tiny  # of a place that sees nothing
    by_head = place @ (own * worth)
    by_head /= total
    return Negatives(q, reading, divided, own, place, worth, total, by_head, by_head.sum(axis=1))


def negatives_backward(d_scores: Array, negatives: Negatives, total: Totals, method: str) -> None:
    """Back through `score_negatives`, of d_scores `[s, n, c]`: by_head = N/D, N = place (own∘worth), D = place own."""
    block, keys, e = total.block, total.keys, total.batch.e
    d_n = d_scores[:, None] / negatives.total  # [s, n_head, n, c]
    d_d = d_n * negatives.by_head  # with its sign changed
    back = negatives.place.swapaxes(-1, -2)
    from_n = back @ d_n  # [s, n_head, n, c]
    d_divided = negatives.own * (from_n * negatives.worth - back @ d_d)  # by the scores over the temperature
    d_worth = from_n * negatives.own
    d_place = d_n @ (negatives.own * negatives.worth).swapaxes(-1, -2) - d_d @ negatives.own.swapaxes(-1, -2)
    d_bias = d_place * negatives.place  # [s, n_head, n, n]; by the bias over the temperature
    temperature = block["temperature"][:, None, None]  # [n_head, 1, 1]
    seen_bias = np.where(negatives.place > 0, keys.bias, 0) / temperature  # [s, n_head, n, n]
    by_temperature = np.einsum("shnc,shnc->h", d_divided, negatives.divided)  # [n_head]
    by_temperature += np.einsum("shij,shij->h", d_bias, seen_bias)
    total.found["temperature"] -= by_temperature / block["temperature"]
    total.bias += d_bias / temperature
    total.v += d_worth @ negatives.reading
    total.readings(e, (d_worth.swapaxes(-1, -2) @ keys.v).sum(axis=0))
    d_divided /= temperature
    _similarity_backward(d_divided.swapaxes(-1, -2), negatives.q, total, method, e)


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
