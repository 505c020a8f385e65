"""The source of an explanation: word vectors with the heads over them, here, a model, or weights that were given."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from attncli.analysis.kinds import Role
from attncli.arrays import Array
from attncli.recipes.inputs import Inputs
from attncli.settings.explanation import Settings
from attncli.vectors import Vectors

if TYPE_CHECKING:  # not imported for vectors alone
    from attncli.analysis.kinds import HeadKinds
    from attncli.recipes.model_source import ModelInfo
    from attncli.settings.given import GivenSettings
    from attncli.settings.model import ModelSettings

Own = TypeVar("Own", bound="Source")
NEIGHBOURS = 10
PICTURED = 32  # pixels of a side of a head's picture, at most


@dataclass(frozen=True)
class Neighbour:
    """A word of the vector set and its cosine with the vector that was asked about."""

    text: str
    similarity: float


#: The nearest words of a vector before attention and after it; the latter None outside the space of word vectors.
Neighbours = tuple[tuple[Neighbour, ...], tuple[Neighbour, ...] | None]


class Source:
    """The properties that every view may read of a source.

    kind: "vectors", "model" or "weights"; command: of attn, that shows it; repeats: whether its layers are one block
    applied again, of which the last one counts. model: None of others. roles: the role of each trained head over
    vectors. sums: whether each row of weights that is not 0 sums to 1. special: the keys that a model added, boolean
    `[n_key]`, None of vectors.

    Of a model and of weights, layers and heads: the numbers of the chosen ones; kinds `[n_layer, n_head]`: the kind of
    each; strongest, both `[n_layer, n_head]`: the key with most weight of the chosen query under each, and that weight;
    pictures `[n_layer, n_head, p, q]`: the weights of each, pooled.
    """

    kind: ClassVar[str]
    command: ClassVar[str] = "explain"
    repeats: ClassVar[bool]
    settings: "Settings | ModelSettings | GivenSettings"
    model: "ModelInfo | None"
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    kinds: "HeadKinds | None"
    strongest: tuple[Array, Array] | None
    pictures: Array | None
    roles: tuple[Role, ...]
    sums: bool
    special: Array | None

    @property
    @abstractmethod
    def unit(self) -> str:
        """A row of the matrix: "word" or "token"."""

    @property
    @abstractmethod
    def vectors(self) -> Vectors | None:
        """The set of words; None of a model."""

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """Remarks on the choice of the vector set, which is not the usual one."""

    @property
    @abstractmethod
    def combined(self) -> str | None:
        """The combination that layers and heads were made one matrix by, if they were."""

    @property
    @abstractmethod
    def method(self) -> str:
        """The similarity method of the heads."""

    @property
    @abstractmethod
    def temperature(self) -> float:
        """The temperature of the settings, which multiplies that of the heads."""

    @property
    @abstractmethod
    def excludes_self(self) -> bool:
        """Whether every word is hidden from itself."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the vector set or the model."""

    @property
    @abstractmethod
    def size(self) -> str:
        """Its size: `50,000 × 200`, or `bert, 12 layers × 12 heads`."""

    @abstractmethod
    def neighbours(self, queries: Sequence[int], output: Array) -> list[Neighbours]:
        """The nearest words of some queries before attention and, by the output `[n_query, d]`, after it."""

    @abstractmethod
    def cosines(self, query: int, keys: Sequence[int], output: Array) -> tuple[Array, Array] | None:
        """The cosines of a query's vector and the keys' before and after attention; None if the output is elsewhere."""

    @abstractmethod
    def only(self: Own, layer: int, head: slice) -> Own:
        """The source of one layer and some of its heads, both by their place among the present ones."""


@dataclass(frozen=True, eq=False)
class VectorSource(Source):
    """The vectors of a sentence's words, under resolved settings.

    in_embedding_space: whether the output of the last layer is in the space of word vectors.
    """

    inputs: Inputs
    settings: Settings
    in_embedding_space: bool
    roles: tuple[Role, ...] = ()

    kind, repeats, unit = "vectors", True, "word"
    model = combined = kinds = strongest = pictures = special = None
    sums = True
    layers = heads = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the choice of the vector set, which is not the usual one."""
        return self.inputs.remarks

    @property
    def vectors(self) -> Vectors:
        """The set of words."""
        return self.inputs.vectors

    @property
    def name(self) -> str:
        """The name of the vector set."""
        return self.vectors.name

    @property
    def size(self) -> str:
        """Its words and dimensions: `50,000 × 200`."""
        return f"{self.vectors.words:,} × {self.vectors.dimensions}"

    @property
    def method(self) -> str:
        """The method of the settings."""
        return self.settings.method

    @property
    def excludes_self(self) -> bool:
        """Whether every word is hidden from itself."""
        return bool(self.settings.exclude_self)

    @property
    def temperature(self) -> float:
        """The temperature of the settings, which multiplies that of the heads."""
        return self.settings.temperature or 1.0

    def neighbours(self, queries: Sequence[int], output: Array) -> list[Neighbours]:
        """The ten nearest words of each query's vector before attention and after."""
        chosen = list(queries)
        if not self.in_embedding_space:
            return [(before, None) for before in self._near(self.inputs.x[chosen])]
        both = self._near(np.concatenate([self.inputs.x[chosen], output[chosen]]))  # one pass over the words
        return list(zip(both[: len(chosen)], both[len(chosen) :], strict=True))

    def cosines(self, query: int, keys: Sequence[int], output: Array) -> tuple[Array, Array] | None:
        """Both `[len(keys)]`; None where the output is in another space."""
        if not self.in_embedding_space:
            return None
        words = self.inputs.key_x[list(keys)]  # [len(keys), d_model]
        return _cosines(self.inputs.x[query], words), _cosines(output[query], words)

    def _near(self, x: Array) -> list[tuple[Neighbour, ...]]:
        rows, cosines = self.vectors.near(x, NEIGHBOURS)  # both [len(x), 10]
        words = iter(self.vectors.text(rows.ravel()))
        return [tuple(Neighbour(next(words), float(cosine)) for cosine in row) for row in cosines]

    def only(self, layer: int, head: slice) -> "VectorSource":
        """The roles of the chosen heads; they are those of the first layer."""
        return replace(self, roles=self.roles[head] if layer == 0 else ())


def _cosines(vector: Array, others: Array) -> Array:
    """The cosine of `[d]` with each row of `[n, d]`: `[n]`; 0 with a vector of zeros."""
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(vector)  # [n]
    cosines: Array = np.divide(others @ vector, lengths, out=np.zeros(len(others)), where=lengths > 0)
    return cosines
