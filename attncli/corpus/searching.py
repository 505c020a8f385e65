"""The lines that are most alike to a query, of as many as there are: blocks of lines as vectors, the best kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from attncli.arrays import Array
from attncli.corpus.encoding import TextVectors, WordVectors, said_of_cut
from attncli.corpus.lines import EMPTY, Reason
from attncli.errors import AttnError
from attncli.recipes.inputs import check_length
from attncli.recipes.text_search import Found, TextSearch
from attncli.recipes.text_similarity import Similarity, similar_by_model, similar_with
from attncli.settings.similarity import SimilaritySettings
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets

if TYPE_CHECKING:
    from attncli.models.text_encoder import TextEncoder

LACKS = 0.5  # of the first lines; a set that lacks so many is of another language
NAMES = "A", "line"  # of the query and of a line in errors
Explain = Callable[[str, str], Similarity]


@dataclass
class Searcher:
    """The best `top` lines for a query `[d]` so far, of `lines`.

    lines_in: the space of lines; explain: the similarity of the query and a line with its contributions.
    """

    query: str
    vector: Array
    lines_in: TextVectors
    explain: Explain
    top: int
    remarks: tuple[str, ...] = ()
    lines: int = 0
    found: list[Found] = field(default_factory=list)

    def add(self, first: int, texts: Sequence[str]) -> list[tuple[int, str]]:
        """Compare lines, numbered on from `first`, of which a `Reason` is none; returns the bad ones with reasons."""
        numbered = [(first + i, text) for i, text in enumerate(texts) if not is_blank(text)]
        good = [each for each in numbered if not isinstance(each[1], Reason)]
        different = {text: i for i, text in enumerate(dict.fromkeys(text for _, text in good))}
        vectors, reasons = self.lines_in.of([*different])
        rows = [different[text] for _, text in good]  # equal lines are equally alike
        vectors, reasons = vectors[rows], [reasons[row] for row in rows]
        if there := [i for i, reason in enumerate(reasons) if reason is None]:
            self._keep([good[i] for i in there], vectors[there])
        bad = [(line, str(text)) for line, text in numbered if isinstance(text, Reason)]
        bad += [(good[i][0], str(reason)) for i, reason in enumerate(reasons) if reason is not None]
        return sorted(bad)

    def _keep(self, lines: Sequence[tuple[int, str]], vectors: Array) -> None:
        values = self.lines_in.pooling.values(self.vector, vectors)  # [lines]
        order = np.argsort(-values, kind="stable")[: self.top].tolist()
        better = [Found(lines[i][0], float(values[i]), lines[i][1]) for i in order]
        self.found = sorted([*self.found, *better], key=_rank)[: self.top]
        self.lines += len(lines)

    def result(self) -> TextSearch:
        """The lines found, the first of them explained.

        Raises:
            AttnError: none could be compared.
        """
        if not self.found:
            raise AttnError("there is no line to compare with the query", "give a text a line")
        best = self.explain(self.query, self.found[0].text)
        first = self.found[0]._replace(similarity=best.value)  # by a single pair, in float64
        cut = tuple(said_of_cut(self.lines_in.cut))
        found = (first, *self.found[1:])
        return TextSearch(
            query=self.query, lines=self.lines, found=found, best=best, remarks=self.remarks, warnings=cut
        )


def by_model(query: str, encoder: "TextEncoder", settings: SimilaritySettings) -> Searcher:
    """The search for a query by a model; raises as `similar_by_model`."""
    from attncli.corpus.model_texts import ModelVectors  # word vectors need no model
    from attncli.recipes.pooled_tokens import read_text

    first, second = settings.prompts([*encoder.pooling.prompts])
    vector = encoder.vectors([read_text(query, encoder, first, NAMES[0])])[0]
    explain = partial(similar_by_model, settings=settings, model=encoder, names=NAMES)
    return Searcher(query, vector, ModelVectors(encoder, second), explain, settings.top)


def by_words(
    query: str, vectors: Vectors | EmbeddedSets, settings: SimilaritySettings, texts: Sequence[str]
) -> Searcher:
    """The search for a query by word vectors; texts: the first lines, by which one of the embedded sets is chosen."""
    check_length(NAMES[0], query)
    chosen, remarks = _chosen(query, vectors, texts)
    lines = WordVectors(chosen, settings.unknown)
    explain = partial(similar_with, settings=settings, vectors=chosen, names=NAMES)
    (vector,), (reason,) = lines.of([query])
    if reason is not None:
        explain(query, query)  # raises what there is to say of its words
    return Searcher(query, vector, lines, explain, settings.top, remarks)


def _chosen(query: str, vectors: Vectors | EmbeddedSets, texts: Sequence[str]) -> tuple[Vectors, tuple[str, ...]]:
    """One set for all: the usual one, unless it has no word of the query or of half of the lines; and a remark."""
    if isinstance(vectors, Vectors):
        return vectors, ()
    _, (of_query, *of_lines) = WordVectors(vectors.usual, "skip").of([query, *texts])
    lacking = np.mean([each is not None for each in of_lines]) if of_lines else 0
    if vectors.world is None or (of_query is None and lacking < LACKS):
        return vectors.usual, ()
    which = "of the query" if of_query is not None else "of most lines"
    return vectors.world, (f"{vectors.usual.name} has no word {which}: the vectors are those of {vectors.world.name}",)


def is_blank(text: str) -> bool:
    """Whether a line has nothing in it."""
    return isinstance(text, Reason) and text == EMPTY


def _rank(found: Found) -> tuple[bool, float, int]:
    """Undefined similarities last, then by similarity, then by line."""
    return np.isnan(found.similarity), -found.similarity, found.line
