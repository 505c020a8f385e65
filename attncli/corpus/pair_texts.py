"""Pairs of texts, block by block: from the lines of one file, source ||| target, or from those of two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attncli.corpus.lines import (
    BROKEN,
    EMPTY,
    LONGEST_LINE,
    NO_SOURCE,
    NO_TARGET,
    TAB,
    TOO_LONG,
    Reason,
)
from attncli.corpus.text_lines import Lines
from attncli.errors import UsageError
from attncli.recipes.inputs import MOST_CHARACTERS

MARK = "|||"  # as in the input of fast_align and other aligners
NO_MARK = f"no {MARK} and no tab between source and target"
AT_ONCE = 4096  # pairs

Pair = tuple[str, str]


@dataclass(frozen=True)
class Block:
    """Lines that follow each other: the number of the first from 1, and the lines of one file or of two."""

    first: int
    lines: Sequence[bytes]
    targets: Sequence[bytes] | None = None

    def pairs(self) -> list[Pair | Reason]:
        """The two texts of each line, or why it has none."""
        if self.targets is None:
            return [_split(each) for each in _texts(self.lines)]
        both = zip(_texts(self.lines), _texts(self.targets), strict=True)
        return [_paired(source, target) for source, target in both]


def blocks_of(
    sources: Lines, targets: Lines | None = None, names: Pair = ("", ""), at_once: int = AT_ONCE
) -> Iterator[Block | None]:
    """The lines in blocks of `at_once` or fewer, None where the next one has to be waited for.

    names: of the two files, for an error.

    Raises:
        UsageError: one file has more lines than the other; all pairs have been given before.
    """
    first = 1
    while lines := sources.take(at_once):
        there = None if targets is None else targets.take(len(lines))
        if there is not None:
            sources.give_back(lines[len(there) :])
            lines = lines[: len(there)]
        if not lines:
            break
        yield Block(first, lines, there)
        first += len(lines)
        if sources.waits or (targets is not None and targets.waits):
            yield None
    if targets is not None:
        _check_even(names, first - 1, sources, targets)


def _check_even(names: Pair, pairs: int, sources: Lines, targets: Lines) -> None:
    """Check that both files end here."""
    n, m = pairs + _left(sources), pairs + _left(targets)
    if n != m:
        reason = f"expected as many lines in {names[1]!r} as in {names[0]!r}, {n:,}, got {m:,}"
        raise UsageError(reason, "give a target for every source, a line each")


def _left(lines: Lines) -> int:
    """How many lines there are to come."""
    return sum(map(len, iter(lambda: lines.take(AT_ONCE), [])))


def _texts(lines: Sequence[bytes]) -> list[str]:
    """Lines as texts, or why one has none; decoded all at once where all are UTF-8, as nearly always."""
    try:
        texts = b"\n".join(lines).decode().split("\n") if lines else []
    except UnicodeDecodeError:
        texts = [_decoded(line) for line in lines]
    return [Reason(TOO_LONG) if len(line) > LONGEST_LINE else text for text, line in zip(texts, lines, strict=True)]


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return Reason(BROKEN)


def _split(line: str) -> Pair | Reason:
    """The source and the target of a line; columns behind them are left out."""
    if isinstance(line, Reason):
        return line
    for mark in (f" {MARK} ", TAB):
        source, found, rest = line.partition(mark)
        if found:
            return _paired(source, rest.partition(mark)[0])
    if not line.strip():
        return Reason(EMPTY)
    source, found, target = line.partition(MARK)  # one of the two is missing, or a blank
    return _paired(source, target) if found else Reason(NO_MARK)


def _paired(source: str, target: str) -> Pair | Reason:
    for side in (source, target):
        if isinstance(side, Reason):
            return side
    source, target = source.strip(), target.strip()
    if max(len(source), len(target)) > MOST_CHARACTERS:
        return Reason(TOO_LONG)
    if source and target:
        return source, target
    return Reason(NO_SOURCE if target else NO_TARGET if source else EMPTY)
