"""The tour of one sentence: eight values, each computed when its screen is asked for."""

from dataclasses import dataclass
from functools import cached_property

from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.inputs import find_query
from attncli.settings.explanation import check_settings
from attncli.tour.distance import Distance, distance_of
from attncli.tour.embedding import Embedding, embedding_of
from attncli.tour.lookup import Lookup, lookup_of
from attncli.tour.order import Order, order_of
from attncli.tour.projecting import Projecting, projecting_of
from attncli.tour.stacking import BLOCKS, Stacking, stacking_of
from attncli.tour.subject import Subject, subject_of
from attncli.tour.weighing import Weighing, weighing_of
from attncli.vectors import Vectors


@dataclass(frozen=True, eq=False)
class Tour:
    """A sentence as plain self-attention explains it, and what each screen adds to that."""

    explanation: Explanation

    @cached_property
    def subject(self) -> Subject:
        """The word that the screens follow."""
        return subject_of(self.explanation)

    @property
    def word_option(self) -> str:
        """What `--word` takes for it: the word, or its place where that would be read as something else."""
        sentence, index = self.explanation.sentence, self.subject.index
        text = sentence.tokens[index].text
        return text if text.isalpha() and find_query(sentence, text) == index else str(index)

    @cached_property
    def embedding(self) -> Embedding:
        """Tokens and vectors."""
        return embedding_of(self.explanation)

    @cached_property
    def weighing(self) -> Weighing:
        """Self-attention."""
        return weighing_of(self.explanation)

    @cached_property
    def order(self) -> Order:
        """The same weights in any order."""
        return order_of(self.explanation, self.subject.index)

    @cached_property
    def projecting(self) -> Projecting:
        """Queries, keys and values."""
        return projecting_of(self.explanation, self._head, self.subject.index)

    @cached_property
    def lookup(self) -> Lookup:
        """One value against the mixture of all."""
        return lookup_of(self._head, self.subject.index)

    @cached_property
    def several(self) -> Explanation:
        """Several heads."""
        return self._explain(mode="multihead")

    @cached_property
    def stacking(self) -> Stacking:
        """A mask, and stacked blocks."""
        return stacking_of(self._explain(mask="causal"), self._explain(layers=BLOCKS))

    @cached_property
    def distance(self) -> Distance:
        """Two words far apart."""
        return distance_of(self.explanation)

    @cached_property
    def _head(self) -> Explanation:
        return self._explain(mode="qkv")

    def _explain(self, **settings: object) -> Explanation:
        return explain_with(self.explanation.sentence.text, check_settings(**settings), self.explanation.vectors)


def tour_of(text: str, vectors: Vectors) -> Tour:
    """The tour of a sentence.

    Raises:
        UsageError: an empty sentence.
        AttnError: no word of it is known, or there are too many for the matrices.
    """
    return Tour(explain_with(text, check_settings(), vectors))
