"""The recipe for the similarity of two texts: the number, what each pair of words adds to it, and words left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import AttnError, UsageError
from attncli.recipes.in_space import InSpace
from attncli.recipes.inputs import as_sets, check_length, read_texts, with_unknown
from attncli.recipes.leaving_out import Dropped, drop, leave_one_out
from attncli.recipes.pooled_text import PooledTexts, PooledWords, Progress
from attncli.settings.explanation import Settings
from attncli.settings.similarity import SimilaritySettings, check_similarity
from attncli.text.tokens import Sentence, Token
from attncli.vectors import StoreInfo, Vectors
from attncli.vectors.catalogue import EmbeddedSets

if TYPE_CHECKING:  # word vectors need no model
    from attncli.models.model import Model
    from attncli.models.text_encoder import TextEncoder
    from attncli.recipes.model_source import ModelInfo
    from attncli.recipes.pooled_tokens import PooledTokens

MOST_PAIRS = 2**22  # of tokens
NAMES = "the first text", "the second text"


class Pair(NamedTuple):
    """A token of the first text, by its place, and one of the second, and their share of the similarity."""

    token: int
    other: int
    share: float


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Similarity(Displayed, InSpace):
    """How alike two texts are, and which words make them so.

    value: the similarity, by `function`: `cosine`, `dot`, or `euclidean` and `manhattan`, distances that count as
    negative numbers. contributions `[n, m]` in float64: the share of each pair of tokens, which sum to the value; None
    where the `pooling` is no sum (`exact` False). text, other: the texts with their n and m tokens, or words. special:
    what the pairs with a special token add together; None without contributions or such tokens. left_out `[n]` and
    `[m]`: the change of the value without each token, NaN for special ones and where nothing is left; None: not
    computed. dropped: the value without the words that were asked for. space: the vector set or the model; named: as it
    was asked for by name or path, for commands that go on from here.
    """

    value: float
    contributions: Array | None
    text: Sentence
    other: Sentence
    function: str
    pooling: str
    special: float | None
    left_out: tuple[Array, Array] | None
    dropped: tuple[Dropped, ...]
    settings: SimilaritySettings
    space: "StoreInfo | ModelInfo"
    named: str | None = None
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the similarity is the sum of its contributions."""
        return self.contributions is not None

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The n tokens of the first text."""
        return self.text.tokens

    @property
    def other_tokens(self) -> tuple[Token, ...]:
        """The m tokens of the second text."""
        return self.other.tokens

    @property
    def sentences(self) -> tuple[Sentence, Sentence]:
        """Both texts, with the words that were left out."""
        return self.text, self.other

    @property
    def ranked(self) -> tuple[Pair, ...]:
        """The `top` pairs that carry the similarity, the largest share first; without special tokens."""
        return self._ranked(1)

    @property
    def against(self) -> tuple[Pair, ...]:
        """The `top` pairs that speak against it, the most negative share first; without special tokens."""
        return self._ranked(-1)

    @property
    def totals(self) -> tuple[Array, Array] | None:
        """What each token adds with all of the other text: `[n]` and `[m]`, each of which sums to the value."""
        if self.contributions is None:
            return None
        return self.contributions.sum(axis=1), self.contributions.sum(axis=0)

    def _ranked(self, sign: int) -> tuple[Pair, ...]:
        if self.contributions is None:
            return ()
        rows, columns = (np.array([token.special for token in side.tokens]) for side in self.sentences)
        shares = np.where(rows[:, None] | columns, 0, sign * self.contributions).ravel()  # [n·m]
        places = np.argsort(-shares, kind="stable")[: self.settings.top]  # ties by position
        of_pair = (divmod(int(place), len(columns)) for place in places if shares[place] > 0)
        return tuple(Pair(i, j, float(self.contributions[i, j])) for i, j in of_pair)


def similar(
    a: str,
    b: str,
    vectors: Vectors | str | Path | None = None,
    *,
    model: "Model | str | Path | None" = None,
    prompt: str | None = None,
    words: bool = False,
    drop: str | Sequence[str] = (),
    leave_one_out: bool = False,
    top: int = 5,
    unknown: str = "compose",
) -> Similarity:
    """How alike two texts are, and which pairs of their words make them so.

    A text is the sum of its parts, p = Σ_i u_i, as by mean pooling (Reimers & Gurevych 2019, section 3) u_i = h_i/n for
    the last hidden states h_i: so the cosine of two texts is Σ_ij u_i·v_j / (|p| |q|), a sum over pairs of tokens.

    a, b: texts. vectors: an opened set, the name of a kept one, or a path: the words of a text are averaged; None: the
    embedded set, as in `explain`.
    model: an opened model, its name or its folder, in place of vectors; pooled as its folder says, else by the mean.
    prompt: the name of a prompt of the folder, before both texts, or two with a comma between; None: as it says.
    words: whether pieces are merged into words, their shares summed.
    drop: words that are left out of their text, each alone, to see how the similarity changes: `dog`, in the text where
        it stands, `a:dog` and `b:dog`, `a:3` by index; `=3` is the word 3.
    leave_one_out: whether that is done for every word; it always is where the pooling is no sum (cls, max, last token).
    top: how many pairs are ranked, from 1.
    unknown: `compose` the vector of an unknown word where the set can, else leave it out; `skip` it; `error`.

    Returns: `value`; `contributions` `[n, m]` in float64, which sum to it, None where they are no sum; `ranked` and
        `against`, pairs by their share; `special`; `left_out`, `dropped`; `text` and `other` with their tokens.

    Raises:
        UsageError: an empty text, or a value that does not fit; the message quotes it.
        AttnError: no known word, or an unknown one with `unknown="error"`.
        ResourceError: vectors or a model that are missing or unreadable, or a pooling that is not supported.
    """
    given = dict(locals())  # the parameters by name
    names = given.keys() - {"a", "b", "vectors", "model"}
    settings = check_similarity(with_model=model is not None, **{name: given[name] for name in names})
    if model is None:
        return replace(similar_with(a, b, settings, as_sets(vectors)), named=_name(vectors))
    from attncli.recipes.model_explaining import as_model  # for those who ask for a model

    if vectors is not None:
        raise UsageError("expected vectors or a model, got both", "leave one of the two out", setting="vectors")
    return replace(similar_by_model(a, b, settings, as_model(model)), named=_name(model))


def _name(given: object) -> str | None:
    """A name or a path as it was given; None for an opened source."""
    return str(given) if isinstance(given, str | Path) else None


def similar_with(
    a: str,
    b: str,
    settings: SimilaritySettings,
    vectors: Vectors | EmbeddedSets,
    names: tuple[str, str] = ("a", "b"),
) -> Similarity:
    """`similar` with checked settings and open vectors; names: those of the texts in errors."""
    texts = [check_length(name, text) for name, text in zip(names, (a, b), strict=True)]
    chosen, read, remarks = read_texts(texts, Settings(unknown=settings.unknown), vectors, NAMES)
    sentences = [with_unknown(each, chosen, settings.unknown) for each in read]
    found = PooledWords.of(sentences, chosen)
    made = similarity_of(found, settings, chosen.info)
    zero = sum(int((~x.any(axis=-1)).sum()) for x in found.x)
    said = (f"words with a vector of zeros, which adds nothing: {zero}",) if zero else ()
    return replace(made, remarks=remarks, warnings=said)


def similar_by_model(
    a: str,
    b: str,
    settings: SimilaritySettings,
    model: "Model | TextEncoder",
    names: tuple[str, str] = ("a", "b"),
    progress: Progress = lambda *_: None,
) -> Similarity:
    """`similar` with checked settings and an open model, or an encoder of it; names: those of the texts in errors.

    progress: called with the name of the work, the number of words that were left out, and of all.
    """
    from attncli.models.text_encoder import TextEncoder
    from attncli.recipes.pooled_tokens import PooledTokens

    encoder = model if isinstance(model, TextEncoder) else TextEncoder.of(model)
    return similarity_by(PooledTokens.of((a, b), encoder, settings, names), settings, progress)


def similarity_by(
    found: "PooledTokens", settings: SimilaritySettings, progress: Progress = lambda *_: None
) -> Similarity:
    """The similarity of two texts that a model has read; raises as `similarity_of`."""
    from attncli.recipes.model_source import ModelInfo

    encoder, pooling = found.encoder, found.pooling
    made = similarity_of(found, settings, ModelInfo.of(encoder.model, "encoder"), progress)
    remarks = () if pooling.said is None else (pooling.said,)
    return replace(made, remarks=remarks, warnings=(*encoder.model.warnings, *pooling.warnings, *found.warnings))


def similarity_of(
    found: PooledTexts,
    settings: SimilaritySettings,
    space: "StoreInfo | ModelInfo",
    progress: Progress = lambda *_: None,
) -> Similarity:
    """The similarity of two texts whose vectors are there.

    Raises:
        AttnError: more than MOST_PAIRS pairs of tokens.
        UsageError: a word to drop that neither text has.
    """
    first, second = found.texts
    if (pairs := len(first.members) * len(second.members)) > MOST_PAIRS:
        raise AttnError(f"expected at most {MOST_PAIRS:,} pairs of words, got {pairs:,}", "shorten the texts")
    shares = found.contributions
    return Similarity(
        value=found.value,
        contributions=shares,
        text=first.sentence,
        other=second.sentence,
        function=found.pooling.similarity,
        pooling=found.pooling.name,
        special=_of_special(shares, first.special, second.special),
        left_out=leave_one_out(found, progress) if settings.leave_one_out or shares is None else None,
        dropped=tuple(drop(found, settings.drop)),
        settings=settings,
        space=space,
    )


def _of_special(shares: Array | None, rows: Array, columns: Array) -> float | None:
    """What the pairs with a special token add; None where there are no shares, or no special tokens."""
    if shares is None or not (rows.any() or columns.any()):
        return None
    return float(shares[rows[:, None] | columns].sum())
