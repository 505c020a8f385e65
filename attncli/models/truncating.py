"""Some tokens of a text or of two, and how many of each of two fit the positions of a model."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from attncli.models.checkpoint.tokenizing import ModelSentence


def of_places(sentence: ModelSentence, places: Sequence[int]) -> ModelSentence:
    """The tokens at ascending places of a sentence, numbered anew."""
    tokens = tuple(replace(sentence.tokens[place], index=index) for index, place in enumerate(places))
    segments = sentence.segments and tuple(sentence.segments[place] for place in places)
    separators = tuple(index for index, place in enumerate(places) if place in sentence.separators)
    return replace(sentence, tokens=tokens, segments=segments, separators=separators)


def cut_both(sentence: ModelSentence, positions: int, side: str = "right") -> ModelSentence:
    """Two texts cut to as many tokens as there are positions, as transformers' `longest_first` cuts them.

    The longer text loses tokens first, then both; special tokens stay. side: with `left` the ends of both are kept.
    """
    special = [token.index for token in sentence.tokens if token.special]
    texts = [_places(sentence, segment) for segment in (0, 1)]
    lengths = shares(len(texts[0]), len(texts[1]), positions - len(special))
    kept = [text[len(text) - n :] if side == "left" else text[:n] for text, n in zip(texts, lengths, strict=True)]
    return of_places(sentence, sorted(chain(special, *kept)))


def shares(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of two texts have room: a short text keeps all of its own, two long ones have a half each."""
    if first + second <= room:
        return first, second
    short = min(first, second, room // 2)
    return (short, room - short) if first <= second else (room - short, short)


def _places(sentence: ModelSentence, segment: int) -> list[int]:
    """The places of a text's own tokens."""
    return [token.index for token in sentence.tokens if not token.special and token.segment == segment]
