"""The part file of one shard of text: a function of the shard and the settings alone, on any machine."""

import time
from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from attncli.corpus.lines import Counter, Problems, read_texts
from attncli.corpus.merging import SHARED, check_shared, is_sound
from attncli.corpus.opening import find_words, open_reader
from attncli.corpus.parts import Part, PartWriter, part_path, written_part
from attncli.corpus.settings import CorpusSettings, part_name
from attncli.corpus.shards import Shard, open_piece
from attncli.corpus.tables import table_classes
from attncli.corpus.tables.table import Table
from attncli.corpus.writing import Writer, writing
from attncli.errors import ResourceError
from attncli.training.corpus import split_sentences

AT_ONCE, MOST_TEXT = 4096, 2**20  # texts, and characters, that are sorted by length together
WORTH_A_SYNC = 1.0  # seconds of work; after a power cut, a part of less is made again
KEPT_KEYS = 5  # of each word; with a larger `--top` there are fewer texts at once


class Text(NamedTuple):
    """A text: which piece of the shard and which line in it, the file with the line there, the sentence in the line."""

    piece: int
    line_of_piece: int
    file: str
    line: int
    sentence: int
    text: str


@dataclass(frozen=True)
class Made:
    """The result of a shard's task: how many texts the part holds, and whether it was there before."""

    texts: int
    reused: bool


@dataclass(frozen=True)
class ShardTask:
    """The work of one shard: the folder of the run, its settings, the text, the part's name."""

    folder: str
    settings: CorpusSettings
    shard: Shard
    name: str

    def __call__(self) -> Made:
        """Make the part, unless it is there.

        Raises:
            AttnError: a file that cannot be read, or has changed since the plan.
            OSError: the part cannot be written.
        """
        folder, start = Path(self.folder), time.perf_counter()
        check_shared(folder)
        if (texts := _made_before(folder, self)) is not None:
            return Made(texts, True)
        run = _Run(self.settings)
        with ExitStack() as files:
            writers = {table: files.enter_context(_record_writer(table, folder, self)) for table in run.per_text}
            run.read(self.shard, writers)
        seconds = time.perf_counter() - start
        with written_part(part_path(folder, self.name), sync=seconds >= WORTH_A_SYNC) as part:
            run.write(part, seconds)
        return Made(run.texts, False)

    def check_made(self) -> None:
        """Check that the part is in this machine's folder. Raises ResourceError."""
        if not part_path(Path(self.folder), self.name).is_file():
            raise ResourceError(f"a worker made a part that is not in {self.folder!r}", SHARED)


def task_of(folder: str, settings: CorpusSettings, shard: Shard) -> ShardTask:
    """The task of a shard."""
    return ShardTask(folder, settings, shard, part_name(settings, shard))


def _record_writer(table: Table, folder: Path, task: ShardTask) -> AbstractContextManager[Writer]:
    settings = task.settings
    return writing(records_path(folder, table.name, task), settings.table, table.name, settings.csv)


def _made_before(folder: Path, task: ShardTask) -> int | None:
    """The number of texts in the part on the disk; None if no run could have written it."""
    path = part_path(folder, task.name)
    if not has_records(folder, task) or not is_sound(path, task.settings):
        return None
    report = Part(path).report
    if report["shards"] != 1 or any(piece >= len(task.shard.pieces) for _, piece, *_ in report["named"]):
        return None
    return int(report["texts"])


def has_records(folder: Path, task: ShardTask) -> bool:
    """Whether the records of a shard are there, of all tables that are written text by text."""
    tables = table_classes(task.settings.collect, per_text=True)
    return all(records_path(folder, table.name, task).is_file() for table in tables)


def records_path(folder: Path, table: str, task: ShardTask) -> Path:
    """The path of a shard's records for a table that is written text by text."""
    return folder / table / f"{task.name}.{task.settings.table}"


class _Run:
    """A shard on its way through."""

    def __init__(self, settings: CorpusSettings) -> None:
        self._settings, self._reader = settings, open_reader(settings)
        words = find_words(settings, self._reader)
        self._tables = [table(words) for table in table_classes(settings.collect)]
        self.per_text = [table for table in self._tables if table.per_text]
        self._problems: list[Problems] = []  # of each piece
        self._lines = self.texts = 0
        self._before = self._counts()

    def read(self, shard: Shard, writers: Mapping[Table, Writer]) -> None:
        """Every text of the shard."""
        for some in self._some_texts(shard):
            self.texts += len(some) - self._add(some)
            for table, writer in writers.items():
                writer.write(table.records(some, self._reader.names))

    def _add(self, texts: Sequence[Text]) -> int:
        """Add the attention of texts to the tables; returns how many were skipped."""
        skipped: list[tuple[int, str]] = []
        for batch in self._reader.read([each.text for each in texts], lambda *each: skipped.append(each)):
            for table in self._tables:
                table.add(batch)
        for number, reason in skipped:
            self._problems[texts[number].piece].add(texts[number].line_of_piece, reason)
        return len(skipped)

    def _some_texts(self, shard: Shard) -> Iterator[list[Text]]:
        """Texts that are sorted by length together: many, but not too much text."""
        most = MOST_TEXT * KEPT_KEYS // max(self._settings.top, KEPT_KEYS)
        some: list[Text] = []
        size = 0
        for each in self._texts(shard):
            some.append(each)
            size += len(each.text)
            if len(some) == AT_ONCE or size >= most:
                yield some
                some, size = [], 0
        if some:
            yield some

    def _texts(self, shard: Shard) -> Iterator[Text]:
        """Every text of every piece."""
        for place, piece in enumerate(shard.pieces):
            problems, counter = Problems(), Counter()
            self._problems.append(problems)
            for line, text in read_texts(open_piece(piece), self._settings.lines, problems, counter):
                sentences = filter(None, split_sentences(text)) if self._settings.split else [text]
                for number, sentence in enumerate(sentences):
                    yield Text(place, line, piece.name, piece.lines + line, number, sentence)
            self._lines += counter.lines

    def _report(self) -> dict[str, Any]:
        """The counts of the shard, the lines that were skipped, and names that only this reader knows."""
        reader = self._reader
        return {
            "shards": 1,
            "lines": self._lines,
            "texts": self.texts,
            **{name: count - self._before[name] for name, count in self._counts().items()},
            "skipped": dict(sum((Counts(each.counts) for each in self._problems), Counts())),
            "named": [(0, place, *named) for place, each in enumerate(self._problems) for named in each.named],
            "names": {str(row): name for row, name in reader.taken_names().items()},
        }

    def _counts(self) -> dict[str, int]:
        """The counts of the reader, which goes on with them from shard to shard."""
        reader = self._reader
        return {"words": reader.words_known, "unknown": reader.words_unknown, "separated": reader.texts_separated}

    def write(self, part: PartWriter, seconds: float) -> None:
        """Write the sums of the tables, and the report."""
        for table in self._tables:
            table.write(part)
        part.report(self._report() | {"seconds": seconds})
