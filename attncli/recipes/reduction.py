"""Reductions of a model's weights: rows merged into words or left out, and one matrix of all heads by `--combine`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attncli.analysis import combining
from attncli.analysis.flow import flow
from attncli.analysis.merging import hide, merge_words
from attncli.arrays import Array
from attncli.errors import Setting, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.model_source import ModelSource
from attncli.settings.model import ModelSettings
from attncli.text.tokens import Sentence, Token

MOST_FLOWING = 32  # tokens; of more, only the flow of the chosen query is computed
COMBINATIONS = {
    "mean": "the mean over the chosen layers and heads",
    "max": "the largest weight in any chosen layer and head",
    "rollout": "attention rollout over the chosen layers (Abnar & Zuidema 2020): mean weights and residual, multiplied",
    "flow": "attention flow over the chosen layers (Abnar & Zuidema 2020): the most that reaches a token from each",
    "norm": "‖αf(x)‖ (Kobayashi et al. 2020), the mean over the chosen layers",
}
UNITS = {"max": "; a row sums to 1 or more", "flow": "; each from 0 to 1", "norm": ": lengths, not shares"}
COMBINED = {
    "mean": combining.mean,
    "max": combining.maximum,
    "rollout": combining.rollout,
    "norm": combining.mean,  # of lengths in the place of weights
}


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows and columns of a model's weights `[n, n]` once words are merged and special tokens hidden: `[m, m]`.

    groups `[n]`: the word of each token, counted in the order of the text, or each token by itself; hidden `[words]`:
    the words that are left out; members: the tokens of each row; sentence: the rows as tokens; special `[m]`: those
    that the post-processor added.
    """

    tokens: ModelSentence
    settings: ModelSettings
    groups: Array
    hidden: Array
    members: tuple[list[int], ...]
    sentence: Sentence
    special: Array

    @classmethod
    def of(cls, tokens: ModelSentence, settings: ModelSettings) -> "Rows":
        """The rows of the tokens under `--words`, `--hide-special` and `--hide-first`."""
        groups = _words(tokens) if settings.words else np.arange(len(tokens.tokens))  # [n]
        special = special_tokens(tokens)[np.unique(groups, return_index=True)[1]]  # [words]
        first = np.arange(len(special)) == 0
        hidden = special & settings.hide_special | first & settings.hide_first
        members = tuple(np.flatnonzero(groups == number).tolist() for number in np.flatnonzero(~hidden))
        rows = tuple(_token(tokens, index, each) for index, each in enumerate(members))
        return cls(tokens, settings, groups, hidden, members, Sentence(tokens.text, rows), special[~hidden])

    @property
    def unchanged(self) -> bool:
        """Whether every token has a row of its own."""
        return not (self.settings.words or self.hides)

    @property
    def hides(self) -> bool:
        """Whether some tokens are left out."""
        return self.settings.hide_special or self.settings.hide_first

    def reduce(self, weights: Array) -> Array:
        """Weights `[..., n, n]` over these rows and columns: `[..., m, m]`."""
        if self.settings.words:
            weights = merge_words(weights, self.groups)
        return hide(weights, self.hidden) if self.hides else weights

    def visible(self, visible: Array) -> Array:
        """The keys that each row sees, boolean `[m, m]` of `[n, n]`: a word sees the keys of all of its pieces."""
        starts = np.unique(self.groups, return_index=True)[1]  # [words]; where each begins
        seen = np.logical_or.reduceat(np.logical_or.reduceat(visible, starts, axis=0), starts, axis=1)
        return seen[~self.hidden][:, ~self.hidden]


def combine(layers: Iterable[Array], rows: Rows, query: int | None) -> Array:
    """One matrix over the tokens of the layers' weights, each `[n_head, n, n]`: `[n, n]`.

    For `--combine norm` the layers are lengths `[1, n, n]`. query: the only row of many whose flow is computed.
    """
    if rows.settings.combine != "flow":
        return COMBINED[rows.settings.combine](layers)
    n = len(rows.tokens.tokens)
    queries = range(n) if n <= MOST_FLOWING or query is None else rows.members[query]
    flows = np.zeros((n, n))  # the other rows stay 0
    flows[list(queries)] = flow(layers, queries)
    return flows


def check_flow(settings: ModelSettings, n: int) -> None:
    """UsageError: the flow of more than MOST_FLOWING tokens without a query."""
    if settings.combine == "flow" and n > MOST_FLOWING and settings.word is None:
        reason = f"expected at most {MOST_FLOWING} tokens to work out the flow of all, got {n}"
        raise UsageError(reason, ("choose one: ", Setting("word", "WORD")), setting="combine", value="flow")


def without_scores(weights: Array, visible: Array, number: int, heads: tuple[int, ...]) -> Layer:
    """A layer of which only the weights `[n_head, m, m]` are left.

    visible: a combination of several layers reaches more keys than one layer.
    """
    nothing = np.empty((len(weights), len(visible), 0))
    seen = visible | np.any(weights > 0, axis=0)  # [m, m]
    return Layer(number, heads, nothing[0], seen, *(nothing,) * 4, weights=weights)


def mean_of_heads(explanation: Explanation[ModelSource]) -> Explanation[ModelSource]:
    """The mean over the heads of the only layer, equal to `--combine mean`: weights without scores."""
    source, layer = explanation.source, explanation.layers[0]
    mean = without_scores(explanation.mean_weights[None], layer.visible, layer.number, layer.heads[:1])
    settings = replace(source.settings, layer=explanation.layer_numbers, combine="mean")
    said = (f"mean: {COMBINATIONS['mean']}", *explanation.remarks)
    return replace(explanation, layers=(mean,), source=replace(source, settings=settings), remarks=said)


def remarks(rows: Rows) -> Iterator[str]:
    """Remarks on the meaning of the weights after combining, merging and leaving out."""
    settings = rows.settings
    if settings.combine != "none":
        unit = "" if rows.hides else UNITS.get(settings.combine, "")
        if settings.combine == "flow" and settings.words:
            unit = "; the flows to the pieces of a word are added"
        yield f"{settings.combine}: {COMBINATIONS[settings.combine]}{unit}"
    if settings.words and any(len(each) > 1 for each in rows.members):
        yield "words of several pieces: the sum over attended pieces, the mean over attending ones (Clark et al. 2019)"
    if settings.hide_special:
        names = ", ".join(dict.fromkeys(token.piece for token in rows.tokens.tokens if token.special))
        left_out = f"special tokens are left out ({names}) and the rest of each row is divided by its sum"
        yield left_out if names else "there are no special tokens to leave out; each row is divided by its sum"
    if settings.hide_first:
        yield "the first token is left out and the rest of each row is divided by its sum (Xiao et al. 2024: a sink)"
    if settings.combine == "flow" and len(rows.tokens.tokens) > MOST_FLOWING:
        yield f"only the flow of {settings.word} was worked out; the other rows are null in --json"


def special_tokens(tokens: ModelSentence) -> Array:
    """The tokens that the post-processor added: boolean `[n]`."""
    return np.array([token.special for token in tokens.tokens])


def _words(tokens: ModelSentence) -> Array:
    """The word of each token by number, `[n]`; a special token is a word of its own."""
    words = [token.word for token in tokens.tokens]
    starts = [index == 0 or word is None or word != words[index - 1] for index, word in enumerate(words)]
    numbers: Array = np.cumsum(starts) - 1
    return numbers


def _token(tokens: ModelSentence, index: int, members: Sequence[int]) -> Token:
    """One token of the sentence; a special one, which has no place in the text, is named by its piece."""
    own = [tokens.tokens[member] for member in members]
    first, pieces = own[0], tuple(token.piece for token in own)
    start, end = first.start, max(token.end for token in own)
    if len(own) > 1:  # a space may be a piece of its own in front of its word
        start += len(tokens.text[start:end]) - len(tokens.text[start:end].lstrip())
    text = tokens.text[start:end] or first.piece
    return Token(index, text, "".join(pieces), start, end, first.id, first.special, pieces)
