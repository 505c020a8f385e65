"""The merge of `attn corpus`: processor seconds a part, bytes of parts by those of the text, memory of all processes.

python tests/bench/bench_merge.py [MEBIBYTES …] (128 and 1024 unless given): sentences of stretches of two to six words
from the corpora of gensim's tests, drawn at random, so that words keep their frequencies and neighbours, and no
sentence comes twice; all words are known to the vectors, attn's own. Each size is done in one process, then with
--jobs 2. Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402  (threads are set before)
from gensim.test.utils import datapath  # noqa: E402

from attncli import open_vectors  # noqa: E402

CORPORA = "lee_background.cor", "lee.cor", "head500.noblanks.cor", "pang_lee_polarity.cor", "alldata-id-10.txt"
SENTENCES = 10_000  # drawn at a time
#: The command, with the processor seconds of shards, of the steps of the merge, and of the tables as its last words.
CODE = """
import json, sys, time
from attncli.corpus import run
from attncli.corpus.tree import Tree

real, marks, leaves = Tree.grow, [], 0

def grow(tree):
    global leaves
    leaves = sum(path.stat().st_size for path in (tree.folder / "parts").iterdir())
    marks.append(time.process_time())
    sums = real(tree)
    marks.append(time.process_time())
    return sums

Tree.grow = grow
from attncli.cli.app import run
start = time.process_time()
code = run(sys.argv[1:])
shards, steps, tables = (after - before for before, after in zip([start, *marks], [*marks, time.process_time()]))
print(json.dumps({"shards": shards, "steps": steps, "tables": tables, "leaves": leaves}), file=sys.stderr)
sys.exit(code)
"""


def write_text(path, mebibytes):
    """Sentences of 10 to 30 words; returns how many."""
    rng = np.random.default_rng(0)
    text = " ".join(Path(datapath(name)).read_text(errors="ignore") for name in CORPORA)
    known = open_vectors().find({word.strip('.,"').lower() for word in text.split()})
    words = np.array([word for word in text.split() if word.strip('.,"').lower() in known], object)
    written = 0
    with open(path, "w") as file:
        while file.tell() < mebibytes * 2**20:
            file.writelines(f"{' '.join(sentence)}\n" for sentence in sentences(rng, words))
            written += SENTENCES
    return written


def sentences(rng, words):
    """Stretches of 2 to 6 words end to end, cut into sentences."""
    ends = np.cumsum(rng.integers(10, 31, SENTENCES))
    lengths = rng.integers(2, 7, ends[-1] // 2)
    starts = rng.integers(len(words) - 6, size=len(lengths))
    within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    return np.split(words[np.repeat(starts, lengths) + within], ends)[:SENTENCES]


def family(pid):
    """A process and all below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def set_size(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


class Watch(threading.Thread):
    """The most that a command's processes take while it runs: memory, and bytes in the folder of parts."""

    def __init__(self, pid, parts):
        super().__init__(daemon=True)
        self._pid, self._parts, self.memory, self.bytes = pid, parts, 0, 0
        self.start()

    def run(self):
        while os.path.exists(f"/proc/{self._pid}/stat"):
            self.memory = max(self.memory, sum(map(set_size, family(self._pid))) // 1024)
            self.bytes = max(self.bytes, sum(map(bytes_of, self._parts.glob("*"))))
            time.sleep(0.2)


def bytes_of(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def run(text, folder, jobs):
    """Seconds of wall clock, what the command said of the merge, and what was watched."""
    command = [sys.executable, "-c", CODE, "corpus", str(text), "-o", str(folder), "--jobs", str(jobs), "-q", "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as begun:
        watch = Watch(begun.pid, folder / "parts")
        said = begun.stderr.read()
    assert begun.returncode == 0, said
    return time.perf_counter() - start, json.loads(said.splitlines()[-1]), watch


def report(text, folder, jobs, sentences):
    """Runs the command and prints what it took."""
    wall, merge, watch = run(text, folder, jobs)
    size, manifest = text.stat().st_size, json.loads((folder / "manifest.json").read_text())
    count = len(manifest["parts"])
    print(
        f"{size / 2**20:,.0f} MiB, {count} parts, {jobs} jobs: {wall:,.0f} s, memory of all processes {watch.memory} MB"
    )
    print(
        f"  parts of shards {merge['leaves'] / size:.2f} x the text, with those of the merge {watch.bytes / size:.2f} x"
    )
    if jobs == 1:
        each, steps, tables = merge["shards"], merge["steps"], merge["tables"]
        print(f"  shards {sentences / each:,.0f} sentences per processor second with their parts")
        print(f"  merge {(steps + tables) / count:.3f} s a part: steps {steps:.1f} s, tables {tables:.1f} s")
    return {path.name: path.read_bytes() for path in folder.glob("*.ndjson")}


def main(*sizes):
    for mebibytes in map(int, sizes or ("128", "1024")):
        with tempfile.TemporaryDirectory() as name:
            text, folders = Path(name) / "text.txt", [Path(name) / each for each in ("one", "two")]
            count = write_text(text, mebibytes)
            one, two = (report(text, folder, jobs, count) for jobs, folder in enumerate(folders, 1))
            print(f"  tables of one process and of two are the same: {one == two}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
