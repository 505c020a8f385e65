"""The similarity of many pairs of texts, the numbers alone or all that is known of each: by the vectors of words."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.encoding import WordVectors
from attncli.corpus.lines import Reason, reason_or
from attncli.corpus.pair_forms import COMPARED, Pair
from attncli.recipes.inputs import has_words
from attncli.recipes.text_similarity import Similarity, similar_with
from attncli.settings.similarity import SimilaritySettings
from attncli.text.tokens import read_sentence
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets


class Comparer(Protocol):
    """A space in which pairs of texts are compared; of a bad pair there is a reason."""

    def values(self, pairs: Sequence[Pair]) -> list[float | Reason]:
        """The similarity of each pair.

        Raises:
            FinalError, ResourceError: no other pair would fare better.
        """

    def records(self, pairs: Sequence[Pair]) -> list[Similarity | Reason]:
        """The similarity of each pair with its contributions, and without words; raises as `values`."""

    def remarks(self) -> Iterator[str]:
        """The remarks and warnings of all pairs so far, which `values` leaves out."""


class ByWords:
    """Pairs of texts by word vectors; of the embedded sets each pair chooses its own, as a single one does."""

    def __init__(self, vectors: Vectors | EmbeddedSets, settings: SimilaritySettings) -> None:
        self._vectors, self._settings = vectors, settings
        self._usual = vectors if isinstance(vectors, Vectors) else vectors.usual
        self._known = WordVectors(self._usual, "skip")
        self._words = WordVectors(self._usual, settings.unknown)

    def values(self, pairs: Sequence[Pair]) -> list[float | Reason]:
        """The means of many texts at a time; one by one the pairs that are bad, or of the other set."""
        if not pairs:
            return []
        texts = [text for pair in pairs for text in pair]
        usual = self._is_of_usual(texts)  # [2·pairs]
        vectors, reasons = self._words.of(texts)
        plain: Array = usual & [reason is None for reason in reasons]
        x, value = vectors.reshape(len(pairs), 2, -1), self._words.pooling.value
        both = zip(pairs, x, plain[::2] & plain[1::2], strict=True)
        return [value(*each) if easy else self._value(pair) for pair, each, easy in both]

    def _is_of_usual(self, texts: Sequence[str]) -> Array:
        """Which texts the usual set has a word of: boolean `[texts]`; of a chosen set all are."""
        if isinstance(self._vectors, Vectors):
            return np.ones(len(texts), bool)
        lacking = self._known.lacks(texts).tolist()
        each = zip(texts, lacking, strict=True)
        return np.array([not n or has_words(read_sentence(text, self._usual.find)) for text, n in each])

    def _value(self, pair: Pair) -> float | Reason:
        found = self._record(pair)
        return found if isinstance(found, Reason) else found.value

    def records(self, pairs: Sequence[Pair]) -> list[Similarity | Reason]:
        """Those of `similar`."""
        return [self._record(pair) for pair in pairs]

    def remarks(self) -> Iterator[str]:
        """None."""
        yield from ()

    def _record(self, pair: Pair) -> Similarity | Reason:
        return reason_or(lambda: similar_with(*pair, self._settings, self._vectors, COMPARED.names))
