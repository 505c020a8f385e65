"""The recipe for weights that were given: arrays and tokens become an `Explanation`, for every view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attncli.analysis.flow import flow
from attncli.analysis.kinds import HeadKinds, measure_heads, measures_of
from attncli.analysis.measures import top1
from attncli.analysis.merging import hide
from attncli.analysis.pooling import pooled
from attncli.arrays import Array
from attncli.errors import Setting, UsageError
from attncli.recipes.combinations import (
    COMBINATIONS,
    COMBINED,
    MOST_FLOWING,
    THROUGH_LAYERS,
    UNITS,
    without_scores,
)
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.given_tokens import sentence_of
from attncli.recipes.given_weights import as_shares, rows_apart, weights_of
from attncli.recipes.head_source import HeadSource
from attncli.recipes.inputs import find_query
from attncli.recipes.sources import PICTURED
from attncli.settings.given import GivenSettings, check_given
from attncli.settings.model import chosen
from attncli.text.tokens import Sentence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from attncli.recipes.model_explaining import Numbers

UNNAMED = "arrays"


@dataclass(frozen=True, eq=False)
class Given:
    """Weights `[n_layer, n_head, n_query, n_key]` with their tokens.

    memory: the keys, where they are another text; layers, heads: their numbers; name: that of the file, and words: the
    command line that reads it again, empty of arrays in memory.
    """

    weights: Array
    sentence: Sentence
    memory: Sentence | None
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    name: str = UNNAMED
    words: tuple[str, ...] = ()

    def only(self, settings: GivenSettings) -> "Given":
        """The chosen layers and heads; UsageError for one that is not there."""
        rows, layers = _chosen("layer", settings.layer, self.layers, self.name)
        columns, heads = _chosen("head", settings.head, self.heads, self.name)
        return replace(self, weights=self.weights[rows][:, columns], layers=layers, heads=heads)

    def reduced(self, settings: GivenSettings) -> "Given":
        """The weights without the first token or special ones of either side, the rest of each row renormalised."""
        sides = [self.sentence] if self.memory is None else [self.sentence, self.memory]
        hidden = [_hidden(side, settings) for side in sides]  # [n_query], [n_key]
        for marked in hidden:
            if marked.all():
                setting = "hide_first" if settings.hide_first else "hide_special"
                raise UsageError("expected other tokens too", ("leave out ", Setting(setting)), setting=setting)
        left = [_without(side, marked) for side, marked in zip(sides, hidden, strict=True)]
        weights = hide(self.weights, hidden[0], hidden[-1])
        return replace(self, weights=weights, sentence=left[0], memory=None if self.memory is None else left[1])


def _hidden(sentence: Sentence, settings: GivenSettings) -> Array:
    """The tokens that are left out: boolean `[n]`."""
    special = np.array([token.special for token in sentence.tokens])  # [n]
    hidden: Array = special & settings.hide_special | (np.arange(len(special)) == 0) & settings.hide_first
    return hidden


def _without(sentence: Sentence, hidden: Array) -> Sentence:
    kept = [token for token, gone in zip(sentence.tokens, hidden, strict=True) if not gone]
    return replace(sentence, tokens=tuple(replace(token, index=index) for index, token in enumerate(kept)))


def _chosen(
    setting: str, asked: Sequence[int] | None, there: tuple[int, ...], name: str
) -> tuple[list[int], tuple[int, ...]]:
    """The places of the numbers asked for among those that are there, and the numbers."""
    if there == (*range(len(there)),):
        numbers = chosen(setting, asked, len(there), name)
        return list(numbers), numbers
    if missing := [number for number in asked or () if number not in there]:
        expected = f"expected one of the {setting}s that are there, {', '.join(map(str, there))}"
        raise UsageError(expected, setting=setting, value=missing[0])
    numbers = there if asked is None else tuple(asked)
    return [there.index(number) for number in numbers], numbers


@dataclass(frozen=True, eq=False)
class GivenSource(HeadSource):
    """Weights that were given, under settings.

    called: the name of their file; words: the command line that reads them again, empty of arrays in memory; sizes: how
    many layers and heads are there; special `[n_key]`: the tokens that a model added; sums: whether every row that is
    not 0 sums to 1. The rest as of a model.
    """

    called: str
    words: tuple[str, ...]
    sizes: tuple[int, ...]
    settings: GivenSettings
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    kinds: HeadKinds
    special: Array
    sums: bool
    strongest: tuple[Array, Array] | None = None
    pictures: Array | None = None

    kind, command, repeats, unit = "weights", "show", False, "token"
    model = vectors = None
    roles, notes = (), ()
    method, temperature, excludes_self = "given", 1.0, False

    @property
    def name(self) -> str:
        """The name of their file."""
        return self.called

    @property
    def size(self) -> str:
        """Their numbers of layers and heads: `2 layers × 4 heads`."""
        named = zip(self.sizes, ("layer", "head"), strict=True)
        return " × ".join(f"{count} {name}{'s' * (count != 1)}" for count, name in named)


def show(
    weights: "ArrayLike | str | Path",
    tokens: Sequence[str] | None = None,
    other_tokens: Sequence[str] | None = None,
    *,
    layer: "Numbers" = None,
    head: "Numbers" = None,
    combine: str = "none",
    hide_special: bool = False,
    hide_first: bool = False,
    word: str | int | None = None,
    top: int = 5,
) -> Explanation[GivenSource]:
    """Attention weights from anywhere as an explanation, so that every view and format takes them.

    weights: an array `[n_query, n_key]`, `[n_head, n_query, n_key]` or `[n_layer, n_head, n_query, n_key]`, of NumPy,
        PyTorch or any other library, or one array a layer, each `[1, n_head, n_query, n_key]`, as models of
        transformers give their `attentions`; or the path of a file that `attn show` reads.
    tokens: the texts of the n_query tokens, words or pieces as a tokenizer writes them (`Ġdog`, `▁dog`, `##ing`); None:
        they are named by their places, or as the file has them.
    other_tokens: the texts of the n_key tokens, where queries and keys are of two texts; None: the same tokens.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    combine: one matrix of the chosen ones: `mean`, `max`, `rollout` and `flow` (Abnar & Zuidema 2020); `none` leaves
        them.
    hide_special: whether tokens that models add, such as `[CLS]` and `<s>`, which are known by their names, are left
        out and the rest renormalised.
    hide_first: whether the first token is, on which heads of GPT-like models rest (Xiao et al. 2024, section 3.1).
    word: the query of the close-up, a token or its index from 0.
    top: how many context words of every query are ranked, from 1.

    Returns: `weights` `[n_layer, n_head, n_query, n_key]` in float32 or float64, without scores; `context`; the kind
        and the measures of every head; `remarks` on rows that do not sum to 1, and on weights that look masked.

    Raises:
        UsageError: no such array, a number that is not finite or below 0, tokens that do not fit, or a wrong setting.
        ResourceError: a file that is missing or unreadable.
    """
    given = dict(locals())  # the parameters by name
    settings = check_given(**{name: given[name] for name in given.keys() - {"weights", "tokens", "other_tokens"}})
    if isinstance(weights, str | Path):
        from attncli.recipes.given_file import read_given  # late: arrays need no file

        return show_given(read_given(weights, tokens, other_tokens), settings)
    return show_given(given_of(weights_of(weights), tokens, other_tokens), settings)


def given_of(weights: Array, tokens: Sequence[str] | None, other_tokens: Sequence[str] | None) -> Given:
    """Checked weights with their tokens; UsageError for tokens that do not fit."""
    n_layer, n_head, n_query, n_key = weights.shape
    if tokens is not None and other_tokens is None and n_query != n_key:
        reason = f"expected the tokens of the keys too: the weights are of {n_query} queries and {n_key} keys"
        raise UsageError(reason, setting="other_tokens")
    sentence = sentence_of("tokens", tokens, n_query, "query")
    crossed = other_tokens is not None or n_query != n_key
    memory = sentence_of("other_tokens", other_tokens, n_key, "key") if crossed else None
    return Given(weights, sentence, memory, (*range(n_layer),), (*range(n_head),))


def show_given(given: Given, settings: GivenSettings) -> Explanation[GivenSource]:
    """`show` of weights with their tokens, under checked settings."""
    sizes = given.weights.shape[:2]
    given = given.only(settings)
    given = given.reduced(settings) if settings.hide_first or settings.hide_special else given
    _check_combined(given, settings)
    query = None if settings.word is None else find_query(given.sentence, settings.word)
    causal = _is_causal(given)
    seen = np.ones(given.weights.shape[2:], dtype=bool)  # [n_query, n_key]
    visible = np.tril(seen) if causal else seen
    apart = rows_apart(given.weights)  # [rows]
    numbers = zip(given.layers, given.weights, strict=True)
    layers = tuple(without_scores(each, visible, number, given.heads) for number, each in numbers)
    combined = settings.combine != "none"
    return Explanation(
        GivenSource(
            given.name,
            given.words,
            sizes,
            settings,
            given.layers,
            given.heads,
            *_measured(layers, given),
            sums=len(apart) == 0 and settings.combine not in UNITS,
            strongest=None if query is None or combined else _strongest(given.weights[:, :, query]),
            pictures=None if combined else pooled(given.weights, PICTURED, PICTURED),
        ),
        given.sentence,
        _combined(layers, settings.combine, query) if combined else layers,
        memory=given.memory,
        query=query,
        top=settings.top,
        remarks=(*_remarks(given, settings, apart), *[CAUSAL] * causal),
        partial=settings.combine == "flow" and len(given.sentence.tokens) > MOST_FLOWING,
    )


CAUSAL = "no token gives weight to a later one: later ones are taken for hidden, as by a causal mask"


def _is_causal(given: Given) -> bool:
    """Whether every weight on a later token is 0, in all layers and heads, and those on earlier ones are not."""
    largest = given.weights.max(axis=(0, 1))  # [n_query, n_key]
    return given.memory is None and bool(np.tril(largest, -1).any()) and not np.triu(largest, 1).any()


def _measured(layers: tuple[Layer, ...], given: Given) -> tuple[HeadKinds, Array]:
    """The kinds of all heads `[n_layer, n_head]`, of rows that sum to 1, and the special tokens `[n_key]`."""
    special = np.array([token.special for token in (given.memory or given.sentence).tokens])  # [n_key]
    crosses = given.memory is not None
    pairs = zip(layers, given.weights, strict=True)
    measured = [measure_heads(as_shares(each), special, layer.visible, crosses=crosses) for layer, each in pairs]
    return measures_of(measured, np.stack), special


def _strongest(rows: Array) -> tuple[Array, Array]:
    """The key with most weight in each head's row `[n_layer, n_head, n_key]`, and that weight."""
    return top1(rows), rows.max(axis=-1)


def _check_combined(given: Given, settings: GivenSettings) -> None:
    """UsageError: paths through the layers between two texts; the flow of more than MOST_FLOWING tokens, no query."""
    if settings.combine in THROUGH_LAYERS and given.memory is not None:
        reason = "expected the attention of a text to itself, layer on layer, got that of one text to another"
        raise UsageError(reason, setting="combine", value=settings.combine)
    n = len(given.sentence.tokens)
    if settings.combine == "flow" and n > MOST_FLOWING and settings.word is None:
        reason = f"expected at most {MOST_FLOWING} tokens to work out the flow of all, got {n}"
        raise UsageError(reason, ("choose one: ", Setting("word", "WORD")), setting="combine", value="flow")


def _combined(layers: tuple[Layer, ...], combine: str, query: int | None) -> tuple[Layer, ...]:
    """The one matrix of all layers and heads."""
    first, weights = layers[0], [layer.weights for layer in layers if layer.weights is not None]
    matrix = _flow(weights, query) if combine == "flow" else COMBINED[combine](weights)  # [n_query, n_key]
    return (without_scores(matrix[None], first.visible, first.number, first.heads[:1]),)


def _flow(weights: list[Array], query: int | None) -> Array:
    """The flow from every token, or of many from the query alone: `[n, n]`, the other rows 0."""
    n = weights[0].shape[-1]
    queries = [*range(n)] if n <= MOST_FLOWING or query is None else [query]
    flows = np.zeros((n, n))
    flows[queries] = flow(weights, queries)
    return flows


def _remarks(given: Given, settings: GivenSettings, apart: Array) -> Iterator[str]:
    if len(apart):
        rows = given.weights[..., 0].size
        reach = f"{apart.min():.4g}" if apart.min() == apart.max() else f"from {apart.min():.4g} to {apart.max():.4g}"
        yield f"{len(apart):,} of {rows:,} rows do not sum to 1, but {reach}: they are shown as they are"
    if settings.combine != "none":
        yield f"{settings.combine}: {COMBINATIONS[settings.combine]}{UNITS.get(settings.combine, '')}"
    if settings.hide_special:
        yield "special tokens are left out, known by their names, and the rest of each row is divided by its sum"
    if settings.hide_first:
        yield "the first token is left out and the rest of each row is divided by its sum (Xiao et al. 2024: a sink)"
    if settings.combine == "flow" and len(given.sentence.tokens) > MOST_FLOWING:
        yield f"only the flow of {settings.word} was worked out; the other rows are null in --json"
