"""A model as the source of an explanation: its sizes, the chosen layers and heads, and the kinds of the heads."""

from dataclasses import dataclass

from attncli.analysis.kinds import HeadKinds
from attncli.arrays import Array
from attncli.models.model import Model
from attncli.recipes.combinations import UNITS
from attncli.recipes.head_source import HeadSource
from attncli.settings.model import ModelSettings


@dataclass(frozen=True)
class ModelInfo:
    """A model: its family, and its numbers of layers, heads a layer, and parameters."""

    name: str
    family: str
    layers: int
    heads: int
    parameters: int

    @property
    def size(self) -> str:
        """The family, the layers and the heads: `bert, 12 layers × 12 heads`."""
        return f"{self.family}, {self.layers} layers × {self.heads} heads"

    @classmethod
    def of(cls, model: Model, part: str) -> "ModelInfo":
        """The model, and the sizes of one of its parts."""
        shape = model.shape_of(part)
        return cls(model.name, model.family, shape.n_layer, shape.n_head, model.parameters)


@dataclass(frozen=True, eq=False)
class ModelSource(HeadSource):
    """A model under settings.

    layers and heads: the chosen ones, counted from 0; kinds `[n_layer, n_head]`: the kind of each; special `[n]`: the
    tokens that the post-processor added; strongest: the key on which each head's query has most weight, and that
    weight, both `[n_layer, n_head]`, None without a query or where heads were combined; pictures: the weights of each
    head, pooled, `[n_layer, n_head, ≤ PICTURED, ≤ PICTURED]`, None where heads were combined.
    """

    model: ModelInfo
    settings: ModelSettings
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    kinds: HeadKinds
    special: Array
    strongest: tuple[Array, Array] | None = None
    pictures: Array | None = None

    kind, repeats = "model", False
    vectors, roles, notes = None, (), ()
    method, temperature, excludes_self = "scaled", 1.0, False

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.model.name

    @property
    def size(self) -> str:
        """Its family, its layers and its heads."""
        return self.model.size

    @property
    def unit(self) -> str:
        """Pieces, unless they are merged into words."""
        return "word" if self.settings.words else "token"

    @property
    def sums(self) -> bool:  # type: ignore[override]
        """Whether rows sum to 1: those of the other combinations do not."""
        return self.settings.combine not in UNITS
