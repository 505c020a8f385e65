"""Batches: sentences of about one length side by side, their vectors, the weight of each target, and the negatives."""

from collections.abc import Iterable, Iterator

import numpy as np

from attncli.arrays import Array
from attncli.training.corpus import Corpus
from attncli.training.objective import Batch
from attncli.vectors import Vectors

BATCH_TOKENS = 2048
BUCKET = 4  # sentences whose lengths round up to the same multiple of this share a batch
NEGATIVES = 64  # drawn for a batch; a word that is drawn twice counts once
COMMON = 1e-3  # words of a higher share count as targets by the root of COMMON / share


def unit_rows(vectors: Vectors, rows: Array, length: float | None, dtype: type = np.float32) -> Array:
    """The vectors of rows, each brought to `length` (None: its own); zeros stay, and are padding: `[..., d]`."""
    flat = np.maximum(rows, 0).ravel()
    x: Array = vectors.rows(flat).astype(dtype)  # [n, d]
    x *= (rows.ravel() >= 0)[:, None]
    if length is not None:
        size = np.sqrt((x * x).sum(axis=-1, keepdims=True))  # [n, 1]
        x *= np.where(size == 0, 0, length / np.where(size == 0, 1, size))
    return x.reshape(*rows.shape, -1)


def buckets(sentences: Iterable[Array], size: int = BATCH_TOKENS) -> Iterator[Array]:
    """Sentences gathered by length into arrays `[s, n]` of about `size` tokens, padded with −1; the rest in the end.

    The remainders of all lengths share batches, so that no batch has only a few sentences.
    """
    waiting: dict[int, list[Array]] = {}
    for sentence in sentences:
        width = -(-len(sentence) // BUCKET) * BUCKET
        together = waiting.setdefault(width, [])
        together.append(sentence)
        if len(together) * width >= size:
            yield _side_by_side(waiting.pop(width))
    together = []
    for sentence in sorted((each for some in waiting.values() for each in some), key=len):
        if (len(together) + 1) * len(sentence) > size and together:
            yield _side_by_side(together)
            together = []
        together.append(sentence)
    if together:
        yield _side_by_side(together)


def _side_by_side(sentences: list[Array]) -> Array:
    rows = np.full((len(sentences), max(map(len, sentences))), -1, np.int64)
    for place, sentence in zip(rows, sentences, strict=True):
        place[: len(sentence)] = sentence
    return rows


class Batches:
    """Makes the batches of a corpus; the quantities that depend on word counts are computed once."""

    def __init__(self, corpus: Corpus, vectors: Vectors, length: float | None) -> None:
        share = corpus.counts / corpus.counts.sum()
        self._corpus, self._vectors = corpus, vectors
        self._length = length
        self._weight = np.minimum(1, np.sqrt(COMMON / np.maximum(share, 1e-12))).astype(np.float32)  # [words]
        self._up_to = np.cumsum(share**0.75)  # [words]; unigram^0.75 (Mikolov et al. 2013, section 2.2)

    def walk(self, rng: np.random.Generator) -> Iterator[Batch]:
        """The corpus once, in batches in a random order."""
        return (self.batch(rows, rng) for rows in buckets(self._corpus.walk(rng)))

    def batch(self, rows: Array, rng: np.random.Generator) -> Batch:
        """The batch of sentences `[s, n]`, with fresh negatives."""
        drawn = np.searchsorted(self._up_to, rng.random(NEGATIVES) * self._up_to[-1], side="right")
        negatives = np.unique(np.minimum(drawn, len(self._up_to) - 1))  # [c]
        x, e = (unit_rows(self._vectors, each, self._length) for each in (rows, negatives))
        weight = np.where(rows >= 0, self._weight[rows], 0)  # [s, n]
        return Batch(rows, x, weight, negatives, e)
