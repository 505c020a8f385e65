"""A whole run: plan, shards, tables, and last the manifest, whose presence means that all is complete."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from attncli import __version__
from attncli.corpus.folder import ERRORS, MANIFEST, RECORDS, remove_own, sweep, whole_file
from attncli.corpus.opening import open_reader
from attncli.corpus.parts import Part
from attncli.corpus.reading import Reader
from attncli.corpus.running import ShardTask, check_part, records_path, task_of
from attncli.corpus.settings import VERSION, CorpusSettings
from attncli.corpus.shards import Shard
from attncli.corpus.tables import table_classes
from attncli.corpus.tables.table import Columns, Table
from attncli.corpus.workers import Done, Lost, Workers
from attncli.corpus.writing import writing
from attncli.errors import AttnError
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings


@dataclass
class Progress:
    """The state of a run: its shards, those that are done with their bytes and texts, and those that were lost.

    merges: how many steps the merge has, once it begins; merged: how many of them are done.
    """

    shards: int
    done: int = 0
    done_bytes: int = 0
    texts: int = 0
    lost: list[Lost] = field(default_factory=list)
    merges: int = 0
    merged: int = 0


@dataclass(frozen=True)
class Corpus:
    """The result of a run: its manifest, the source and settings of attention, and the first rows of its tables."""

    folder: Path
    manifest: Mapping[str, Any]
    name: str
    attention: Settings | ModelSettings
    warnings: tuple[str, ...]
    tables: Mapping[str, Columns]


def run_corpus(
    shards: Sequence[Shard],
    folder: Path,
    settings: CorpusSettings,
    workers: Workers,
    report: Callable[[Progress], None] = lambda _: None,
) -> Corpus:
    """Make every part that is not there, then the tables, then the manifest."""
    tasks = [task_of(str(folder), settings, shard) for shard in shards]
    progress = Progress(len(tasks))
    for each in workers.run(tasks):
        _count(each, progress)
        report(progress)
    gone = {each.task.name for each in progress.lost}
    if len(gone) == len(tasks):
        raise AttnError(
            f"no part of the text was done: {progress.lost[0].reason}", "try again: --resume, with fewer --jobs"
        )
    return _finish([task for task in tasks if task.name not in gone], folder, settings, progress)


def _count(each: Done | Lost, progress: Progress) -> None:
    progress.done += 1
    progress.done_bytes += each.task.shard.bytes
    if isinstance(each, Lost):
        progress.lost.append(each)
    else:
        progress.texts += each.value.texts


def _finish(tasks: Sequence[ShardTask], folder: Path, settings: CorpusSettings, progress: Progress) -> Corpus:
    reader = open_reader(settings)
    heads = len(reader.numbers[0]), len(reader.numbers[1])
    parts = [partial(Part, folder, task.name, heads) for task in tasks]
    reports = [_checked_report(part(), task, reader) for part, task in zip(parts, tasks, strict=True)]
    for report in reports:
        reader.learn_names(report["names"])
    tables = {}
    for table in table_classes(settings.collect, per_text=False):
        groups = [part().group(table) for part in parts]
        if rows := _write_table(folder, settings, table, table.pieces(groups, reader, settings)):
            tables[table.name] = rows
    problems = [(task.shard, each["named"]) for task, each in zip(tasks, reports, strict=True)]
    _write_errors(folder / ERRORS, problems, _lost(progress.lost))
    sweep(folder)
    _tidy(folder, progress)
    manifest = _manifest(tasks, settings, reports, progress, reader)
    with whole_file(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode() + b"\n")
    return Corpus(folder, manifest, reader.name, reader.attention, reader.warnings, tables)


def _checked_report(part: Part, task: ShardTask, reader: Reader) -> dict[str, Any]:
    """The report of a part, once it is seen that it can be added up."""
    check_part(part, task, reader)
    return part.report


def _write_table(folder: Path, settings: CorpusSettings, table: type[Table], pieces: Iterable[Columns]) -> Columns:
    """Write a table piece by piece; returns its first rows, for the summary: nothing if it has none."""
    first: Columns = {}
    path = folder / f"{table.name}.{settings.table}"
    with writing(path, settings.table, table.name, settings.csv) as writer:
        for columns in pieces:
            first = first or {name: column[: table.shown] for name, column in columns.items()}
            writer.write(columns)
    return first


def _write_errors(
    path: Path, problems: Iterable[tuple[Shard, Iterable[tuple[int, int, str]]]], lost: Iterable[Mapping[str, Any]]
) -> None:
    """Write every line that was skipped, by file and line, and every shard that was lost."""
    with whole_file(path) as file:
        for shard, named in problems:
            for place, line, reason in named:
                piece = shard.pieces[place]
                record = {"file": piece.name, "line": piece.lines + line, "reason": reason}
                file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        for each in lost:
            file.write(json.dumps(each, ensure_ascii=False).encode() + b"\n")


def _tidy(folder: Path, progress: Progress) -> None:
    """Remove the records of shards that were lost before their parts were there: the manifest does not count them."""
    for each in progress.lost:
        for table in RECORDS:
            remove_own(folder / table, re.compile(re.escape(records_path(folder, table, each.task).name)))


def _lost(lost: Iterable[Lost]) -> Iterator[dict[str, Any]]:
    """Every piece of a shard that no worker finished."""
    for each in lost:
        for piece in each.task.shard.pieces:
            place = {"file": piece.name, "line": piece.lines + 1, "bytes": [piece.start, piece.end]}
            yield place | {"reason": each.reason}


def _manifest(
    tasks: Sequence[ShardTask],
    settings: CorpusSettings,
    reports: Sequence[Mapping[str, Any]],
    progress: Progress,
    reader: Reader,
) -> dict[str, Any]:
    skipped: dict[str, int] = {}
    for each in reports:
        for reason, count in each["skipped"].items():
            skipped[reason] = skipped.get(reason, 0) + count
    return {
        "schema": "attn.corpus",
        "schema_version": VERSION,
        "attn": __version__,
        "settings": asdict(replace(settings, attention=reader.attention)),
        "warnings": list(reader.warnings),
        **{name: sum(each[name] for each in reports) for name in ("lines", "texts", "words", "unknown")},
        "skipped": skipped,
        "lost": len(progress.lost),
        "seconds": round(sum(each["seconds"] for each in reports), 3),
        "parts": [_part(task) for task in tasks],
    }


def _part(task: ShardTask) -> dict[str, Any]:
    """A part by its name and its pieces of text; the place of the first one is repeated beside them."""
    pieces = [asdict(piece) for piece in task.shard.pieces]
    return {"part": task.name, **pieces[0], "pieces": pieces}
