"""Screen 1: the tokens of the sentence, and the vectors they become."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import cosine
from attncli.recipes.explanation import Explanation, Neighbour


@dataclass(frozen=True, eq=False)
class Embedding:
    """The vectors x [n, d_model] and their lengths [n]; the two different words that are most alike, if there are two.

    `near` are the nearest words of the vector set, a row for each of the pair (or for the first word).
    """

    x: Array
    lengths: Array
    pair: tuple[int, int] | None
    similarity: float
    near: tuple[tuple[Neighbour, ...], ...]


def embedding_of(explanation: Explanation) -> Embedding:
    """What the first screen shows of a sentence."""
    x = explanation.inputs.x  # [n, d_model]
    similarities = cosine(x, x)  # [n, n]
    similarities[same_words(explanation)] = -np.inf
    first, second = (int(place) for place in np.unravel_index(similarities.argmax(), similarities.shape))
    best = float(similarities[first, second])
    pair = (min(first, second), max(first, second)) if best > -np.inf else None
    near = tuple(before for before, _ in explanation.neighbours(pair or (0,)))
    return Embedding(x, np.linalg.norm(x, axis=-1), pair, best, near)


def same_words(explanation: Explanation) -> Array:
    """Which two places hold one and the same word, so that their likeness says nothing: boolean [n, n]."""
    words = np.array([token.word for token in explanation.sentence.tokens])
    same: Array = words[:, None] == words[None, :]
    return same
