"""Reductions of a model's weights: rows merged into words or left out, and one matrix of all heads by `--combine`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from attncli.analysis.flow import flow
from attncli.analysis.merging import hide, merge_words
from attncli.arrays import Array
from attncli.errors import Setting, UsageError
from attncli.models.model_input import ModelInput
from attncli.recipes.combinations import COMBINATIONS, COMBINED, MOST_FLOWING, THROUGH_LAYERS, UNITS, without_scores
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_source import ModelSource
from attncli.recipes.sides import Side
from attncli.settings.model import ModelSettings


@dataclass(frozen=True, eq=False)
class Reduction:
    """The queries and keys of a model's weights `[n_query, n_key]` once words are merged and tokens left out."""

    settings: ModelSettings
    queries: Side
    keys: Side

    @classmethod
    def of(cls, given: ModelInput, settings: ModelSettings) -> "Reduction":
        """The rows and columns under `--words`, `--hide-special` and `--hide-first`."""
        queries = Side.of(given.queries, settings)
        return cls(settings, queries, Side.of(given.keys, settings) if given.crosses else queries)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The queries, and the keys where they are of another text."""
        return (self.queries,) if self.keys is self.queries else (self.queries, self.keys)

    @property
    def unchanged(self) -> bool:
        """Whether every token has a row of its own."""
        return not (self.settings.words or self.hides)

    @property
    def hides(self) -> bool:
        """Whether some tokens are left out."""
        return self.settings.hide_special or self.settings.hide_first

    def reduce(self, weights: Array) -> Array:
        """Weights `[..., n_query, n_key]` over these rows and columns."""
        if self.settings.words:
            weights = merge_words(weights, self.queries.groups, self.keys.groups)
        return hide(weights, self.queries.hidden, self.keys.hidden) if self.hides else weights

    def visible(self, visible: Array) -> Array:
        """The keys that each row sees, boolean of `[n_query, n_key]`: a word sees the keys of all of its pieces."""
        return self.keys.any(self.queries.any(visible).T).T


def combine(layers: Iterable[Array], reduction: Reduction, query: int | None) -> Array:
    """One matrix over the tokens of the layers' weights, each `[n_head, n_query, n_key]`: `[n_query, n_key]`.

    For `--combine norm` the layers are lengths `[1, n_query, n_key]`. query: the only row of many whose flow is
    computed.
    """
    if reduction.settings.combine != "flow":
        return COMBINED[reduction.settings.combine](layers)
    n = len(reduction.queries.tokens.tokens)
    queries = range(n) if n <= MOST_FLOWING or query is None else reduction.queries.members[query]
    flows = np.zeros((n, n))  # the other rows stay 0
    flows[list(queries)] = flow(layers, queries)
    return flows


def check_combined(settings: ModelSettings, given: ModelInput) -> None:
    """UsageError: paths through the layers between two texts; the flow of more than MOST_FLOWING tokens, no query.

    Windows have no vectors f(x) of the whole text, a token having one in each.
    """
    n = len(given.queries.tokens)
    if given.windows is not None and settings.combine == "norm":
        reason = "expected a combination of weights: in windows a token has several values"
        raise UsageError(reason, ("for example ", Setting("combine", "mean")), setting="combine", value="norm")
    if given.crosses and settings.combine in THROUGH_LAYERS:
        reason = "expected the attention of a text to itself, layer on layer, got that of the target to the source"
        hint = ("take another part: ", Setting("part", "decoder"))
        raise UsageError(reason, hint, setting="combine", value=settings.combine)
    if settings.combine == "flow" and n > MOST_FLOWING and settings.word is None:
        reason = f"expected at most {MOST_FLOWING} tokens to work out the flow of all, got {n}"
        raise UsageError(reason, ("choose one: ", Setting("word", "WORD")), setting="combine", value="flow")


def mean_of_heads(explanation: Explanation[ModelSource]) -> Explanation[ModelSource]:
    """The mean over the heads of the only layer, equal to `--combine mean`: weights without scores."""
    source, layer = explanation.source, explanation.layers[0]
    mean = without_scores(explanation.mean_weights[None], layer.visible, layer.number, layer.heads[:1])
    settings = replace(source.settings, layer=explanation.layer_numbers, combine="mean")
    said = (f"mean: {COMBINATIONS['mean']}", *explanation.remarks)
    return replace(explanation, layers=(mean,), source=replace(source, settings=settings), remarks=said)


def remarks(reduction: Reduction) -> Iterator[str]:
    """Remarks on the meaning of the weights after combining, merging and leaving out."""
    settings = reduction.settings
    if settings.combine != "none":
        unit = "" if reduction.hides else UNITS.get(settings.combine, "")
        if settings.combine == "flow" and settings.words:
            unit = "; the flows to the pieces of a word are added"
        yield f"{settings.combine}: {COMBINATIONS[settings.combine]}{unit}"
    if settings.words and any(len(each) > 1 for side in reduction.sides for each in side.members):
        yield "words of several pieces: the sum over attended pieces, the mean over attending ones (Clark et al. 2019)"
    if settings.hide_special:
        tokens = (token for side in reduction.sides for token in side.tokens.tokens)
        names = ", ".join(dict.fromkeys(token.piece for token in tokens if token.special))
        left_out = f"special tokens are left out ({names}) and the rest of each row is divided by its sum"
        yield left_out if names else "there are no special tokens to leave out; each row is divided by its sum"
    if settings.hide_first:
        yield "the first token is left out and the rest of each row is divided by its sum (Xiao et al. 2024: a sink)"
    if settings.combine == "flow" and len(reduction.queries.tokens.tokens) > MOST_FLOWING:
        yield f"only the flow of {settings.word} was worked out; the other rows are null in --json"
