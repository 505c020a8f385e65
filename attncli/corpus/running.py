"""One shard of text becomes one part file: a pure function, wherever it runs."""

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attncli import __version__
from attncli.arrays import Array
from attncli.corpus.collecting import Collector, Distances, Entropies, Kinds, Pairs
from attncli.corpus.lines import Counter, Problems, read_texts
from attncli.corpus.opening import open_reader, wanted
from attncli.corpus.parts import Part, is_whole, write_part
from attncli.corpus.reading import Read, Reader
from attncli.corpus.settings import CorpusSettings, part_name
from attncli.corpus.shards import Shard, open_piece
from attncli.corpus.tables import Writer, writing
from attncli.errors import ResourceError
from attncli.training.corpus import split_sentences

AT_ONCE, MOST_TEXT = 4096, 2**20  # texts, and characters, that are sorted by length together
KEPT_KEYS = 5  # of each word; with a larger `--top` there are fewer texts at once

Tick = Callable[[int], None]
Text = tuple[int, int, int, str]  # which piece of the shard, line and sentence in it, and what stands there


@dataclass(frozen=True)
class Task:
    """What a worker is given: where parts go, what to do, to which text, the part's name, and by which attn."""

    folder: str
    settings: CorpusSettings
    shard: Shard
    name: str
    version: str = __version__


def task_of(folder: str, settings: CorpusSettings, shard: Shard) -> Task:
    """The task of a shard."""
    return Task(folder, settings, shard, part_name(settings, shard))


@dataclass(frozen=True)
class Done:
    """What a worker answers: the part's name, how many texts it holds, and whether it was there before."""

    name: str
    texts: int
    reused: bool


def run_shard(task: Task, tick: Tick | None = None) -> Done:
    """Make the part of a shard, unless it is there; `tick` hears of texts as they are done.

    Raises:
        AttnError: a file that cannot be read or is not what was planned for.
        OSError: the part cannot be written.
    """
    folder, name, start = Path(task.folder), task.name, time.perf_counter()
    if task.version != __version__:
        raise ResourceError(
            f"a worker has attn {__version__}, the run {task.version}", "install one version everywhere"
        )
    if (texts := _made_before(folder, task)) is not None:
        return Done(name, texts, True)
    run = _Run(task.settings)
    if "weights" in task.settings.collect:
        with writing(weights_path(folder, task), task.settings.table, "weights", task.settings.csv) as writer:
            run.all(task.shard, tick, writer)
    else:
        run.all(task.shard, tick, None)
    seconds = time.perf_counter() - start
    write_part(folder, name, run.told() | {"seconds": seconds}, run.arrays())
    return Done(name, run.texts, False)


def _made_before(folder: Path, task: Task) -> int | None:
    """How many texts the part holds that is there, None where there is none that a run could have written."""
    reader = open_reader(task.settings)
    records = weights_path(folder, task)
    if not is_whole(folder, task.name) or ("weights" in task.settings.collect and not records.is_file()):
        return None
    try:
        part = Part(folder, task.name, (len(reader.numbers[0]), len(reader.numbers[1])))
        check_part(part, task, reader)
    except ResourceError:
        return None
    return int(part.told["texts"])


def check_part(part: Part, task: Task, reader: Reader) -> None:
    """See that a part can be what this task came to. Raises ResourceError."""
    names = part.told["names"]
    part.check(task.settings.collect, len(task.shard.pieces), lambda rows: reader.knows(rows, names))


def weights_path(folder: Path, task: Task) -> Path:
    """Where the records of a shard stand."""
    return folder / "weights" / f"{task.name}.{task.settings.table}"


class _Run:
    """A shard on its way through."""

    def __init__(self, settings: CorpusSettings) -> None:
        self._settings, self._reader = settings, open_reader(settings)
        makes: dict[str, Callable[[], Collector]] = {
            "context": lambda: Pairs(wanted(settings, self._reader)),
            "distance": Distances,
            "entropy": Entropies,
            "heads": Kinds,
        }
        self._collectors = {name: makes[name]() for name in settings.collect if name in makes}
        self._problems: list[Problems] = []  # of each piece
        self._lines = self.texts = 0
        self._before = self._reader.words_known, self._reader.words_unknown

    def all(self, shard: Shard, tick: Tick | None, writer: Writer | None) -> None:
        """Every text of the shard."""
        for some in self._batches(shard):
            found, skipped = self._reader.read([text for *_, text in some])
            for number, reason in skipped:
                piece, line, *_ = some[number]
                self._problems[piece].add(line, reason)
            for read in found:
                for collector in self._collectors.values():
                    collector.add(read.seen)
            if writer is not None:
                writer.write(records(shard, some, found, self._reader))
            self.texts += len(some) - len(skipped)
            if tick is not None:
                tick(len(some))

    def _batches(self, shard: Shard) -> Iterator[list[Text]]:
        """Texts that are sorted by length together: many, but not too much text."""
        most = MOST_TEXT * KEPT_KEYS // max(self._settings.top, KEPT_KEYS)
        some: list[Text] = []
        size = 0
        for each in self._texts(shard):
            some.append(each)
            size += len(each[3])
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
            for line, text in read_texts(open_piece(piece), self._settings.field, problems, counter):
                for number, each in (
                    enumerate(filter(None, split_sentences(text))) if self._settings.split else [(0, text)]
                ):
                    yield place, line, number, each
            self._lines += counter.lines

    def told(self) -> dict[str, Any]:
        """What a part says in words and numbers."""
        known, unknown = self._before
        reader = self._reader
        return {
            "lines": self._lines,
            "texts": self.texts,
            "words": reader.words_known - known,
            "unknown": reader.words_unknown - unknown,
            "skipped": dict(sum((Counts(each.counts) for each in self._problems), Counts())),
            "named": [(place, *named) for place, each in enumerate(self._problems) for named in each.named],
            "names": {str(row): name for row, name in reader.known_names().items()},
        }

    def arrays(self) -> dict[str, Array]:
        """What the collectors added up, as `context.code` and so on."""
        return {
            f"{name}.{each}": np.asarray(array)
            for name, collector in self._collectors.items()
            for each, array in collector.arrays().items()
        }


def records(shard: Shard, texts: list[Text], found: list[Read], reader: Reader) -> dict[str, list[Any]]:
    """A row for each text in the order of the texts: its words, and the strongest pairs of query and key."""
    rows = sorted((int(text), read.seen, place) for read in found for place, text in enumerate(read.which))
    numbers = np.unique(np.concatenate([np.empty(0, np.int64), *(read.seen.rows.ravel() for read in found)]))
    names = dict(zip(numbers.tolist(), reader.names(numbers), strict=True))
    columns: dict[str, list[Any]] = {
        name: [] for name in ("file", "line", "sentence", "words", "query", "key", "weight")
    }
    for text, each, place in rows:
        query, which = np.nonzero(each.keys[place] >= 0)
        at, line, sentence, _ = texts[text]
        row = {
            "file": shard.pieces[at].name,
            "line": shard.pieces[at].lines + line,
            "sentence": sentence,
            "words": [names[number] for number in each.rows[place].tolist()],
            "query": query.tolist(),
            "key": each.keys[place][query, which].tolist(),
            "weight": np.round(each.weights[place][query, which].astype(np.float64), 6).tolist(),
        }
        for name, value in row.items():
            columns[name].append(value)
    return columns
