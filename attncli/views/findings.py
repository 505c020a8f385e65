"""What weights say at first glance, in words: `Bark and dog look at each other; he looks at no word in particular`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from attncli.analysis.findings import Finding, findings
from attncli.recipes.explanation import Explanation

MOST_CELLS = 10**6  # of a matrix; of a longer text a line says nothing
MOST_PAIRS, MOST_SINGLE, MOST_EVEN = 2, 3, 3


class Named(NamedTuple):
    """A word that is spoken of: its place among the queries, or among the keys where these are other words."""

    place: int
    key: bool = False


Part = str | Named


class Clause(NamedTuple):
    """One thing that is said: text and words; `groups`, the words that belong together."""

    parts: Sequence[Part]
    groups: Sequence[Sequence[Named]] = ()


def findings_of(explanation: Explanation) -> tuple[Finding, ...]:
    """What the mean weights of the last layer say; nothing of a long text, or of one row alone."""
    if not explanation.has_matrix or explanation.partial or explanation.mean_weights.size > MOST_CELLS:
        return ()
    queries = [token.word for token in explanation.sentence.tokens]
    keys = None if explanation.memory is None else [token.word for token in explanation.memory.tokens]
    return findings(explanation.mean_weights, explanation.layers[-1].visible, queries, keys)


def clauses(found: Sequence[Finding], unit: str, crossed: bool = False) -> list[Clause]:
    """The findings as clauses of text and words, the most telling first; unit: a word or a token."""
    return [
        clause for kind, each in groupby(found, attrgetter("kind")) for clause in CLAUSES[kind]([*each], unit, crossed)
    ]


def _pattern(text: str) -> "Make":
    return lambda found, unit, crossed: iter([Clause([text.format(unit=unit)])])


def _one(found: Sequence[Finding], unit: str, crossed: bool) -> Iterator[Clause]:
    key = Named(found[0].keys[0], crossed)
    yield Clause([f"most {unit}s look at ", key], [[key]])


def _mutual(found: Sequence[Finding], unit: str, crossed: bool) -> Iterator[Clause]:
    for one, other in (each.queries for each in found[:MOST_PAIRS]):
        yield Clause([Named(one), " and ", Named(other), " look at each other"], [[Named(one), Named(other)]])


def _at(found: Sequence[Finding], unit: str, crossed: bool) -> Iterator[Clause]:
    parts: list[Part] = []
    pairs = [[Named(each.queries[0]), Named(each.keys[0], crossed)] for each in found[:MOST_SINGLE]]
    for query, key in pairs:
        parts += [", ", query, " at ", key] if parts else [query, " looks at ", key]
    yield Clause(parts, pairs)


def _even(found: Sequence[Finding], unit: str, crossed: bool) -> Iterator[Clause]:
    places = found[0].queries
    if found[0].all:
        yield Clause([f"no {unit} looks at another in particular"])
    elif len(places) > MOST_EVEN:
        yield Clause([f"{len(places)} {unit}s look at no {unit} in particular"])
    else:
        yield Clause([*_listed(places), f" look{'s' * (len(places) == 1)} at no {unit} in particular"])


def _listed(places: Sequence[int]) -> Iterator[Part]:
    for i, place in enumerate(places):
        yield from ([" and " if i == len(places) - 1 else ", "] if i else [])
        yield Named(place)


Make = Callable[[Sequence[Finding], str, bool], Iterator[Clause]]
CLAUSES: Mapping[str, Make] = {
    "itself": _pattern("every {unit} looks at itself and hardly at any other"),
    "before": _pattern("most {unit}s look at the {unit} before them"),
    "after": _pattern("most {unit}s look at the {unit} after them"),
    "one": _one,
    "each other": _mutual,
    "at": _at,
    "even": _even,
}
