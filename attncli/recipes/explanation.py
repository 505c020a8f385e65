"""The explanation of a sentence: every intermediate of every layer, and the values derived from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.attention.score_terms import ScoreTerms, Scoring
from attncli.display import Displayed
from attncli.errors import AttnError, Setting, UsageError
from attncli.recipes.attention_call import AttentionCall
from attncli.recipes.sources import Neighbour, Neighbours, Source
from attncli.text.tokens import Sentence

if TYPE_CHECKING:  # type variables have defaults from Python 3.13 on; every checker knows them by this module
    from typing_extensions import TypeVar

    from attncli.attention.streamed import Streamed
    from attncli.recipes.context_moves import ContextMoves
    from attncli.recipes.differences import Difference

    AnySource = TypeVar("AnySource", bound=Source, default=Source, covariant=True)
else:
    from typing import TypeVar

    AnySource = TypeVar("AnySource", bound=Source, covariant=True)


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


@dataclass(frozen=True, eq=False)
class CloseUp:
    """Everything about one query in the last layer; the arrays are [n_head, n_key].

    `heads` are the numbers of the heads; `contributions` are the lengths of weight · value; `lookup` is, for each head,
    the one key that a hard look-up would return (None where nothing is visible); `others` are further places of the
    same word; `after` is None where the output is not in the space of the embeddings; `terms` are those of the
    scores, n = 1, None where there are no scores.
    """

    query: int
    heads: tuple[int, ...]
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
    """One block, or the combination of several.

    number: its place among the layers, from 0, and heads: the numbers of its heads; of a combination the first ones.
    output: `[n_query, d_out]`.
    visible: the keys that a query may see, boolean `[n_query, n_key]`.
    queries, keys, values: `[n_head, n, d]`, and context: each head's weighted sum `[n_head, n_query, d_v]`; of width 0
        in a combination.
    scores, weights: `[n_head, n_query, n_key]`; masked scores are −inf; None where they are not kept.
    scoring: the formula of the scores; None in a combination.
    call: the attention itself, for single queries of a text that is too long for a matrix.
    streamed: the results of such a text: its context, and the strongest keys of every query.
    """

    number: int
    heads: tuple[int, ...]
    output: Array
    visible: Array
    queries: Array
    keys: Array
    values: Array
    context: Array
    scores: Array | None = None
    weights: Array | None = None
    scoring: Scoring | None = None
    call: AttentionCall | None = None
    streamed: "Streamed | None" = None

    def only(self, head: slice) -> "Layer":
        """The layer with some of its heads, by their places."""
        return replace(
            self,
            heads=self.heads[head],
            queries=self.queries[head],
            keys=self.keys[head],
            values=self.values[head],
            context=self.context[head],
            scores=None if self.scores is None else self.scores[head],
            weights=None if self.weights is None else self.weights[head],
            scoring=self.scoring and self.scoring.of_heads(head),
            call=self.call and self.call.of_heads(head),
            streamed=self.streamed if self.heads[head] == self.heads else None,  # it is of all heads together
        )

    def bare(self) -> "Layer":
        """The layer without its arrays, for which memory may not suffice over many layers."""
        nothing = np.empty((len(self.heads), 0, 0))
        return Layer(self.number, self.heads, self.output, self.visible, *(nothing,) * 4)

    def rows(self, query: int) -> tuple[Array, Array] | None:
        """Scores and weights of a query, each `[n_head, n_key]`; None of a combination."""
        if self.scores is not None and self.weights is not None:
            return self.scores[:, query], self.weights[:, query]
        if self.call is None:
            return None
        attention = self.call.of_query(query)
        return attention.scores[:, 0], attention.weights[:, 0]

    def terms(self, queries: Sequence[int]) -> ScoreTerms | None:
        """The terms of these queries' scores; None of a combination."""
        if self.scoring is None:
            return None
        return self.scoring.terms(self.queries[:, list(queries)], self.keys, queries)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Displayed, Generic[AnySource]):
    """One sentence explained: its tokens, every layer's arrays, remarks and warnings.

    memory: the other sentence of cross-attention; query: the word that `--word` asks for; top: how many context words
    are ranked; partial: only the row of the query was computed; changes: the difference that heads taken away and words
    cut apart make, None without any.
    """

    source: AnySource
    sentence: Sentence
    layers: tuple[Layer, ...]
    memory: Sentence | None = None
    query: int | None = None
    top: int = 5
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    partial: bool = False
    changes: "Difference | ContextMoves | None" = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return (self.sentence,) if self.memory is None else (self.sentence, self.memory)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the choice of the vector set, which is not the usual one."""
        return self.source.notes

    @property
    def key_sentence(self) -> Sentence:
        """The sentence that the keys and values come from: the memory if there is one."""
        return self.memory or self.sentence

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """The numbers of the layers that are there, from 0."""
        return tuple(layer.number for layer in self.layers)

    @property
    def head_numbers(self) -> tuple[int, ...]:
        """The numbers of their heads, from 0."""
        return self.layers[-1].heads

    @property
    def has_matrix(self) -> bool:
        """Whether the weights are kept: not those of a text that is too long."""
        return self.layers[-1].weights is not None

    @property
    def has_scores(self) -> bool:
        """Whether the weights have scores: not where heads were combined or pieces merged."""
        return self.layers[-1].scores is not None

    @property
    def has_steps(self) -> bool:
        """Whether a close-up has scores to show: also those of a text without a matrix."""
        return self.layers[-1].scoring is not None

    @property
    def single(self) -> bool:
        """Whether it is one head of one layer, or one combination."""
        return len(self.layers) == len(self.layers[-1].heads) == 1

    @property
    def queries(self) -> Sequence[int]:
        """The queries whose rows were computed."""
        return [self.query] if self.partial and self.query is not None else range(len(self.sentence.tokens))

    @cached_property
    def scores(self) -> Array:
        """The numbers that enter the softmax, masked ones −inf: `[n_layer, n_head, n_query, n_key]`.

        AttnError: they are not kept (a layer's are None then); likewise for the two below.
        """
        return np.stack([self.kept(layer.scores) for layer in self.layers])

    @cached_property
    def weights(self) -> Array:
        """The attention weights; rows sum to 1: `[n_layer, n_head, n_query, n_key]`."""
        return np.stack([self.kept(layer.weights) for layer in self.layers])

    @property
    def known_weights(self) -> Array:
        """The weights, NaN in the rows that were not computed."""
        if not self.partial:
            return self.weights
        known = np.isin(np.arange(self.weights.shape[2]), self.queries)  # [n_query]
        return np.where(known[:, None], self.weights, np.nan)

    @cached_property
    def mean_weights(self) -> Array:
        """The last layer's weights, averaged over its heads: `[n_query, n_key]`."""
        mean: Array = self.kept(self.layers[-1].weights).mean(axis=0)
        return mean

    def kept(self, array: Array | None) -> Array:
        """An array of a layer's; AttnError where it is not kept."""
        if array is None:
            n, m = len(self.sentence.tokens), len(self.key_sentence.tokens)
            hint = (
                "see the context of every word, or one row with ",
                Setting("word", "WORD"),
                ", on the screen or in JSON",
            )
            raise AttnError(f"a matrix of {n:,} × {m:,} words is not kept", hint)
        return array

    @property
    def outputs(self) -> Array:
        """Each head's weighted sum of its values: `[n_layer, n_head, n_query, d_v]`."""
        return np.stack([layer.context for layer in self.layers])

    @property
    def output(self) -> Array:
        """The output of the last layer, heads concatenated and mixed: `[n_query, d_out]`."""
        return self.layers[-1].output

    def only(self, *, layer: int | None = None, head: int | None = None) -> "Explanation[AnySource]":
        """The explanation with one layer (None: the last) and one of its heads (None: all), by their numbers.

        A combination has one layer and one head.

        Raises:
            UsageError: there is no layer or head of that number.
        """
        if self.source.combined:
            return self
        row = len(self.layers) - 1 if layer is None else _place("layer", layer, self.layer_numbers)
        column = 0 if head is None else _place("head", head, self.layers[row].heads)
        some = slice(None) if head is None else slice(column, column + 1)
        return replace(self, source=self.source.only(row, some), layers=(self.layers[row].only(some),))

    @cached_property
    def context(self) -> tuple[Context, ...]:
        """The ranked context words of every query, by the unrounded mean weights, ties by position."""
        layer = self.layers[-1]
        if layer.weights is not None or layer.call is None:
            return tuple(self._ranked_context())
        streamed = layer.streamed or layer.call.in_blocks(self.top, own_place=self.memory is None)
        return tuple(self._streamed_context(streamed))

    def _ranked_context(self) -> Iterator[Context]:
        visible, mean = self.layers[-1].visible.copy(), self.mean_weights  # both [n_query, n_key]
        if self.memory is None:
            np.fill_diagonal(visible, False)  # a word is not its own context
        for query, (order, seen) in enumerate(zip(ranking(mean), visible, strict=True)):
            yield self._context(query, mean[query], order[seen[order]], self.top)

    def _streamed_context(self, streamed: "Streamed") -> Iterator[Context]:
        tokens = self.key_sentence.tokens
        itself = [None] * len(streamed.keys) if self.memory else streamed.itself.tolist()
        rows = zip(itself, streamed.keys.tolist(), streamed.weights.tolist(), strict=True)
        for query, (own, keys, weights) in enumerate(rows):
            best = ((key, weight) for key, weight in zip(keys, weights, strict=True) if key >= 0)
            yield Context(query, own, tuple(Ranked(key, tokens[key].text, weight) for key, weight in best))

    def context_of(self, query: int) -> Context:
        """The context words of one query, all of its visible keys."""
        row, seen = self.mean_weights[query], self.layers[-1].visible[query]  # both [n_key]
        order = ranking(row)  # [n_key]
        others = seen[order] if self.memory is not None else seen[order] & (order != query)  # [n_key]
        return self._context(query, row, order[others], len(order))

    def _context(self, query: int, weights: Array, order: Array, top: int) -> Context:
        """The first `top` of the keys in `order` `[≤ n_key]` as context words, by weights `[n_key]`."""
        tokens = self.key_sentence.tokens
        ranked = tuple(Ranked(int(key), tokens[key].text, float(weights[key])) for key in order[:top])
        return Context(query, None if self.memory else float(weights[query]), ranked)

    def close_up(self, query: int) -> CloseUp:
        """One query of the last layer: similarity, softmax, contributions, look-up, and neighbours before and after.

        AttnError: heads were combined, and have no scores.
        """
        before, after = self.neighbours([query])[0]
        return replace(self.steps(query), before=before, after=after)

    def steps(self, query: int) -> CloseUp:
        """The close-up without the neighbours, which cost a pass over every word of the set."""
        layer = self.layers[-1]
        rows = layer.rows(query)
        if rows is None:
            raise AttnError("these weights were combined or merged: there are no scores behind them")
        scores, weights = rows  # [n_head, n_key]
        contributions = weights * np.linalg.norm(layer.values, axis=-1)  # ‖α v‖ = α ‖v‖, [n_head, n_key]
        lookup = tuple(
            int(keys[0]) if row[keys[0]] > -np.inf else None for row, keys in zip(scores, ranking(scores), strict=True)
        )
        tokens, terms = self.sentence.tokens, layer.terms([query])
        others = tuple(each.index for each in tokens if each.word == tokens[query].word and each.index != query)
        return CloseUp(query, layer.heads, others, scores, weights, contributions, lookup, (), None, terms)

    def neighbours(self, queries: Sequence[int]) -> list[Neighbours]:
        """The ten nearest words of each query's vector before attention and after; empty for a model."""
        return self.source.neighbours(queries, self.output)


def _place(setting: str, number: int, there: Sequence[int]) -> int:
    """The place of a layer or head among the numbers of those that are there."""
    if number not in there:
        expected = f"expected one of the {setting}s that are there, {', '.join(map(str, there))}"
        raise UsageError(expected, setting=setting, value=number)
    return there.index(number)
