"""A part of `attn corpus`, what a shard came to: it is taken as it is, made again or refused, and tables come of it."""

import json
from contextlib import suppress

from support.corpora import SENTENCES, Scripted, corpus_settings, done, run

from attncli.corpus.parts import is_whole, part_path
from attncli.corpus.run import run_corpus
from attncli.corpus.running import Made
from attncli.corpus.workers import Done
from attncli.errors import ResourceError

COLLECT = ("context", "distance", "entropy", "heads")
TASKS = []


def seeds(folder):
    """The part of a run over a few sentences, with lines that are none between them."""
    (folder / "text.txt").write_text("".join(f"{sentence}\n\n" for sentence in SENTENCES))

    def heard(tasks):
        TASKS[:] = tasks
        return map(done, tasks)

    run(folder / "out", [folder / "text.txt"], corpus_settings(collect=COLLECT), heard)
    yield part_path(folder / "out", TASKS[0].name).read_bytes()


def read(folder, data):
    """As if it were edited behind the run's back, and then as what a run finds that goes on."""
    (task,) = TASKS
    path = part_path(folder / "out", task.name)
    path.write_bytes(data)
    with suppress(ResourceError):
        tables(folder, lambda tasks: [Done(task, Made(8, True))])
    if is_whole(folder / "out", task.name):
        tables(folder, lambda tasks: map(done, tasks))


def tables(folder, results):
    """The tables of a run over what is there, which must be JSON throughout."""
    (task,) = TASKS
    run_corpus([task.shard], folder / "out", task.settings, Scripted(results))
    for name in COLLECT:
        for line in (folder / "out" / f"{name}.ndjson").read_text().splitlines():
            json.loads(line, parse_constant=float.fromhex)
