"""A whole run: shards, merge, tables, and then the manifest, whose presence means that all is complete."""

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from attncli import __version__
from attncli.corpus.folder import ERRORS, MANIFEST, RECORDS, remove_own, sweep, whole_file
from attncli.corpus.merging import heads_of
from attncli.corpus.opening import open_reader
from attncli.corpus.parts import Part
from attncli.corpus.reading import Reader
from attncli.corpus.running import Made, ShardTask, has_records, records_path, task_of
from attncli.corpus.settings import VERSION, CorpusSettings
from attncli.corpus.shards import Shard
from attncli.corpus.tables import table_classes
from attncli.corpus.tables.table import Columns, Table
from attncli.corpus.tree import Tree
from attncli.corpus.workers import Done, Lost, Workers
from attncli.corpus.writing import writing
from attncli.errors import AttnError
from attncli.settings.explanation import Settings
from attncli.settings.model import ModelSettings


@dataclass
class Progress:
    """The state of a run: its shards and their bytes, those that are done, their texts, and those that were lost.

    merges: the size of the merge's tree, once it grows; merged: how much of it there is.
    """

    shards: int
    bytes: int
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
    keep_parts: bool = False,
) -> Corpus:
    """Make every part that is not there, merge them, write the tables, then the manifest; the parts go last."""
    tasks = [task_of(str(folder), settings, shard) for shard in shards]
    progress = Progress(len(tasks), sum(shard.bytes for shard in shards))
    report(progress)
    tree = Tree(
        folder, settings, workers, [task.name for task in tasks], keep_parts, partial(_merged, progress, report)
    )
    merged = tree.find()
    for each in _made(tasks, folder, merged, workers):
        _count(each, progress)
        report(progress)
    gone = {each.task.name for each in progress.lost}
    if len(gone) == len(tasks) or gone & merged:
        undone = "no part of the text was done" if len(gone) == len(tasks) else "lost records were not made again"
        raise AttnError(f"{undone}: {progress.lost[0].reason}", "try again: --resume, with fewer --jobs")
    tree.lose(gone)
    corpus = _finish(tasks, folder, settings, progress, tree.grow())
    tree.prune()
    return corpus


def _made(tasks: Sequence[ShardTask], folder: Path, merged: Container[str], workers: Workers) -> Iterator[Done | Lost]:
    """The shards as they are done, those first that an earlier run has merged."""
    there = {task for task in tasks if task.name in merged and has_records(folder, task)}
    yield from (Done(task, Made(0, True)) for task in tasks if task in there)
    yield from workers.run([task for task in tasks if task not in there])


def _count(each: Done | Lost, progress: Progress) -> None:
    progress.done += 1
    progress.done_bytes += each.task.shard.bytes
    if isinstance(each, Lost):
        progress.lost.append(each)
    else:
        if not each.value.reused:
            each.task.check_made()
        progress.texts += each.value.texts


def _merged(progress: Progress, report: Callable[[Progress], None], grown: int, every: int) -> None:
    progress.merged, progress.merges = grown, every
    report(progress)


def _finish(
    tasks: Sequence[ShardTask], folder: Path, settings: CorpusSettings, progress: Progress, sums: Sequence[Path]
) -> Corpus:
    """The tables and the manifest of a run whose sums are there, in parts of rising words."""
    reader = open_reader(settings)
    parts, gone = [Part(path, heads_of(reader)) for path in sums], {each.task for each in progress.lost}
    merged, tasks = parts[0].report, [task for task in tasks if task not in gone]
    reader.learn_names(merged["names"])
    tables = {}
    for table in table_classes(settings.collect, per_text=False):
        if rows := _write_table(folder, settings, table, _rows(table, parts, reader)):
            tables[table.name] = rows
    with parts[0].trusted():
        problems = [*_problems(tasks, merged)]
    _write_errors(folder / ERRORS, problems, _lost(progress.lost))
    sweep(folder)
    _tidy(folder, progress)
    warnings = (*reader.warnings, *_separated(merged["separated"]))
    manifest = _manifest(tasks, settings, merged, progress, reader) | {"warnings": [*warnings]}
    with whole_file(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode() + b"\n")
    return Corpus(folder, manifest, reader.name, reader.attention, warnings, tables)


def _separated(texts: int) -> Iterator[str]:
    """A warning about texts with a separator that was typed."""
    if texts:
        have = "1 text has a separator typed in it" if texts == 1 else f"{texts:,} texts have a separator typed in them"
        yield f"{have}, and segment 0 all over; attn explain --pair gives a second text"


def _rows(table: type[Table], parts: Sequence[Part], reader: Reader) -> Iterator[Columns]:
    """The rows of a table. Raises ResourceError where its sums are damaged."""
    with parts[0].trusted():
        yield from table.pieces((each.group(table) for each in parts), reader)


def _write_table(folder: Path, settings: CorpusSettings, table: type[Table], pieces: Iterable[Columns]) -> Columns:
    """Write a table piece by piece; returns its first rows, for the summary: nothing if it has none."""
    first: Columns = {}
    path = folder / f"{table.name}.{settings.table}"
    with writing(path, settings.table, table.name, settings.csv) as writer:
        for columns in pieces:
            first = first or {name: column[: table.shown] for name, column in columns.items()}
            writer.write(columns)
    return first


def _problems(tasks: Sequence[ShardTask], merged: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every line that was skipped, by file and line."""
    for shard, place, line, reason in merged["named"]:
        piece = tasks[shard].shard.pieces[place]
        yield {"file": piece.name, "line": piece.lines + line, "reason": reason}


def _write_errors(path: Path, *problems: Iterable[Mapping[str, Any]]) -> None:
    """Write every line that was skipped, and every shard that was lost."""
    with whole_file(path) as file:
        for each in chain(*problems):
            file.write(json.dumps(each, ensure_ascii=False).encode() + b"\n")


def _tidy(folder: Path, progress: Progress) -> None:
    """Remove the records of shards that were lost before their parts were there: the manifest does not count them."""
    for each in progress.lost:
        for table in RECORDS:
            remove_own(folder / table, records_path(folder, table, each.task).name.__eq__)


def _lost(lost: Iterable[Lost]) -> Iterator[dict[str, Any]]:
    """Every piece of a shard that no worker finished."""
    for each in lost:
        for piece in each.task.shard.pieces:
            place = {"file": piece.name, "line": piece.lines + 1, "bytes": [piece.start, piece.end]}
            yield place | {"reason": each.reason}


def _manifest(
    tasks: Sequence[ShardTask],
    settings: CorpusSettings,
    merged: Mapping[str, Any],
    progress: Progress,
    reader: Reader,
) -> dict[str, Any]:
    return {
        "schema": "attn.corpus",
        "schema_version": VERSION,
        "attn": __version__,
        "settings": asdict(replace(settings, attention=reader.attention)),
        "warnings": list(reader.warnings),
        **{name: merged[name] for name in ("lines", "texts", "words", "unknown", "skipped")},
        "lost": len(progress.lost),
        "seconds": round(merged["seconds"], 3),
        "parts": [_part(task) for task in tasks],
    }


def _part(task: ShardTask) -> dict[str, Any]:
    """A part by its name and its pieces of text; the place of the first one is repeated beside them."""
    pieces = [asdict(piece) for piece in task.shard.pieces]
    return {"part": task.name, **pieces[0], "pieces": pieces}
