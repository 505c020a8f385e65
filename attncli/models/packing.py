"""Packs of many texts: neighbours in length go through a model together."""

from collections.abc import Iterator, Sequence

import numpy as np

FREED = 2**25 - 2**13  # bytes; once an array of so many was freed, glibc keeps freed arrays for the next ones: 3 to 7%
PACKED = 2048  # tokens of a pack; of more, hidden states leave the cache
HELD = 2**26  # bytes of a pack's weights; a text that needs more is a pack by itself


def keep_freed() -> None:
    """Have the memory of arrays that are freed kept for the next ones, before many packs."""
    np.empty(FREED, np.uint8)  # freed at once


def packs(lengths: Sequence[tuple[int, ...]], sizes: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts in packs, the shortest first.

    lengths: the numbers of tokens of each, of a target and its source two of them; sizes: the bytes of their weights.
    """
    some: list[int] = []
    tokens = held = 0
    for place in sorted(range(len(lengths)), key=lambda each: lengths[each]):
        n, size = sum(lengths[place]), sizes[place]
        if some and (tokens + n > PACKED or held + size > HELD):
            yield some
            some, tokens, held = [], 0, 0
        some.append(place)
        tokens, held = tokens + n, held + size
    if some:
        yield some


def by_length(lengths: Sequence[int], n_head: int) -> Iterator[list[int]]:
    """The places of texts of so many tokens, in packs of which one layer's weights are held at a time."""
    return packs([(n,) for n in lengths], [4 * n_head * n * n for n in lengths])
