"""Small corpora for the tests of `attn corpus`, and runs over them."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from attncli import open_vectors
from attncli.corpus.folder import prepare
from attncli.corpus.inputs import inputs_of, named_texts
from attncli.corpus.opening import vectors_source
from attncli.corpus.plan import begun, plan_of
from attncli.corpus.run import run_corpus
from attncli.corpus.running import ShardTask
from attncli.corpus.settings import CorpusSettings
from attncli.corpus.shards import plan_shards
from attncli.corpus.workers import Done, Lost, Task, ThisProcess
from attncli.settings.explanation import check_settings

SENTENCES = [
    "Bark is very cute and he is a dog",
    "She sat on the river bank",
    "The bank lends money to the poor, doesn't it?",
    "the king spoke and the queen of the river answered her",
    "the the the the",
    "A dog",
    "qwzx dog qwzx cat",
    "dog",
]


def corpus_settings(*, collect=("context", "distance", "entropy"), attention=None, **more):
    vectors = open_vectors()
    attends = check_settings(**(attention or {}))
    return CorpusSettings(vectors_source(vectors, None, attends), attends, collect, **more)


def run(folder: Path, paths, settings, workers=None, resume=False, limit=None, keep_parts=False):
    """A run, with the workers of this process or others, or with a function from shards' tasks to results."""
    texts = [str(path) for path in paths]
    workers = Scripted(workers) if callable(workers) else workers or ThisProcess()
    with begun(folder, plan_of(settings, named_texts(texts), limit), resume):
        shards = plan_shards(inputs_of(texts, folder, None, limit), limit)
        prepare(folder)
        return run_corpus(shards, folder, settings, workers, keep_parts=keep_parts)


@dataclass
class Scripted:
    """Workers that are a function from the tasks of shards to results, and do other tasks here."""

    script: Callable[[Sequence[Task]], Iterator[Done | Lost]]

    def run(self, tasks):
        return self.script(tasks) if tasks and isinstance(tasks[0], ShardTask) else map(done, tasks)


def done(task):
    return Done(task, task())


def rows(table):
    return list(zip(*table.values(), strict=True))


def read_table(path):
    """The rows of a table in any of the three formats, as dictionaries."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path).to_pylist()
    if path.suffix == ".ndjson":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return [{name: _number(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _number(cell):
    try:
        return int(cell) if cell.lstrip("-").isdigit() else float(cell)
    except ValueError:
        return cell or None
