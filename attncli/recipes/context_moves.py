"""Words that are cut apart over word vectors: their places, and how the context vectors of their queries move."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attncli.arrays import Array
from attncli.heads.projections import Blocks
from attncli.recipes.attention_call import Cut
from attncli.recipes.explanation import Layer
from attncli.recipes.inputs import Inputs, find_query
from attncli.recipes.layers import mixed
from attncli.settings.explanation import EVERY_WORD, Settings, cut_words
from attncli.text.tokens import Sentence

ONE_BY_ONE = 64  # queries of a single layer; the contexts of more are computed all at once
MOST_NAMED = 4  # queries in sentences of their own


@dataclass(frozen=True)
class Move:
    """The context vector of a query against the uncut one: their cosine, None where one is 0, ‖y − y₀‖ and ‖y₀‖."""

    query: int
    cosine: float | None
    change: float
    length: float

    @property
    def share(self) -> float:
        """The change in lengths of the uncut vector."""
        return self.change / self.length if self.length else 0.0


@dataclass(frozen=True)
class ContextMoves:
    """The moves of the queries that are cut from a key, in the order of their places; words: their texts."""

    moves: tuple[Move, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The moves in words: of few queries each, of many their mean and the largest."""
        few = len(self.moves) <= MOST_NAMED
        return (*self.notes, *(map(_in_words, self.words, self.moves) if few else [self._mean()]))

    def _mean(self) -> str:
        most = max(range(len(self.moves)), key=lambda at: self.moves[at].share)
        mean = sum(each.share for each in self.moves) / len(self.moves)
        most_moved = f"most that of {self.words[most]}: by {self.moves[most].share:.3f}"
        return f"cut: the context vectors of {len(self.moves):,} words move by {mean:.3f} of their length, {most_moved}"


def _in_words(word: str, move: Move) -> str:
    turned = "is 0 on one side" if move.cosine is None else f"has cosine {move.cosine:.3f} with the uncut one"
    return f"cut: the context vector of {word} {turned}, and moves by {move.change:.3f}, {move.share:.3f} of its length"


def cuts_of(inputs: Inputs, settings: Settings) -> tuple[Cut, ...]:
    """The cuts by place, None for every word; UsageError for a word that is not there."""
    keys = inputs.memory or inputs.sentence
    pairs = map(cut_words, settings.cut)
    return tuple((_place(inputs.sentence, query), _place(keys, key)) for query, key in pairs)


def _place(sentence: Sentence, word: str) -> int | None:
    return None if word == EVERY_WORD else find_query(sentence, word, "cut")


def context_moves(
    inputs: Inputs, settings: Settings, blocks: Blocks, last: Layer, uncut: Callable[[], Layer]
) -> ContextMoves:
    """The moves of the outputs of the last layer; uncut: runs all layers without cuts, and gives the last one."""
    assert last.call is not None
    cuts, tokens = last.call.cuts, inputs.sentence.tokens
    every = any(query is None for query, _ in cuts)
    queries = range(len(tokens)) if every else sorted({query for query, _ in cuts if query is not None})
    if settings.layers == 1 and len(queries) <= ONE_BY_ONE:
        before = _one_by_one(last, queries, blocks, settings)  # [queries, d]
    else:
        before = uncut().output[list(queries)]
    moves = map(_move, queries, before, last.output[list(queries)])
    return ContextMoves(tuple(moves), tuple(tokens[query].text for query in queries), tuple(_repeats(inputs, settings)))


def _one_by_one(layer: Layer, queries: Sequence[int], blocks: Blocks, settings: Settings) -> Array:
    """The outputs of queries without cuts `[queries, d]`."""
    assert layer.call is not None
    call = replace(layer.call, cuts=())
    with np.errstate(all="ignore"):
        outputs = [mixed(call.of_query(query).context, blocks.heads[-1], settings) for query in queries]
    return np.concatenate(outputs)


def _move(query: int, before: Array, after: Array) -> Move:
    lengths = float(np.linalg.norm(before)), float(np.linalg.norm(after))
    cosine = float(np.clip(before @ after / (lengths[0] * lengths[1]), -1, 1)) if all(lengths) else None
    return Move(query, cosine, float(np.linalg.norm(after - before)), lengths[0])


def _repeats(inputs: Inputs, settings: Settings) -> Iterator[str]:
    """The other places of words that are cut at their first one."""
    sides = (inputs.sentence, inputs.memory or inputs.sentence)
    named = dict.fromkeys(part for pair in settings.cut for part in enumerate(cut_words(pair)))
    for side, word in named:
        if word != EVERY_WORD and not word.isdigit():
            first = find_query(sides[side], word, "cut")
            again = [
                each.index for each in sides[side].tokens[first + 1 :] if each.word == sides[side].tokens[first].word
            ]
            if again:
                yield f"cut: {word} is word {first}; the same word is also at {', '.join(map(str, again))}"
