"""Screen 3: the weights of one word, in the sentence and with its words shuffled: the same."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.recipes.explanation import Explanation

SEED = 3  # of the shuffling


@dataclass(frozen=True, eq=False)
class Order:
    """`order` [n]: which word of the sentence stands at each place when it is shuffled; `text` is that sentence.

    `weights` and `shuffled` [n] are those of `word`, both in the order of the sentence; `difference` is the largest
    between the two whole matrices.
    """

    word: int
    order: Array
    text: str
    weights: Array
    shuffled: Array
    difference: float


def order_of(explanation: Explanation, word: int) -> Order:
    """What the third screen shows of a sentence."""
    x, weights = explanation.inputs.x, explanation.weights[0, 0]  # [n, d_model], [n, n]
    order = _shuffled(len(x))  # [n]
    moved = x[order][None]  # [1, n, d_model]
    back = np.argsort(order)  # [n]; where each word of the sentence went
    anew = attend(moved, moved, moved).weights[0][np.ix_(back, back)]  # [n, n]
    tokens = explanation.sentence.tokens
    text = " ".join(tokens[place].name for place in order)
    return Order(word, order, text, weights[word], anew[word], float(np.abs(anew - weights).max()))


def _shuffled(n: int) -> Array:
    """Places in another order, if there is another one."""
    order = np.random.default_rng(SEED).permutation(n)
    return order[::-1] if n > 1 and (order == np.arange(n)).all() else order
