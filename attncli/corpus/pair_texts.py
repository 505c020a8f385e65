"""Pairs of texts, block by block: from the lines of one file, or from those of two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attncli.corpus.lines import Reason
from attncli.corpus.pair_forms import TRANSLATIONS, Pair, PairForm
from attncli.corpus.text_lines import Lines, decoded
from attncli.errors import UsageError

AT_ONCE = 4096  # pairs
RECORDS_AT_ONCE = 128  # pairs, where more is written of each than a few numbers


@dataclass(frozen=True)
class Block:
    """Lines that follow each other: the number of the first from 1, the lines of one file or of two, and their form."""

    first: int
    lines: Sequence[bytes]
    targets: Sequence[bytes] | None = None
    form: PairForm = TRANSLATIONS

    def pairs(self) -> list[Pair | Reason]:
        """The two texts of each line, or why it has none."""
        if self.targets is None:
            return [self.form.pair_of(each) for each in decoded(self.lines)]
        both = zip(decoded(self.lines), decoded(self.targets), strict=True)
        return [self.form.paired(source, target) for source, target in both]


def blocks_of(
    sources: Lines,
    targets: Lines | None = None,
    names: Pair = ("", ""),
    at_once: int = AT_ONCE,
    form: PairForm = TRANSLATIONS,
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
        yield Block(first, lines, there, form)
        first += len(lines)
        if sources.waits or (targets is not None and targets.waits):
            yield None
    if targets is not None:
        _check_even(names, first - 1, sources, targets, form)


def _check_even(names: Pair, pairs: int, sources: Lines, targets: Lines, form: PairForm) -> None:
    """Check that both files end here."""
    n, m = pairs + _left(sources), pairs + _left(targets)
    if n != m:
        reason = f"expected as many lines in {names[1]!r} as in {names[0]!r}, {n:,}, got {m:,}"
        raise UsageError(reason, f"give a {form.names[1]} for every {form.names[0]}, a line each")


def _left(lines: Lines) -> int:
    """How many lines there are to come."""
    return sum(map(len, iter(lambda: lines.take(AT_ONCE), [])))
