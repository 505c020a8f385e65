"""A model as the source of an explanation: its sizes, the chosen layers and heads, and the kinds of the heads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attncli.analysis.kinds import HeadKinds, measures_of
from attncli.arrays import Array
from attncli.models.model import Model
from attncli.recipes.combinations import UNITS
from attncli.recipes.sources import Neighbours, Source
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
class ModelSource(Source):
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
    def combined(self) -> str | None:
        """The combination that the one matrix is."""
        return None if self.settings.combine == "none" else self.settings.combine

    @property
    def sums(self) -> bool:  # type: ignore[override]
        """Whether rows sum to 1: those of the other combinations do not."""
        return self.settings.combine not in UNITS

    def neighbours(self, queries: Sequence[int], output: Array) -> list[Neighbours]:
        """Empty: hidden states are not in the space of word vectors."""
        return [((), None) for _ in queries]

    def cosines(self, query: int, keys: Sequence[int], output: Array) -> None:
        """None: hidden states are not in the space of word vectors."""

    def only(self, layer: int, head: slice) -> "ModelSource":
        """The kinds of the chosen heads."""
        layers = slice(layer, layer + 1)
        kinds = measures_of([self.kinds], lambda some: some[0][layers, head])
        strongest = self.strongest and (self.strongest[0][layers, head], self.strongest[1][layers, head])
        pictures = None if self.pictures is None else self.pictures[layers, head]
        numbers = self.layers[layers], self.heads[head]
        return replace(self, layers=numbers[0], heads=numbers[1], kinds=kinds, strongest=strongest, pictures=pictures)
