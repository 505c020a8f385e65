"""Explanations of texts too long for a matrix: attention block by block, the context exact, the weights not kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from attncli.attention.attend import Attention, attend
from attncli.attention.streamed import Streamed
from attncli.errors import AttnError, Setting
from attncli.heads.parameters import Array
from attncli.heads.projections import Blocks
from attncli.recipes.as_trained import words_of
from attncli.recipes.explanation import CloseUp, Context, Explanation, Layer, Ranked
from attncli.recipes.inputs import IN_SENTENCES, Inputs, find_query
from attncli.recipes.long_layers import bias_of, run_long_layers
from attncli.settings.explanation import Settings

MOST_SCORES = 10**11  # at some 300 million a second five minutes
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class LongExplanation(Explanation):
    """An explanation without its matrices: `scores` and `weights` of its layers are empty, `context` is exact."""

    streamed: Streamed
    blocks: Blocks
    has_matrix: ClassVar[bool] = False

    @property
    def weights(self) -> Array:
        """AttnError: there is no matrix."""
        raise no_matrix(self)

    scores = mean_weights = weights

    @cached_property
    def context(self) -> tuple[Context, ...]:
        """The ranked context words of every query."""
        texts = [token.text for token in self.key_sentence.tokens]
        itself = [None] * len(self.inputs.x) if self.memory else self.streamed.itself.tolist()
        rows = zip(itself, self.streamed.keys.tolist(), self.streamed.weights.tolist(), strict=True)
        return tuple(
            Context(i, own, tuple(Ranked(k, texts[k], w) for k, w in zip(keys, weights, strict=True) if k >= 0))
            for i, (own, keys, weights) in enumerate(rows)
        )

    def close_up(self, query: int) -> CloseUp:
        """One query of the last layer, its row worked out anew."""
        row = self._row(query)
        last = self.layers[-1]
        layer = Layer(last.queries, last.keys, last.values, row, self.output)
        found = Explanation(self.inputs, self.settings, (layer,), self.in_embedding_space).steps(0)
        before, after = self.neighbours([query])[0]
        terms = last.terms([query])
        return replace(found, query=query, others=self._others(query), before=before, after=after, terms=terms)

    def _row(self, query: int) -> Attention:
        """The attention of one query in the last layer: arrays `[n_head, 1, …]`."""
        layer, heads, settings = self.layers[-1], self.blocks.heads[-1], self.settings
        assert layer.scoring is not None
        inside = self.memory is None
        bias = bias_of(words_of(self.sentence), settings, self.blocks, heads if inside else None, layer.keys)
        place = slice(query, query + 1)
        return attend(
            layer.queries[:, place],
            layer.keys,
            layer.values,
            **layer.scoring.arguments,
            mask=None if bias is None else bias(place, slice(0, layer.keys.shape[1])),
            causal=settings.causal,
            window=settings.window,
            offset=query,
        )


def no_matrix(explanation: Explanation) -> AttnError:
    """The error for whoever wants the matrix of a long text."""
    n, m = len(explanation.inputs.x), len(explanation.inputs.source)
    return AttnError(
        f"a matrix of {n:,} × {m:,} words is not kept",
        ("the page and JSON have the context of every word, ", Setting("word", "WORD"), " one row"),
    )


def explain_long(
    inputs: Inputs, settings: Settings, blocks: Blocks, progress: Progress = lambda *_: None
) -> LongExplanation:
    """The attention of vectors that are read already, settings being settled.

    `progress` is told what it takes before any work is done, then how many queries are done, and of how many.

    Raises:
        AttnError: it would take more than MOST_SCORES.
    """
    memory, queries = None if inputs.memory is None else inputs.source, len(inputs.x) * settings.layers
    said, words = _price(inputs, queries * blocks.n_head * len(inputs.source)), words_of(inputs.sentence)
    progress(said, 0, queries)
    *_, (layer, streamed) = run_long_layers(
        inputs.x, memory, blocks, settings, words, heard=lambda done: progress(said, done, queries)
    )
    query = None if settings.word is None else find_query(inputs.sentence, settings.word)
    warnings = (*blocks.warnings, *inputs.warnings, *_warnings(inputs, settings, blocks, streamed))
    space = blocks.in_embedding_space
    return LongExplanation(inputs, settings, (layer,), space, query, warnings, streamed=streamed, blocks=blocks)


def _price(inputs: Inputs, scores: int) -> str:
    """What the work is, and how much of it. AttnError: too much."""
    said = (
        f"{len(inputs.x):,} words attend to {len(inputs.source):,}: {scores / 1e9:,.1f} billion scores, block by block"
    )
    if scores > MOST_SCORES:
        limit = f"the most is {MOST_SCORES / 1e9:,.0f} billion"
        raise AttnError(f"{said}; {limit}", IN_SENTENCES)
    return said


def _warnings(inputs: Inputs, settings: Settings, blocks: Blocks, streamed: Streamed) -> Iterator[str]:
    size = 16 * settings.layers * blocks.n_head * len(inputs.x) * len(inputs.source) / 2**30
    yield (
        f"scores and weights of {len(inputs.x):,} × {len(inputs.source):,} words would take {size:,.1f} GiB and are "
        "not kept: they were worked out block by block; the context is exact"
    )
    if blind := int((streamed.total == 0).all(axis=0).sum()):
        yield f"words that see nothing under this mask, so that weights and output are 0: {blind}"
