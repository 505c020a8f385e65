"""A whole run: plan, shards, tables, and the manifest last, so that it says that everything is there."""

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from attncli import __version__
from attncli.corpus.collecting import Arrays
from attncli.corpus.folder import ERRORS, MANIFEST, WEIGHTS, remove_own, sweep, whole_file
from attncli.corpus.merging import (
    Numbers,
    Parts,
    context_columns,
    distance_columns,
    entropy_columns,
    heads_columns,
    merged,
    strongest_pairs,
    write_errors,
    write_table,
)
from attncli.corpus.opening import open_reader
from attncli.corpus.parts import Part
from attncli.corpus.reading import Reader
from attncli.corpus.running import Done, Task, check_part, task_of, weights_path
from attncli.corpus.settings import VERSION, CorpusSettings
from attncli.corpus.shards import Shard
from attncli.corpus.tables import Columns
from attncli.corpus.workers import Lost
from attncli.errors import AttnError
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings

Scheduler = Callable[[Sequence[Task]], Iterator[Done | Lost]]


@dataclass
class Progress:
    """How far a run is: its shards, those that are done with their bytes and texts, and those that were lost."""

    shards: int
    done: int = 0
    done_bytes: int = 0
    texts: int = 0
    lost: list[Lost] = field(default_factory=list)


@dataclass(frozen=True)
class Corpus:
    """What a run came to: its manifest, what attended and how, and the tables that are small with their sums."""

    folder: Path
    manifest: Mapping[str, Any]
    name: str
    attention: Settings | ModelSettings
    warnings: tuple[str, ...]
    numbers: Numbers
    tables: Mapping[str, Columns]
    sums: Mapping[str, Arrays]


def run_corpus(
    shards: Sequence[Shard],
    folder: Path,
    settings: CorpusSettings,
    schedule: Scheduler,
    heard: Callable[[Progress], None] = lambda _: None,
) -> Corpus:
    """Make every part that is not there, then the tables, then the manifest."""
    tasks = [task_of(str(folder), settings, shard) for shard in shards]
    by_name = {task.name: task for task in tasks}
    progress = Progress(len(tasks))
    done = schedule(tasks)
    try:
        for each in done:
            _count(each, by_name, progress)
            heard(progress)
    finally:
        if isinstance(done, Generator):
            done.close()  # its workers end now and not some day: then there is no more to sweep
    gone = {each.task.name for each in progress.lost}
    if len(gone) == len(tasks):
        raise AttnError(
            f"no part of the text was done: {progress.lost[0].reason}", "go on: --resume, with fewer --jobs"
        )
    return _finish([task for task in tasks if task.name not in gone], folder, settings, progress)


def _count(each: Done | Lost, by_name: Mapping[str, Task], progress: Progress) -> None:
    task = each.task if isinstance(each, Lost) else by_name[each.name]
    progress.done += 1
    progress.done_bytes += task.shard.bytes
    if isinstance(each, Lost):
        progress.lost.append(each)
    else:
        progress.texts += each.texts


def _finish(tasks: Sequence[Task], folder: Path, settings: CorpusSettings, progress: Progress) -> Corpus:
    reader = open_reader(settings)
    heads = len(reader.numbers[0]), len(reader.numbers[1])
    parts: Parts = [partial(Part, folder, task.name, heads) for task in tasks]
    told = [_told(part(), task, reader) for part, task in zip(parts, tasks, strict=True)]
    for each in told:
        reader.learn_names(each["names"])
    numbers = reader.numbers
    sums = {name: merged(name, parts) for name in settings.collect if name in ("distance", "entropy", "heads")}
    tables = {name: TABLES[name](sums[name], numbers) for name in sums if MEASURED[name] in sums[name]}
    for name, columns in tables.items():
        write_table(folder, settings, name, [columns])
    if "context" in settings.collect:
        tables["context"] = _write_context(folder, settings, parts, reader)
    problems = [(task.shard, each["named"]) for task, each in zip(tasks, told, strict=True)]
    write_errors(folder / ERRORS, problems, _lost(progress.lost))
    sweep(folder)
    _tidy(folder, progress)
    manifest = _manifest(tasks, settings, told, progress, reader)
    with whole_file(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode() + b"\n")
    return Corpus(folder, manifest, reader.name, reader.attention, reader.warnings, numbers, tables, sums)


def _told(part: Part, task: Task, reader: Reader) -> dict[str, Any]:
    """What a part says, once it is seen that it can be added up."""
    check_part(part, task, reader)
    return part.told


#: What the sums of a collector have once there was a text for it.
MEASURED = {"distance": "pairs", "entropy": "length", "heads": "texts"}
TABLES = {"distance": distance_columns, "entropy": entropy_columns, "heads": heads_columns}


def _write_context(folder: Path, settings: CorpusSettings, parts: Parts, reader: Reader) -> Columns:
    """Write the table piece by piece; returns its first rows, for the summary."""
    first: list[Columns] = []

    def pieces() -> Iterator[Columns]:
        for found in strongest_pairs(parts, settings.kept):
            columns = context_columns(found, reader.names)
            if not first:
                first.append({name: column[:1000] for name, column in columns.items()})
            yield columns

    write_table(folder, settings, "context", pieces())
    return first[0] if first else {}


def _tidy(folder: Path, progress: Progress) -> None:
    """Remove the records of shards that were lost before their parts were there: the manifest does not count them."""
    for each in progress.lost:
        remove_own(folder / WEIGHTS, re.compile(re.escape(weights_path(folder, each.task).name)))


def _lost(lost: Iterable[Lost]) -> Iterator[dict[str, Any]]:
    """Every piece of a shard that no worker finished."""
    for each in lost:
        for piece in each.task.shard.pieces:
            place = {"file": piece.name, "line": piece.lines + 1, "bytes": [piece.start, piece.end]}
            yield place | {"reason": each.reason}


def _manifest(
    tasks: Sequence[Task],
    settings: CorpusSettings,
    told: Sequence[Mapping[str, Any]],
    progress: Progress,
    reader: Reader,
) -> dict[str, Any]:
    skipped: dict[str, int] = {}
    for each in told:
        for reason, count in each["skipped"].items():
            skipped[reason] = skipped.get(reason, 0) + count
    return {
        "schema": "attn.corpus",
        "schema_version": VERSION,
        "attn": __version__,
        "settings": asdict(replace(settings, attention=reader.attention)),
        "warnings": list(reader.warnings),
        **{name: sum(each[name] for each in told) for name in ("lines", "texts", "words", "unknown")},
        "skipped": skipped,
        "lost": len(progress.lost),
        "seconds": round(sum(each["seconds"] for each in told), 3),
        "parts": [_part(task) for task in tasks],
    }


def _part(task: Task) -> dict[str, Any]:
    """A part by its name and its pieces of text; the first one's place stands beside them."""
    pieces = [asdict(piece) for piece in task.shard.pieces]
    return {"part": task.name, **pieces[0], "pieces": pieces}
