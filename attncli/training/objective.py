"""The loss: a word should attend to the words that best predict it. Forward and backward, written out.

For position i the context is every j that holds another word than w_i. A candidate word c asks with its own query:

    a_c = softmax_j((q_c·k_j/√d_k + position term) / τ),  Y_c = concat_h(Σ_j a_c v_j) w_o,  s(c, i) = Y_c·E_c / √d

and the loss is the softmax cross-entropy of the true word against negatives that the batch shares. If the true word's
query scored all candidates, its weights would give the answer away; so would the same word visible at another place.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention, attend, attend_backward
from attncli.attention.positions import position_scores, position_scores_backward
from attncli.attention.products import row_blocks
from attncli.attention.similarity import method_of
from attncli.heads.parameters import project

Block = Mapping[str, Array]  # parameters by the names of a projections file
Gradients = dict[str, Array]
TOKENS_AT_ONCE = 512  # the arrays of so many stay in a core's cache


class Batch(NamedTuple):
    """Sentences of about one length: rows `[s, n]` (−1: padding), x `[s, n, d]`, target_weight `[s, n]`.

    The batch shares its negatives `[c]` and their vectors e `[c, d]`.
    """

    rows: Array
    x: Array
    target_weight: Array
    negatives: Array
    e: Array


class Keys(NamedTuple):
    """The keys and values that queries look at, k, v `[s, n_head, n, d]`, and the bias of the scores, −inf: hidden."""

    k: Array
    v: Array
    bias: Array  # [s, n_head, n, n]


def hidden(rows: Array) -> Array:
    """The keys that a place may not see: its own word, at every place, and padding; boolean `[s, n, n]`."""
    same: Array = (rows[:, :, None] == rows[:, None, :]) | (rows[:, None, :] < 0)
    return same


def by_sentence(x: Array, w: Array) -> Array:
    """X `[s, n, d]` projected by w `[n_head, d, d_k]`, in one product a head: `[s, n_head, n, d_k]`."""
    s, n, d = x.shape
    return project(x.reshape(s * n, d), w).reshape(len(w), s, n, -1).swapaxes(0, 1)


def read_keys(block: Block, batch: Batch) -> Keys:
    """The keys and values of the sentences, and the keys that each place sees."""
    k, v = by_sentence(batch.x, block["w_k"]), by_sentence(batch.x, block["w_v"])
    bias = np.zeros((len(k), k.shape[1], k.shape[2], k.shape[2]), k.dtype)
    if "position_bias" in block:
        bias += position_scores(k, block["position_bias"], block["key_offset_bias"])
    np.copyto(bias, -np.inf, where=hidden(batch.rows)[:, None])
    return Keys(k, v, bias)


def readings(block: Block) -> Array:
    """w_o as each head reads a candidate's vector, the transpose of its rows: `[n_head, d, d_v]`, with the 1/√d."""
    n_head, d, d_v = block["w_v"].shape
    w: Array = block["w_o"].reshape(n_head, d_v, d).swapaxes(-1, -2) / math.sqrt(d)
    return w


class Totals:
    """Derivatives on their way back: those by keys, values and biases are sums over the two kinds of queries."""

    def __init__(self, block: Block, batch: Batch, keys: Keys, found: Gradients) -> None:
        self.block, self.batch, self.keys, self.found = block, batch, keys, found
        self.k, self.v, self.bias = (np.zeros_like(array) for array in keys)

    def queries(self, x: Array, d_q: Array) -> None:
        """Q = x w_q + b_q: x `[n, d]`, d_q `[n_head, n, d_k]`."""
        self.found["w_q"] += x.T @ d_q
        if "b_q" in self.found:
            self.found["b_q"] += d_q.sum(axis=1)

    def readings(self, x: Array, d_reading: Array) -> None:
        """Reading = x w_oᵀ/√d, head by head: x `[n, d]`, d_reading `[n_head, n, d_v]`."""
        by_head = d_reading.swapaxes(-1, -2) @ x / math.sqrt(x.shape[-1])  # [n_head, d_v, d]
        self.found["w_o"] += by_head.reshape(self.found["w_o"].shape)

    def keys_backward(self) -> None:
        """K = x w_k and v = x w_v, once everything has arrived."""
        block, found, x = self.block, self.found, self.batch.x
        if "position_bias" in block:
            biases = block["position_bias"], block["key_offset_bias"]
            d_k, *d_biases = position_scores_backward(self.bias, self.keys.k, *biases)
            self.k += d_k
            found["position_bias"] += d_biases[0]
            found["key_offset_bias"] += d_biases[1]
        flat = x.reshape(-1, x.shape[-1])  # [s·n, d]
        found["w_k"] += flat.T @ flatten(self.k)
        found["w_v"] += flat.T @ flatten(self.v)


def flatten(array: Array) -> Array:
    """`[s, n_head, n, d]` as `[n_head, s·n, d]`."""
    s, n_head, n, d = array.shape
    return array.swapaxes(0, 1).reshape(n_head, s * n, d)


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
    worth: Array  # [s, n_head, n, c]; v_j·reading, the addition of key j to a word's score
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


def target_shares(batch: Batch) -> Array:
    """The share of each place in the loss, summing to 1; places that see nothing count nothing: `[s, n]`."""
    sees = ~hidden(batch.rows).all(axis=-1)  # [s, n]
    weight = np.where(sees, batch.target_weight, 0)
    share: Array = weight / max(float(weight.sum()), float(np.finfo(np.float32).tiny))
    return share


def cross_entropy(batch: Batch, truth: Truth, negatives: Negatives) -> tuple[float, Array, Array]:
    """Σ target_weight · −log softmax of the true word, and its derivatives by the scores `[s, n]` and `[s, n, c]`."""
    same = batch.rows[:, :, None] == batch.negatives  # [s, n, c]; negatives that are the true word are left out
    others = np.where(same, -np.inf, negatives.scores)
    peak = np.maximum(others.max(axis=-1), truth.scores)  # [s, n]
    d_others = np.exp(others - peak[..., None])
    d_truth = np.exp(truth.scores - peak)
    total = d_others.sum(axis=-1) + d_truth  # [s, n]
    losses = np.log(total) + peak - truth.scores  # [s, n]
    weight = batch.target_weight
    d_others *= (weight / total)[..., None]
    return float((losses * weight).sum()), weight * (d_truth / total - 1), d_others


def loss(block: Block, batch: Batch, method: str = "scaled") -> float:
    """The loss alone: the mean over places, weighted."""
    batch = batch._replace(target_weight=target_shares(batch))
    keys = read_keys(block, batch)
    truth, negatives = score_truth(block, batch, keys, method), score_negatives(block, batch, keys, method)
    return cross_entropy(batch, truth, negatives)[0]


def loss_and_gradients(block: Block, batch: Batch, method: str = "scaled") -> tuple[float, Gradients]:
    """The loss, and its derivatives by every parameter of the block; a few sentences at a time, which fit the cache."""
    batch = batch._replace(target_weight=target_shares(batch))
    found: Gradients = {name: np.zeros_like(array) for name, array in block.items()}
    value = 0.0
    for some in row_blocks(len(batch.rows), batch.rows.shape[1], TOKENS_AT_ONCE):
        part = batch._replace(rows=batch.rows[some], x=batch.x[some], target_weight=batch.target_weight[some])
        keys = read_keys(block, part)
        truth, negatives = score_truth(block, part, keys, method), score_negatives(block, part, keys, method)
        part_value, d_true, d_negatives = cross_entropy(part, truth, negatives)
        total = Totals(block, part, keys, found)
        truth_backward(d_true, truth, total, method)
        negatives_backward(d_negatives, negatives, total, method)
        total.keys_backward()
        value += part_value
    return value, found
