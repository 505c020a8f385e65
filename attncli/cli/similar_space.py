"""The space in which many texts are compared: that of the chosen vectors, or of a model."""

from typing import TYPE_CHECKING, Union

from attncli.cli.options import RecordOptions
from attncli.cli.reading import opened_model, opened_sets
from attncli.corpus.comparing import ByWords, Comparer
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets

if TYPE_CHECKING:
    from attncli.models.text_encoder import TextEncoder
    from attncli.settings.similarity import SimilaritySettings

Space = Union[Vectors, EmbeddedSets, "TextEncoder"]


def opened_space(model: str | None, vectors: str | None, output: RecordOptions) -> Space:
    """The model with its pooling, else the vectors, else the embedded sets.

    Raises:
        ResourceError: they cannot be read.
    """
    if model is None:
        return opened_sets(vectors, output)
    from attncli.models.text_encoder import TextEncoder  # word vectors need no model

    return TextEncoder.of(opened_model(model))


def comparer_of(space: Space, settings: "SimilaritySettings") -> Comparer:
    """What compares pairs of texts in a space."""
    if isinstance(space, Vectors | EmbeddedSets):
        return ByWords(space, settings)
    from attncli.corpus.model_texts import ByModel

    return ByModel(space, settings)
