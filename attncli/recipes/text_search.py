"""The lines of a text that are most alike to a query, and why the first of them is."""

from dataclasses import dataclass
from typing import NamedTuple

from attncli.display import Displayed
from attncli.recipes.text_similarity import Similarity
from attncli.text.tokens import Sentence


class Found(NamedTuple):
    """A line by its number from 1, its similarity, and its text."""

    line: int
    similarity: float
    text: str


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TextSearch(Displayed):
    """The lines that were found, the most alike first, of all that were compared with a query.

    lines: how many were; best: the similarity of the query and the first line; remarks, warnings: on the lines.
    """

    query: str
    lines: int
    found: tuple[Found, ...]
    best: Similarity
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, Sentence]:
        """The query and the best line, with the words that were left out."""
        return self.best.sentences
