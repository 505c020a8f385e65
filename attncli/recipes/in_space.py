"""The space that two texts are compared in: a vector set's, or that of a model's hidden states."""

from typing import TYPE_CHECKING

from attncli.vectors import StoreInfo

if TYPE_CHECKING:  # word vectors need no model
    from attncli.recipes.model_source import ModelInfo


class InSpace:
    """The properties of a record whose texts were compared in a `space`."""

    space: "StoreInfo | ModelInfo"

    @property
    def kind(self) -> str:
        """Whose space it is: "vectors" or "model"."""
        return "vectors" if isinstance(self.space, StoreInfo) else "model"

    @property
    def name(self) -> str:
        """The name of the vector set or the model."""
        return self.space.name

    @property
    def size(self) -> str:
        """Its size: `50,000 × 200`, or `bert, 12 layers × 12 heads`."""
        if isinstance(self.space, StoreInfo):
            return f"{self.space.words:,} × {self.space.dimensions}"
        return self.space.size
