"""The tokens of a word that a user names: all of its pieces, at its first place in the sentence."""

from collections.abc import Sequence

from attncli.recipes.inputs import find_query
from attncli.text.tokens import Sentence


def pieces_of(sentence: Sentence, word: str, setting: str) -> tuple[int, ...]:
    """The tokens of a word of the sentence: all pieces of its first place, or the one of an index.

    `=3` is the word 3. A text that occurs only as a part of other words is found there.
    """
    wanted = "" if word.isascii() and word.isdigit() else word[len(word) > 1 and word.startswith("=") :].casefold()
    if places := places_of(sentence, wanted):
        whole = (place for place in places if _stands_alone(sentence, place))
        return tuple(next(whole, places[0]))
    return (find_query(sentence, word, setting),)


def places_of(sentence: Sentence, wanted: str) -> list[range]:
    """The tokens of every place where the sentence has a word, which is given without its case."""
    return [range(start, stop) for start in range(len(sentence.tokens)) for stop in _stops(sentence, start, wanted)]


def _stands_alone(sentence: Sentence, place: Sequence[int]) -> bool:
    """Whether neither neighbour of the tokens is a letter or a digit."""
    start, end = sentence.tokens[place[0]].start, sentence.tokens[place[-1]].end
    return not (sentence.text[:start][-1:].isalnum() or sentence.text[end : end + 1].isalnum())


def _stops(sentence: Sentence, start: int, wanted: str) -> Sequence[int]:
    """The ends of the word `wanted` from the token `start` on; empty if it does not start there."""
    tokens = sentence.tokens
    for stop in range(start + 1, len(tokens) + 1):
        text = sentence.text[tokens[start].start : tokens[stop - 1].end].casefold()
        if tokens[start].special or len(text) > len(wanted):
            return ()
        if text == wanted:
            while stop < len(tokens) and tokens[stop].end == tokens[stop - 1].end and not tokens[stop].special:
                stop += 1  # further pieces of the same character
            return (stop,)
    return ()
