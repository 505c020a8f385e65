"""What an explanation holds: every intermediate of every layer, and what can be read off them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from attncli.analysis.kinds import Role
from attncli.analysis.measures import ranking
from attncli.attention.attend import Attention
from attncli.attention.score_terms import ScoreTerms, Scoring
from attncli.heads.parameters import Array
from attncli.recipes.inputs import Inputs
from attncli.settings.explanation import Settings
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors

NEIGHBOURS = 10


@dataclass(frozen=True)
class Ranked:
    """One context word: its place among the keys, its text and its weight."""

    key: int
    text: str
    weight: float


@dataclass(frozen=True)
class Context:
    """The context words of one query, strongest first; `itself` is its weight on itself (None with a memory)."""

    query: int
    itself: float | None
    ranked: tuple[Ranked, ...]


@dataclass(frozen=True)
class Neighbour:
    """A word of the vector set and its cosine with the vector that was asked about."""

    text: str
    similarity: float


@dataclass(frozen=True, eq=False)
class CloseUp:
    """Everything about one query in the last layer; the arrays are [n_head, n_key].

    `contributions` are the lengths of weight · value; `lookup` is, for each head, the one key that a hard look-up
    would return (None where nothing is visible); `others` are further places of the same word; `after` is None where
    the output does not live in the space of the embeddings; `terms` are those of the scores, n = 1, None where there
    are no scores.
    """

    query: int
    others: tuple[int, ...]
    scores: Array
    weights: Array
    contributions: Array
    lookup: tuple[int | None, ...]
    before: tuple[Neighbour, ...]
    after: tuple[Neighbour, ...] | None
    terms: ScoreTerms | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """One block: its inputs [n_head, n, d], its attention, its output [n_query, d_out], and how it scores.

    scoring is None where heads were combined or pieces merged.
    """

    queries: Array
    keys: Array
    values: Array
    attention: Attention
    output: Array
    scoring: Scoring | None = None

    def terms(self, queries: Sequence[int]) -> ScoreTerms | None:
        """The terms of these queries' scores."""
        if self.scoring is None:
            return None
        return self.scoring.terms(self.queries[:, list(queries)], self.keys, queries)

    @property
    def visible(self) -> Array:
        """Which keys at least one head may see: boolean [n_query, n_key]."""
        seen: Array = np.any(self.attention.scores != -np.inf, axis=0)
        return seen


@dataclass(frozen=True, eq=False)
class Explanation:
    """One sentence explained: tokens, every layer's arrays, and what was noticed on the way.

    `roles` name the heads of a trained block, of its first layer; `remarks` say what trained heads do otherwise.
    """

    inputs: Inputs
    settings: Settings
    layers: tuple[Layer, ...]
    in_embedding_space: bool
    query: int | None = None  # the one that `--word` asks for
    warnings: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    remarks: tuple[str, ...] = ()

    has_matrix: ClassVar[bool] = True  # a text may be too long for one

    @property
    def vectors(self) -> Vectors:
        """The vector set in use; a model has none."""
        assert self.inputs.vectors is not None
        return self.inputs.vectors

    @property
    def sentence(self) -> Sentence:
        """The sentence that the queries come from."""
        return self.inputs.sentence

    @property
    def memory(self) -> Sentence | None:
        """The other sentence of cross-attention, if there is one."""
        return self.inputs.memory

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return (self.sentence,) if self.memory is None else (self.sentence, self.memory)

    @property
    def key_sentence(self) -> Sentence:
        """The sentence that the keys and values come from: the memory if there is one."""
        return self.memory or self.sentence

    @cached_property
    def scores(self) -> Array:
        """What enters the softmax, masked ones -inf: [n_layer, n_head, n_query, n_key]."""
        return np.stack([layer.attention.scores for layer in self.layers])

    @cached_property
    def weights(self) -> Array:
        """The attention weights; rows sum to 1: [n_layer, n_head, n_query, n_key]."""
        return np.stack([layer.attention.weights for layer in self.layers])

    @property
    def outputs(self) -> Array:
        """Each head's weighted sum of its values: [n_layer, n_head, n_query, d_v]."""
        return np.stack([layer.attention.context for layer in self.layers])

    @property
    def output(self) -> Array:
        """What the last layer gives on, heads concatenated and mixed: [n_query, d_out]."""
        return self.layers[-1].output

    @cached_property
    def mean_weights(self) -> Array:
        """The last layer's weights, averaged over its heads: [n_query, n_key]."""
        mean: Array = self.layers[-1].attention.weights.mean(axis=0)
        return mean

    @cached_property
    def context(self) -> tuple[Context, ...]:
        """The ranked context words of every query, by the unrounded mean weights, ties by position."""
        visible = self.layers[-1].visible.copy()  # [n_query, n_key]
        if self.memory is None:
            np.fill_diagonal(visible, False)  # a word is not its own context
        rows = enumerate(zip(ranking(self.mean_weights), visible, strict=True))
        return tuple(self._context(query, order[seen[order]], self.settings.top) for query, (order, seen) in rows)

    def context_of(self, query: int) -> Context:
        """The same of one query, ranked to its last visible key."""
        order, seen = ranking(self.mean_weights[[query]])[0], self.layers[-1].visible[query]  # both [n_key]
        others = seen[order] if self.memory is not None else seen[order] & (order != query)  # [n_key]
        return self._context(query, order[others], len(order))

    def _context(self, query: int, order: Array, top: int) -> Context:
        """The first `top` of the keys in `order` [≤ n_key] as context words."""
        weights, best = self.mean_weights[query], order[:top]
        tokens = self.key_sentence.tokens
        ranked = tuple(Ranked(int(key), tokens[key].text, float(weights[key])) for key in best)
        return Context(query, None if self.memory else float(weights[query]), ranked)

    def close_up(self, query: int) -> CloseUp:
        """One query of the last layer: similarity, softmax, contributions, look-up, and neighbours before and after."""
        before, after = self.neighbours([query])[0]
        return replace(self.steps(query), before=before, after=after)

    def steps(self, query: int) -> CloseUp:
        """The same without the neighbours, which take a look at every word of the set."""
        layer = self.layers[-1]
        scores, weights = layer.attention.scores[:, query], layer.attention.weights[:, query]  # [n_head, n_key]
        contributions = weights * np.linalg.norm(layer.values, axis=-1)  # ‖α v‖ = α ‖v‖, [n_head, n_key]
        lookup = tuple(
            int(keys[0]) if row[keys[0]] > -np.inf else None for row, keys in zip(scores, ranking(scores), strict=True)
        )
        terms, others = layer.terms([query]), self._others(query)
        return CloseUp(query, others, scores, weights, contributions, lookup, (), None, terms)

    def _others(self, query: int) -> tuple[int, ...]:
        tokens = self.sentence.tokens
        return tuple(token.index for token in tokens if token.word == tokens[query].word and token.index != query)

    def neighbours(self, queries: Sequence[int]) -> list[tuple[tuple[Neighbour, ...], tuple[Neighbour, ...] | None]]:
        """The ten nearest words of each query's vector before attention and after; None where that means nothing."""
        chosen = list(queries)
        before = self._near(self.inputs.x[chosen])
        after = self._near(self.output[chosen]) if self.in_embedding_space else [None] * len(chosen)
        return list(zip(before, after, strict=True))

    def _near(self, vectors: Array) -> list[tuple[Neighbour, ...]]:
        rows, cosines = self.vectors.near(vectors, NEIGHBOURS)  # both [len(vectors), 10]
        words = iter(self.vectors.text(rows.ravel()))
        return [tuple(Neighbour(next(words), float(cosine)) for cosine in row) for row in cosines]
