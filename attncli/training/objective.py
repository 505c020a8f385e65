"""The loss: a word should attend to the words that best predict it. Forward and backward, written out.

For position i the context is every j that holds another word than w_i. A candidate word c asks with its own query:

    a_c = softmax_j((q_c·k_j/√d_k + position term) / τ),  Y_c = concat_h(Σ_j a_c v_j) w_o,  s(c, i) = Y_c·E_c / √d

and the loss is the softmax cross-entropy of the true word against negatives that the batch shares. If the true word's
query scored all candidates, its weights would give the answer away; so would the same word visible at another place.
"""

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import row_blocks
from attncli.training.candidates import (
    Negatives,
    Truth,
    negatives_backward,
    score_negatives,
    score_truth,
    truth_backward,
)
from attncli.training.context import Batch, Block, Gradients, Totals, hidden, read_keys

TOKENS_AT_ONCE = 512  # what is formed for them stays in a core's cache


def target_shares(batch: Batch) -> Array:
    """How much each place counts, summing to 1; places that see nothing count nothing: `[s, n]`."""
    sees = ~hidden(batch.rows).all(axis=-1)  # [s, n]
    weight = np.where(sees, batch.target_weight, 0)
    share: Array = weight / max(float(weight.sum()), float(np.finfo(np.float32).tiny))
    return share


def cross_entropy(batch: Batch, truth: Truth, negatives: Negatives) -> tuple[float, Array, Array]:
    """Σ target_weight · −log softmax of the true word, and its derivatives by the scores `[s, n]` and `[s, n, c]`."""
    same = batch.rows[:, :, None] == batch.negatives  # [s, n, c]; a negative that is the true word is none
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
