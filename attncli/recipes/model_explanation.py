"""What the explanation of a model holds: the model's own queries, keys, values and weights, head by head."""

from collections.abc import Sequence
from dataclasses import dataclass

from attncli.analysis.kinds import HeadKinds
from attncli.heads.parameters import Array
from attncli.recipes.explanation import Explanation, Neighbour
from attncli.settings.model import ModelSettings


@dataclass(frozen=True)
class ModelInfo:
    """Which model it is: its family, and how many layers, heads a layer, and parameters it has."""

    name: str
    family: str
    layers: int
    heads: int
    parameters: int


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelExplanation(Explanation):
    """One sentence under a model. `layers` are the chosen ones with their chosen heads, or the one that combines them.

    layer_numbers and head_numbers say which those are, counted from 0; kinds `[n_layer, n_head]` what each does; where
    heads were combined or pieces merged there are no scores. special `[n]` marks the tokens of the post-processor.
    partial: only the row of the query was worked out.
    """

    model: ModelInfo
    choice: ModelSettings
    layer_numbers: tuple[int, ...]
    head_numbers: tuple[int, ...]
    kinds: HeadKinds
    special: Array
    has_scores: bool
    partial: bool = False

    @property
    def single(self) -> bool:
        """Whether one matrix is what there is to show."""
        return tuple(self.weights.shape[:2]) == (1, 1)

    def neighbours(self, queries: Sequence[int]) -> list[tuple[tuple[Neighbour, ...], tuple[Neighbour, ...] | None]]:
        """None: hidden states do not live among word vectors."""
        return [((), None) for _ in queries]
