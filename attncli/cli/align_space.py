"""The space in which words are compared, that of a vector set or of a model, for one process or many."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from attncli.cli.reading import opened_model
from attncli.recipes.alignment import Alignment, align_by_model, align_with
from attncli.settings.alignment import AlignmentSettings
from attncli.vectors import open_vectors

Align = Callable[[str, str], Alignment]


@dataclass(frozen=True)
class Space:
    """The space in which words are compared: the folder of a vector set, or a model by its name or path."""

    vectors: str | None = None
    model: str | None = None


@lru_cache(maxsize=1)
def recipe_of(space: Space, settings: AlignmentSettings, names: tuple[str, str] = ("source", "target")) -> Align:
    """The function that aligns two texts; names: those of the texts in errors.

    Raises:
        ResourceError: the vectors or the model cannot be read.
        UsageError: a layer that the model does not have.
    """
    if space.model is not None:
        from attncli.recipes.model_word_sides import layer_of  # for those who ask for a model

        model = opened_model(space.model)
        layer_of(model, settings)  # once, and not in every line
        return lambda source, target: align_by_model(source, target, settings, model, names)
    vectors = open_vectors(space.vectors)
    return lambda source, target: align_with(source, target, settings, vectors, names)
