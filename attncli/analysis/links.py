"""Links between the words of two sentences, from scores of all pairs.

Scores are `[..., n, m]`, source words by target words, −inf where a pair can have no link; a link is the best of its
row or column, the first of equals. Results are boolean `[..., n, m]`. Each rule of `RULES` is one function.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from attncli.arrays import Array

Place = tuple[int, int]
#: The neighbours of a link, in the order in which they are tried (Koehn, Och & Marcu 2003).
NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def position_distance(n: int, m: int) -> Array:
    """How far apart two words are: |i/n − j/m|, `[n, m]` in float64, from 0 to below 1 (Dyer et al. 2013)."""
    distance: Array = np.abs(np.arange(n)[:, None] / max(n, 1) - np.arange(m) / max(m, 1))
    return distance


def neighbouring(similarity: Array) -> Array:
    """The similarity of the words before two words, and of those behind them, added up: `[..., n, m]`; 0 outside."""
    near = np.zeros_like(similarity)
    near[..., 1:, 1:] += similarity[..., :-1, :-1]
    near[..., :-1, :-1] += similarity[..., 1:, 1:]
    return near


def forward(scores: Array) -> Array:
    """The best target word of each source word: one link a row at most."""
    links = np.zeros(scores.shape, bool)
    if scores.size:
        np.put_along_axis(links, scores.argmax(axis=-1)[..., None], True, axis=-1)
    links &= scores > -np.inf
    return links


def backward(scores: Array) -> Array:
    """The best source word of each target word: one link a column at most."""
    return forward(scores.swapaxes(-1, -2)).swapaxes(-1, -2)


def mutual(scores: Array) -> Array:
    """Pairs that are each other's best: the intersection of both directions (Och & Ney 2003, section 3.3.2)."""
    return forward(scores) & backward(scores)


def grow_diag_final(scores: Array) -> Array:
    """The intersection, grown by neighbours among the links of either direction, then by others that lack a link.

    Koehn, Och & Marcu 2003, section 3 (`grow-diag-final`, with diagonal neighbours): a pair is added where its source
    or its target word has no link yet.
    """
    there, back = forward(scores), backward(scores)  # [..., n, m]
    links = np.zeros_like(there)
    for pair in np.ndindex(scores.shape[:-2]):
        grown = [*_grown(_places(there[pair]), _places(back[pair]))]
        links[pair][tuple(np.array(grown, np.intp).reshape(-1, 2).T)] = True
    return links


def _places(links: Array) -> list[Place]:
    """The links of one pair of sentences `[n, m]`, row by row."""
    rows, columns = np.nonzero(links)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _grown(there: list[Place], back: list[Place]) -> set[Place]:
    """The links of one pair by grow-diag-final, from those of both directions, each row by row."""
    union = sorted({*there, *back})
    links = {*there} & {*back}
    rows, columns = {i for i, _ in links}, {j for _, j in links}  # that have a link

    def add(place: Place) -> bool:
        if place in links or (place[0] in rows and place[1] in columns):
            return False
        links.add(place)
        rows.add(place[0])
        columns.add(place[1])
        return True

    candidates = frozenset(union)
    # a sweep goes over the links row by row, those that it adds further on too, until one adds none
    while sum(add(near) for place in union if place in links for near in _near(place) if near in candidates):
        pass
    for place in (*there, *back):
        add(place)
    return links


def _near(place: Place) -> Iterator[Place]:
    i, j = place
    return ((i + down, j + right) for down, right in NEIGHBOURS)


def groups(links: Sequence[Place]) -> tuple[int, ...]:
    """The group of each link, counted from 0: links that share words are of one group, directly or over others."""
    found: dict[Place, int] = {}  # a side, 0 or 1, and a word of it: its group so far
    parents: list[int] = []
    for i, j in links:
        near = {_root(parents, found[end]) for end in ((0, i), (1, j)) if end in found} or {len(parents)}
        first = min(near)
        parents += [first] * (first == len(parents))
        for each in near:
            parents[each] = first
        found |= {(0, i): first, (1, j): first}
    numbers = {root: number for number, root in enumerate(dict.fromkeys(_root(parents, found[0, i]) for i, _ in links))}
    return tuple(numbers[_root(parents, found[0, i])] for i, _ in links)


def _root(parents: list[int], group: int) -> int:
    while parents[group] != group:
        group = parents[group]
    return group


#: The rules by the names that options give them.
RULES: Mapping[str, Callable[[Array], Array]] = {
    "mutual": mutual,
    "forward": forward,
    "backward": backward,
    "grow-diag-final": grow_diag_final,
}
