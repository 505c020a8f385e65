"""A stretch of text cut into known words, the cheapest way: a word of rank r costs log(r + RANK_OFFSET).

Unigram segmentation: of all ways to cut, the words of the chosen one have the largest product of frequencies (Kudo,
"Subword Regularization", ACL 2018, section 3.2; found by dynamic programming, Viterbi 1967). The frequency of a word
is taken from its rank, as 1 / (r + offset), but for a factor (Mandelbrot 1953).
"""

from collections.abc import Callable, Iterable
from itertools import chain, pairwise
from math import inf, log

from attncli.text.signs import Span

RANK_OFFSET = 100  # words of the highest ranks are about as frequent as each other
UNKNOWN_COST = 25.0  # of a character that no known word covers: more than the last word of any set


def rank_cost(rank: int) -> float:
    """The cost of the word of this rank, counted from 0."""
    return log(rank + RANK_OFFSET)


def cheapest_split(span: Span, words_at: Callable[[int], Iterable[tuple[int, float]]]) -> list[Span]:
    """The spans, from left to right, into which `span` is cut at the least cost; of two equal ways the later cuts.

    words_at: the ends and costs of the words that begin at a place. Every other character is a span by itself, which
    costs UNKNOWN_COST.
    """
    start, end = span
    costs, before = {start: 0.0}, {start: start}
    for at in range(start, end):
        for stop, cost in chain([(at + 1, UNKNOWN_COST)], words_at(at)):
            if costs[at] + cost < costs.get(stop, inf):
                costs[stop], before[stop] = costs[at] + cost, at
    cuts = [end]
    while cuts[-1] > start:
        cuts.append(before[cuts[-1]])
    cuts.reverse()
    return list(pairwise(cuts))
