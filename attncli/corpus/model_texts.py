"""Many texts, and pairs of texts, by a model in float32, packed by length: their vectors, and their similarity."""

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.arrays import Array
from attncli.corpus.encoding import said_of_cut
from attncli.corpus.lines import Reason, reason_or
from attncli.corpus.pair_forms import COMPARED, Pair
from attncli.models.packing import keep_freed
from attncli.models.text_encoder import TextEncoder, TextInput
from attncli.recipes.pooled_tokens import PooledTokens, read_pair, read_text
from attncli.recipes.text_similarity import Similarity, similarity_by
from attncli.settings.similarity import SimilaritySettings


class ModelVectors:
    """The pooled output of a model, behind the prompt of this name, as `TextEncoder.read` takes it."""

    def __init__(self, encoder: TextEncoder, prompt: str | None = None) -> None:
        keep_freed()
        self._encoder, self._prompt = encoder, prompt
        self.pooling, self.cut = encoder.pooling, 0

    def of(self, texts: Sequence[str]) -> tuple[Array, list[Reason | None]]:
        """In float32, packed by length."""
        read = [self._read(text) for text in texts]
        good = [place for place, each in enumerate(read) if isinstance(each, TextInput)]
        found = self._encoder.vectors([each for each in read if isinstance(each, TextInput)])
        vectors = np.zeros((len(texts), found.shape[1]))
        vectors[good] = found
        return vectors, [each if isinstance(each, Reason) else None for each in read]

    def _read(self, text: str) -> TextInput | Reason:
        read = reason_or(lambda: read_text(text, self._encoder, self._prompt, "text"))
        if isinstance(read, TextInput):
            self.cut += len(read.tokens.tokens) < read.every
        return read


class ByModel:
    """Pairs of texts by a model in float32, packed by length."""

    def __init__(self, encoder: TextEncoder, settings: SimilaritySettings) -> None:
        keep_freed()
        self._encoder, self._settings = encoder, settings
        self._cut = 0  # texts

    def values(self, pairs: Sequence[Pair]) -> list[float | Reason]:
        """As `similar`, within the rounding of float32."""
        read = [self._read(pair) for pair in pairs]
        texts = [text for pair in read if not isinstance(pair, Reason) for text in pair]
        vectors = iter(self._encoder.vectors(texts))
        value = self._encoder.pooling.value
        return [pair if isinstance(pair, Reason) else value(next(vectors), next(vectors)) for pair in read]

    def records(self, pairs: Sequence[Pair]) -> list[Similarity | Reason]:
        """As `similar`, within the rounding of float32."""
        read = [self._read(pair) for pair in pairs]
        good = [pair for pair in read if not isinstance(pair, Reason)]
        found = PooledTokens.each(good, self._encoder, self._settings, np.float32)
        return [pair if isinstance(pair, Reason) else self._record(next(found)) for pair in read]

    def remarks(self) -> Iterator[str]:
        """Those of the pooling and of the model, and how many texts were cut."""
        if self._encoder.pooling.said is not None:
            yield self._encoder.pooling.said
        yield from (*self._encoder.model.warnings, *self._encoder.pooling.warnings)
        yield from said_of_cut(self._cut)

    def _read(self, pair: Pair) -> tuple[TextInput, TextInput] | Reason:
        read = reason_or(lambda: read_pair(pair, self._encoder, self._settings, COMPARED.names))
        if not isinstance(read, Reason):
            self._cut += sum(len(each.tokens.tokens) < each.every for each in read)
        return read

    def _record(self, found: PooledTokens) -> Similarity | Reason:
        return reason_or(lambda: similarity_by(found, self._settings))
