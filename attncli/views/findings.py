"""What weights say at first glance, in words: `Bark and dog look at each other; he looks at no word in particular`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from attncli.analysis.findings import Finding, findings
from attncli.recipes.explanation import Explanation

MOST_PAIRS, MOST_SINGLE, MOST_EVEN = 2, 3, 3
Name = Callable[[int], str]

#: The patterns of most rows, of a unit that is a word or a token.
PATTERNS = {
    "itself": "every {unit} looks at itself and hardly at any other",
    "before": "most {unit}s look at the {unit} before them",
    "after": "most {unit}s look at the {unit} after them",
}


def findings_of(explanation: Explanation) -> tuple[Finding, ...]:
    """What the mean weights of the last layer say; nothing where no matrix is kept, or one of its rows alone."""
    if not explanation.has_matrix or explanation.partial:
        return ()
    queries = [token.word for token in explanation.sentence.tokens]
    keys = None if explanation.memory is None else [token.word for token in explanation.memory.tokens]
    return findings(explanation.mean_weights, explanation.layers[-1].visible, queries, keys)


def in_words(found: Sequence[Finding], unit: str, query: Name, key: Name) -> str:
    """The findings as one line; query and key give the name of the word at a place. Empty where there are none."""
    clauses = [clause for kind, each in groupby(found, _kind) for clause in _clauses(kind, [*each], unit, query, key)]
    return "; ".join(clauses)


def _kind(finding: Finding) -> str:
    return finding.kind


def _clauses(kind: str, found: Sequence[Finding], unit: str, query: Name, key: Name) -> Iterator[str]:
    if kind in PATTERNS:
        yield PATTERNS[kind].format(unit=unit)
    elif kind == "one":
        yield f"most {unit}s look at {key(found[0].keys[0])}"
    elif kind == "each other":
        pairs = (each.queries for each in found[:MOST_PAIRS])
        yield from (f"{query(one)} and {query(other)} look at each other" for one, other in pairs)
    elif kind == "at":
        (first, *others) = ((query(each.queries[0]), key(each.keys[0])) for each in found[:MOST_SINGLE])
        yield ", ".join([f"{first[0]} looks at {first[1]}", *(f"{one} at {other}" for one, other in others)])
    else:
        yield _even(found[0], unit, query)


def _even(finding: Finding, unit: str, query: Name) -> str:
    places = finding.queries
    if finding.all:
        return f"no {unit} looks at another in particular"
    if len(places) > MOST_EVEN:
        return f"{len(places)} {unit}s look at no {unit} in particular"
    *others, last = map(query, places)
    named = f"{', '.join(others)} and {last} look" if others else f"{last} looks"
    return f"{named} at no {unit} in particular"
