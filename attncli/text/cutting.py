"""A text cut into the words that a vector set knows and those that it lacks: compounds of letters, signs, and both."""

from collections.abc import Iterator, Mapping
from itertools import chain

from attncli.text.segments import Segments, candidates, compounds_of, forms, lookup, segment
from attncli.text.signs import Span, is_reported, signs_of, wholes_of


def spellings_of(text: str) -> Iterator[str]:
    """Everything that could be looked up for a text."""
    for compound in compounds_of(text):
        yield from candidates(text, compound)
    for start, end in (*signs_of(text), *chain.from_iterable(wholes_of(text))):
        yield from forms(text[start:end])


def segments_of(text: str, rows: Mapping[str, int]) -> Segments:
    """The known words of a text with their places, and the places of unknown ones, from left to right.

    A word with its signs goes before its parts, a keycap before its digit, and a word before signs in it.
    """
    signs = [(span, lookup(text, span, rows)) for span in signs_of(text)]
    known = list(_wholes(text, rows))
    unknown: list[Span] = []
    taken = _places(known)
    known += [(span, word) for span, word in signs if word and text[span[0]].isdigit() and span[0] not in taken]
    taken |= _places(known)
    for compound in compounds_of(text):
        here = range(compound.start, compound.start + len(compound.kinds))
        if taken.isdisjoint(here):
            found, missing = segment(text, compound, rows)
            known += found
            unknown += missing
            taken.update(here)
    free = [(span, word) for span, word in signs if taken.isdisjoint(range(*span))]
    known += [(span, word) for span, word in free if word]
    unknown += [span for span, word in free if not word and is_reported(text[span[0]])]
    return sorted(known), sorted(unknown)


def _wholes(text: str, rows: Mapping[str, int]) -> Iterator[tuple[Span, str]]:
    """Stretches that are one word with the signs in them."""
    for spans in wholes_of(text):
        found = ((span, word) for span in spans if (word := lookup(text, span, rows)))
        yield from list(found)[:1]


def _places(known: list[tuple[Span, str]]) -> set[int]:
    """Every code point that belongs to one of the words."""
    return {place for span, _ in known for place in range(*span)}
