"""Packs of many texts: neighbours in length go through a model together."""

from collections.abc import Iterator, Sequence

PACKED = 2048  # tokens of a pack; of more, hidden states leave the cache
HELD = 2**26  # bytes of a pack's weights of one layer; a text that needs more is a pack by itself


def by_length(lengths: Sequence[int], n_head: int) -> Iterator[list[int]]:
    """The places of texts, given by their numbers of tokens, in packs: the shortest texts first."""
    some: list[int] = []
    tokens = held = 0
    for place in sorted(range(len(lengths)), key=lambda each: lengths[each]):
        n, size = lengths[place], 4 * n_head * lengths[place] ** 2
        if some and (tokens + n > PACKED or held + size > HELD):
            yield some
            some, tokens, held = [], 0, 0
        some.append(place)
        tokens, held = tokens + n, held + size
    if some:
        yield some
