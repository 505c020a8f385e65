"""The recipe for word alignment: two sentences in one space become an `Alignment` with every intermediate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attncli.analysis.gold import Agreement
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import AttnError, UsageError
from attncli.recipes.in_space import InSpace
from attncli.recipes.inputs import as_vectors
from attncli.recipes.word_links import link_words, resolved_temperature
from attncli.recipes.word_sides import BY_SENTENCE, Side, Words, read_side
from attncli.settings.alignment import AlignmentSettings, check_alignment
from attncli.text.tokens import Sentence
from attncli.vectors import StoreInfo, Vectors
from attncli.vectors.places import WORLD

if TYPE_CHECKING:  # most alignments need no model
    from attncli.models.model import Model
    from attncli.recipes.model_source import ModelInfo

MOST_PAIRS = 2**22  # of words; every step has a number for each


@dataclass(frozen=True, eq=False, repr=False)
class Alignment(Displayed, InSpace):
    """The links between the words of two sentences, with every step to them.

    source, target: the sentences of n and m tokens. similarity `[n, m]`: of their vectors; scores `[n, m]`: with
    neighbours and prior; weights `[n, m]`: softmax(scores / temperature) over the target, rows summing to 1.
    links: pairs of a source token and a target token, sorted. settings: resolved. space: the vector set or the model.
    agreement: of the links with gold ones, where these are known.
    """

    source: Sentence
    target: Sentence
    similarity: Array
    scores: Array
    weights: Array
    links: tuple[tuple[int, int], ...]
    settings: AlignmentSettings
    space: "StoreInfo | ModelInfo"
    warnings: tuple[str, ...] = ()
    agreement: Agreement | None = None

    @property
    def sentences(self) -> tuple[Sentence, Sentence]:
        """Both sentences, with the words that were left out."""
        return self.source, self.target

    @property
    def unlinked(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The source tokens and the target tokens that have no link."""
        rows, columns = ({link[side] for link in self.links} for side in (0, 1))
        n, m = self.similarity.shape
        return tuple(i for i in range(n) if i not in rows), tuple(j for j in range(m) if j not in columns)


def align(
    source: str | Sequence[str],
    target: str | Sequence[str],
    vectors: Vectors | str | Path | None = None,
    *,
    model: "Model | str | Path | None" = None,
    links: str = "mutual",
    prior: float = 0.3,
    neighbours: float = 0.1,
    null: float | None = None,
    method: str = "cosine",
    temperature: float | None = None,
    tokenized: bool = False,
    layer: int | None = None,
    unknown: str = "compose",
) -> Alignment:
    """Word alignment: the links between the words of a sentence and those of its translation.

    source, target: texts, or lists of tokens.
    vectors: an opened set, the name of a kept one, or a path; None: the embedded set of several languages.
    model: an opened model, its name or its folder, in place of vectors: words are compared by a layer's output, the
        mean over their pieces (SimAlign, Jalili Sabet et al. 2020).
    links: the rule, on the product of the weights of both directions (Liang et al. 2006): `mutual`, pairs that are each
        other's best (Och & Ney 2003); `forward`, the best target word of each source word; `backward`, the best source
        word of each target word; `grow-diag-final` (Koehn, Och & Marcu 2003).
    prior: P, from 0: P·|i/n − j/m| is taken from the similarity of source word i of n and target word j of m.
    neighbours: A, from 0 to 1: A times the similarity of words i−1 and j−1, and of i+1 and j+1, is added to it; both
        together make the scores.
    null: a word whose best similarity is below it has no link; None: every word may have one.
    method: the similarity of two words: `cosine`, `dot`, `scaled` or `kernel`.
    temperature: divides the scores before the softmax, above 0; None: 0.07 for `cosine` (as in contrastive training,
        He et al. 2020), for `scaled` that which the set has for attention between texts, else 1.
    tokenized: blanks alone part the tokens of texts, punctuation being tokens too.
    layer: with a model, the layer whose output is compared, from 0; None: the one after two thirds of them.
    unknown: `compose` the vector of an unknown word where the set can, else leave it out; `skip` it; `error`.

    Returns: `links`, sorted pairs of a source and a target token; `similarity`, `scores` and `weights` `[n, m]` in
        float64, the rows of `weights` summing to 1; `source` and `target` with their tokens; `warnings`.

    Raises:
        UsageError: an empty text, or a value that does not fit; the message quotes it.
        AttnError: no known word, an unknown one with `unknown="error"`, or more pieces than the model has positions.
        ResourceError: vectors or a model that are missing or unreadable.
    """
    given = dict(locals())  # the parameters by name
    names = given.keys() - {"source", "target", "vectors", "model"}
    settings = check_alignment(with_model=model is not None, **{name: given[name] for name in names})
    if model is not None:
        from attncli.recipes.model_explaining import as_model  # for those who ask for a model

        if vectors is not None:
            raise UsageError("expected vectors or a model, got both", "leave one of the two out", setting="vectors")
        return align_by_model(source, target, settings, as_model(model))
    return align_with(source, target, settings, as_vectors(WORLD if vectors is None else vectors))


def align_with(
    source: Words,
    target: Words,
    settings: AlignmentSettings,
    vectors: Vectors,
    names: tuple[str, str] = ("source", "target"),
) -> Alignment:
    """`align` with checked settings and open vectors; names: those of the sentences in errors."""
    given = zip(names, (source, target), strict=True)
    sides = [read_side(name, words, vectors, settings) for name, words in given]
    settings = replace(settings, temperature=resolved_temperature(settings, vectors.info.cross_temperature))
    return align_sides(sides[0], sides[1], settings, vectors.info)


def align_by_model(
    source: Words,
    target: Words,
    settings: AlignmentSettings,
    model: "Model",
    names: tuple[str, str] = ("source", "target"),
) -> Alignment:
    """`align` with checked settings and an open model; names: those of the sentences in errors."""
    from attncli.recipes.model_source import ModelInfo
    from attncli.recipes.model_word_sides import layer_of, read_model_side

    temperature = resolved_temperature(settings, None)
    settings = replace(settings, layer=layer_of(model, settings), temperature=temperature)
    given = zip(names, (source, target), strict=True)
    sides = [read_model_side(name, words, model, settings) for name, words in given]
    made = align_sides(sides[0], sides[1], settings, ModelInfo.of(model, "encoder"))
    return replace(made, warnings=(*model.warnings, *made.warnings))


def align_sides(source: Side, target: Side, settings: AlignmentSettings, space: "StoreInfo | ModelInfo") -> Alignment:
    """The alignment of two sentences whose vectors are there, under resolved settings.

    Raises:
        AttnError: more than MOST_PAIRS pairs of words.
    """
    n, m = len(source.x), len(target.x)
    if n * m > MOST_PAIRS:
        raise AttnError(f"expected at most {MOST_PAIRS:,} pairs of words, got {n:,} × {m:,}", BY_SENTENCE)
    found = link_words(source.x, target.x, settings, source.has_vector, target.has_vector)
    links = tuple(zip(*(each.tolist() for each in np.nonzero(found.links)), strict=True))
    sentences = source.sentence, target.sentence
    return Alignment(*sentences, *found[:3], links, settings, space, tuple(_warnings(source, target)))


def _warnings(*sides: Side) -> Iterator[str]:
    zero = sum(int((~side.x.any(axis=-1) & side.has_vector).sum()) for side in sides)
    if zero:
        yield f"words with a vector of zeros, which is equally similar to every word: {zero}"
