"""The merges of SentencePiece's byte-pair models, whose files have none: each piece's ways to be two others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attncli.tokenizer.form import FaultyTokenizerError

MOST_SPLITS = 2**22  # of all pieces in two, to find the merges; Gemma's 262,144 pieces have 1.8 million
MOST_MERGED = 2**23  # characters of all merges; Gemma's 580,000 have 4 million
LONGEST = 128  # characters of a piece; the longest in use are runs of 31 spaces


def merges_of(tokens: list[str], scores: list[Any]) -> list[tuple[str, str]]:
    """Those of the token with the highest score first, of one token the longest beginning.

    Raises:
        FaultyTokenizerError: there are too many to try.
    """
    ranked = [(score, at, len(token) - at, token) for token, score, at in _splits(tokens, scores)]
    ranked.sort(key=lambda pair: pair[:3], reverse=True)
    return [(token[:at], token[at:]) for _, at, _, token in ranked]


def merges_by_place(tokens: list[str]) -> list[tuple[str, str]]:
    """Those of the first token first, of one token the shortest beginning.

    Raises:
        FaultyTokenizerError: there are too many to try.
    """
    return [(token[:at], token[at:]) for token, _, at in _splits(tokens, list(range(len(tokens))), by_rank=True)]


def merges_by_score(tokens: list[str], scores: list[float]) -> list[tuple[str, str]]:
    """Those of the token with the highest score first, of one token the first beginning by its letters.

    Raises:
        FaultyTokenizerError: there are too many to try.
    """
    places = list(enumerate(scores))
    ranked = [(-score, place, token[:at], token[at:]) for token, (place, score), at in _splits(tokens, places)]
    return [(first, last) for *_, first, last in sorted(ranked)]


def merges_by_rank(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """Those of the piece of the lowest rank first, of one piece those of the lowest ranks.

    Raises:
        FaultyTokenizerError: there are too many to try.
    """
    tokens = list(ranks)
    _check_sizes(tokens)
    found = [
        (rank, ranks[token[:at]], ranks[token[at:]], token[:at], token[at:])
        for token, rank in ranks.items()
        for at in range(1, len(token))
        if token[:at] in ranks and token[at:] in ranks
    ]
    if sum(len(first) + len(last) for *_, first, last in found) > MOST_MERGED:
        raise FaultyTokenizerError(f"its merges have more than {MOST_MERGED:,} characters")
    return [(first, last) for *_, first, last in sorted(found, key=lambda pair: pair[:3])]


def _check_sizes(tokens: Sequence[str | bytes]) -> None:
    """Raise FaultyTokenizerError where it takes too long to try every place to cut the tokens."""
    if (splits := sum(map(len, tokens))) > MOST_SPLITS:
        raise FaultyTokenizerError(f"its pieces have {splits:,} characters; up to {MOST_SPLITS:,} are read")
    if (longest := max(map(len, tokens), default=0)) > LONGEST:
        raise FaultyTokenizerError(f"one of its pieces has {longest:,} characters; up to {LONGEST} are read")


def _splits(tokens: list[str], ranks: list[Any], by_rank: bool = False) -> Iterator[tuple[str, Any, int]]:
    """Every token with its rank, the last one given, and a place where it is cut into two other tokens."""
    _check_sizes(tokens)
    merged = 0
    known: Mapping[str, Any] = dict(zip(tokens, ranks, strict=True))
    for token, rank in sorted(known.items(), key=lambda item: item[1]) if by_rank else known.items():
        for at in range(1, len(token)):
            if token[:at] in known and token[at:] in known:
                merged += len(token)
                yield token, rank, at
        if merged > MOST_MERGED:
            raise FaultyTokenizerError(f"its merges have more than {MOST_MERGED:,} characters")
