"""A block of pairs of texts as work for any process: their links as lines, or their alignments as views of a format."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

from attncli.analysis.gold import Agreement, Gold, Link, agreement
from attncli.cli.align_space import Space, recipe_of
from attncli.corpus.aligning import Aligner
from attncli.corpus.lines import Reason, reason_or
from attncli.corpus.pair_forms import Pair
from attncli.corpus.pair_texts import Block
from attncli.recipes.alignment import Alignment
from attncli.settings.alignment import AlignmentSettings
from attncli.vectors import open_vectors
from attncli.views.formats import FORMATS

#: The kinds of writers of formats that take an alignment itself; of other kinds its view is made where it is aligned.
RECORDS = ("lines", "arrays", "page", "figure", "screen", "document")


@dataclass(frozen=True)
class Written:
    """The form of alignments: the name of a format, and as options say `full` and the decimals of JSON."""

    format: str
    full: bool = False
    precision: int = 6


@dataclass(frozen=True)
class PairView:
    """The view of a pair: a line of links, JSON, rows, or the alignment itself; None if it could not be aligned."""

    line: int
    view: Any


@dataclass
class Outcome:
    """The views of a block of `pairs` pairs, its bad lines with reasons, and how its links agree with their gold.

    beyond: the lines whose gold leads out of their texts.
    """

    pairs: int
    views: list[PairView] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)
    beyond: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class AlignTask:
    """The alignment of a block: settings, where words are compared, the form of the output, the gold of each pair."""

    settings: AlignmentSettings
    space: Space
    written: Written
    block: Block
    gold: Sequence[Gold | None] | None = None

    @property
    def name(self) -> str:
        """That of its first line."""
        return str(self.block.first)

    def __call__(self) -> Outcome:
        """Align the pairs.

        Raises:
            ResourceError, FinalError: the vectors cannot be read; other pairs would not fare better.
        """
        pairs = self.block.pairs()
        outcome = Outcome(len(pairs))
        golds = self.gold or [None] * len(pairs)
        for line, (pair, found, gold) in enumerate(
            zip(pairs, self._found(pairs), golds, strict=True), self.block.first
        ):
            links = _links(found)
            if isinstance(found, Reason):
                outcome.faults.append((line, str(found)))
            judged = None
            if gold is not None:
                judged = agreement(links, gold)
                outcome.agreement += judged
                outcome.beyond += [line] if leads_out(pair, gold) else []
            outcome.views.append(PairView(line, self._view(found, links, judged)))
        return outcome

    def _found(self, pairs: Sequence[Pair | Reason]) -> "Sequence[list[Link] | Alignment | Reason]":
        """What is found of each pair: its links alone where they are all that is written."""
        if self.written.format == "txt" and self.space.vectors is not None:
            return _aligner(self.space.vectors, self.settings).links_of(pairs)
        align = recipe_of(self.space, self.settings)
        return [each if isinstance(each, Reason) else reason_or(partial(align, *each)) for each in pairs]

    def _view(self, found: "list[Link] | Alignment | Reason", links: Sequence[Link], judged: Agreement | None) -> Any:
        if self.written.format == "txt":
            return pharaoh(links)
        if not isinstance(found, Alignment):
            return None
        form, record = FORMATS[self.written.format], replace(found, agreement=judged)
        if form.write == "json":
            return form.view(Alignment)(record, full=self.written.full, precision=self.written.precision)
        if form.write in RECORDS:
            return record
        made = form.view(Alignment)(record)
        return list(made) if form.write == "rows" else made


def pharaoh(links: Sequence[Link]) -> str:
    """Links as aligners write them: `0-0 1-2`."""
    return " ".join(map("%d-%d".__mod__, links))


def _links(found: "Sequence[Link] | Alignment | Reason") -> Sequence[Link]:
    """The links of a pair, none where it could not be aligned."""
    if isinstance(found, Reason):
        return ()
    return found.links if isinstance(found, Alignment) else found


def leads_out(pair: Pair | Reason, gold: Gold) -> bool:
    """Whether gold leads out of the tokens of a pair."""
    if isinstance(pair, Reason):
        return False
    n, m = (len(text.split()) for text in pair)
    return gold.reaches_beyond(n, m) is not None


@lru_cache(maxsize=1)
def _aligner(folder: str, settings: AlignmentSettings) -> Aligner:
    return Aligner(open_vectors(folder), settings)
