"""A part of `attn corpus`, of a shard or the whole text: it is taken, made again or refused, and tables come of it."""

import json
from contextlib import suppress
from unittest.mock import patch

from support.corpora import SENTENCES, Scripted, corpus_settings, done, run

from attncli.corpus import shards
from attncli.corpus.merging import is_sound
from attncli.corpus.parts import part_path
from attncli.corpus.run import run_corpus
from attncli.corpus.running import Made
from attncli.corpus.workers import Done
from attncli.errors import ResourceError

COLLECT = ("context", "distance", "entropy", "heads")
TASKS = []


def seeds(folder):
    """The part of a run over a few sentences, with lines that are none between them, and the sums of the whole text."""
    (folder / "text.txt").write_text("".join(f"{sentence}\n\n" for sentence in SENTENCES))

    def heard(tasks):
        TASKS[:] = tasks
        return map(done, tasks)

    with patch.object(shards, "PIECES", 1):
        run(folder / "out", [folder / "text.txt"], corpus_settings(collect=COLLECT), heard, keep_parts=True)
    yield part_path(folder / "out", TASKS[0].name).read_bytes()
    yield sums(folder).read_bytes()


def sums(folder):
    (path,) = (folder / "out" / "sums").iterdir()
    return path


def read(folder, data):
    """As if it were edited behind the run's back, and then as what a run finds that goes on."""
    (task,) = TASKS
    path, root = part_path(folder / "out", task.name), sums(folder)
    path.write_bytes(data)
    root.write_bytes(b"")
    with suppress(ResourceError):
        tables(folder, lambda tasks: [Done(task, Made(8, True))])
    if is_sound(path, task.settings):
        tables(folder, lambda tasks: map(done, tasks))
    root.write_bytes(data)
    if is_sound(root, task.settings):
        with suppress(ResourceError):
            tables(folder, lambda tasks: map(done, tasks))


def tables(folder, results):
    """The tables of a run over what is there, which must be JSON throughout."""
    (task,) = TASKS
    run_corpus([task.shard], folder / "out", task.settings, Scripted(results), keep_parts=True)
    for name in COLLECT:
        for line in (folder / "out" / f"{name}.ndjson").read_text().splitlines():
            json.loads(line, parse_constant=float.fromhex)
