"""The steps of a merge: each makes one part of some, for a range of words, wherever a worker is.

Equal pairs are added up in the order of the text, so that any workers give the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attncli.arrays import Array
from attncli.corpus.folder import PARTS, SUMS
from attncli.corpus.opening import open_reader
from attncli.corpus.parts import COUNTS, Part, is_whole, part_path, written_part
from attncli.corpus.reading import Reader, both
from attncli.corpus.settings import CorpusSettings
from attncli.corpus.tables import table_classes
from attncli.corpus.tables.table import DamagedError, Share
from attncli.errors import ResourceError

SHARED = "workers need the folder, and the text, under the path that they have here: a shared file system"


@dataclass(frozen=True)
class MergeTask:
    """A step: the parts that it reads, in the order of the text, the range of codes, and the part that it makes.

    In the folder of sums, which are of the whole text, are only the pairs that tables keep.
    """

    folder: str
    settings: CorpusSettings
    inputs: tuple[str, ...]
    low: int
    high: int
    place: str
    output: str

    @property
    def name(self) -> str:
        """The name of the part, which is a hash of what it is made of."""
        return f"{self.place}-{self.output}"

    def __call__(self) -> None:
        """Make the part, unless it is there.

        Raises:
            ResourceError: a part is damaged.
            OSError: the part cannot be written.
        """
        check_shared(Path(self.folder))
        path = part_path(Path(self.folder), self.output, self.place)
        if is_sound(path, self.settings):
            return
        reader = open_reader(self.settings)
        parts = [Part(part_path(Path(self.folder), name), heads_of(reader)) for name in self.inputs]
        report = merged_reports([part.report for part in parts])
        kept = self.settings.kept if self.place == SUMS else None
        self._write(path, parts, Share(self.low, self.high, knows(reader, report), kept), report)

    def _write(self, path: Path, parts: Sequence[Part], share: Share, report: Mapping[str, Any]) -> None:
        tables = table_classes(self.settings.collect, per_text=False)
        try:
            with written_part(path) as target:
                for table in tables:
                    table.merge_parts(target, parts, share)
                target.report(report if share.low == 0 else {**merged_reports([]), "names": report["names"]})
        except DamagedError:
            for part in parts:
                part.check(tables, share.knows)  # names the one that is damaged
            raise ResourceError(f"parts in {self.folder!r} are damaged", "make them again: --resume") from None


@dataclass(frozen=True)
class CheckTask:
    """The question whether a part is there as a run writes it."""

    folder: str
    settings: CorpusSettings
    place: str
    part: str

    @property
    def name(self) -> str:
        """As no step is named."""
        return f"check-{self.place}-{self.part}"

    def __call__(self) -> bool:
        """Look at all of it. Raises ResourceError where the folder is not."""
        check_shared(Path(self.folder))
        return is_sound(part_path(Path(self.folder), self.part, self.place), self.settings)


def check_shared(folder: Path) -> None:
    """Check that a worker has the folder of the run. Raises ResourceError."""
    if not (folder / PARTS).is_dir():
        raise ResourceError(f"expected the folder {str(folder)!r} on every worker", SHARED)


def is_sound(path: Path, settings: CorpusSettings) -> bool:
    """Whether a part is there, whole, and with sums that can be added up."""
    if not is_whole(path):
        return False
    reader = open_reader(settings)
    try:
        part = Part(path, heads_of(reader))
        part.check(table_classes(settings.collect, per_text=False), knows(reader, part.report))
    except ResourceError:
        return False
    return True


def heads_of(reader: Reader) -> tuple[int, int]:
    """How many layers and heads a reader's tables are of."""
    return len(reader.numbers[0]), len(reader.numbers[1])


def knows(reader: Reader, report: Mapping[str, Any]) -> Callable[[Array], bool]:
    """Whether words have these numbers, of a part with this report."""
    return lambda rows: reader.knows(rows, report["names"])


def merged_reports(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reports of parts as one, their shards counted on."""
    skipped: dict[str, int] = {}
    names: dict[str, str] = {}
    named: list[list[Any]] = []
    before = 0
    for report in reports:
        named += [[before + shard, *problem] for shard, *problem in report["named"]]
        before += report["shards"]
        for reason, count in report["skipped"].items():
            skipped[reason] = skipped.get(reason, 0) + count
        for number, name in report["names"].items():
            names[number] = both(names.get(number, name), name)
    counts = {name: sum(report[name] for report in reports) for name in (*COUNTS, "seconds")}
    return {**counts, "skipped": skipped, "named": named, "names": names}
