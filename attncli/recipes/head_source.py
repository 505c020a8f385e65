"""Heads as the source of an explanation: those of a model, and weights that were given, without word vectors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from attncli.analysis.kinds import HeadKinds, measures_of
from attncli.arrays import Array
from attncli.recipes.sources import Neighbours, Source
from attncli.settings.given import GivenSettings
from attncli.settings.model import ModelSettings

Own = TypeVar("Own", bound="HeadSource")


class HeadSource(Source):
    """The kinds of the chosen heads; frozen dataclasses inherit it. Vectors are in no space that words are found in."""

    settings: "ModelSettings | GivenSettings"
    kinds: HeadKinds

    @property
    def combined(self) -> str | None:
        """The combination that the one matrix is."""
        return None if self.settings.combine == "none" else self.settings.combine

    def neighbours(self, queries: Sequence[int], output: Array) -> list[Neighbours]:
        """Empty: no words are found by these vectors."""
        return [((), None) for _ in queries]

    def cosines(self, query: int, keys: Sequence[int], output: Array) -> None:
        """None: no words are found by these vectors."""

    def only(self: Own, layer: int, head: slice) -> Own:
        """The kinds of the chosen heads."""
        layers = slice(layer, layer + 1)
        kinds = measures_of([self.kinds], lambda some: some[0][layers, head])
        strongest = self.strongest and (self.strongest[0][layers, head], self.strongest[1][layers, head])
        pictures = None if self.pictures is None else self.pictures[layers, head]
        return replace(  # type: ignore[type-var]  # a dataclass inherits it
            self,
            layers=self.layers[layers],
            heads=self.heads[head],
            kinds=kinds,
            strongest=strongest,
            pictures=pictures,
        )
