"""Imports against gensim's own loading of the same file, interleaved, each in a process of its own.

    .venv/bin/python tests/bench/bench_import.py [22000x100 400000x300 …]

Prints seconds and peak memory (VmHWM) of both, and their ratios. The files are made in a temporary folder and removed.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 3
PEAK = "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
GENSIM = (
    "import sys; from gensim.models import KeyedVectors\n"
    "KeyedVectors.load_word2vec_format(sys.argv[1], binary=sys.argv[1].endswith('.bin'))\n" + PEAK
)
ATTN = "import sys; from attncli import open_vectors\nopen_vectors(sys.argv[1])\n" + PEAK


def write(path, words, dimensions, seed=0):
    """A set of random rows under words of some eight letters, as text with six decimals or as word2vec binary."""
    random = np.random.default_rng(seed)
    with open(path, "wb") as file:
        file.write(b"%d %d\n" % (words, dimensions))
        for start in range(0, words, 1000):
            rows = random.normal(size=(min(1000, words - start), dimensions)).astype("<f4")
            for number, row in enumerate(rows, start):
                if path.suffix == ".bin":
                    file.write(b"word%d " % number + row.tobytes() + b"\n")
                else:
                    file.write(b"word%d " % number + b" ".join(b"%.6f" % x for x in row.tolist()) + b"\n")


def measured(program, path):
    """Seconds and MB of one run in a new home."""
    with tempfile.TemporaryDirectory(dir=path.parent) as home:
        started = time.perf_counter()
        environment = {**os.environ, "ATTN_HOME": home}
        done = subprocess.run(
            [sys.executable, "-c", program, path], env=environment, check=True, capture_output=True, text=True
        )
        return time.perf_counter() - started, int(done.stdout.split()[-1]) / 1024


def compare(path, rounds):
    """One line of the table: the least time and memory of each, in turns."""
    runs = [(measured(GENSIM, path), measured(ATTN, path)) for _ in range(rounds)]
    theirs, ours = (np.min([run[who] for run in runs], axis=0) for who in (0, 1))
    print(
        f"{path.name:>18}  gensim {theirs[0]:7.2f} s {theirs[1]:6.0f} MB   attn {ours[0]:7.2f} s {ours[1]:6.0f} MB"
        f"   time × {ours[0] / theirs[0]:.2f}  memory × {ours[1] / theirs[1]:.2f}",
        flush=True,
    )


def main():
    """The sizes named, or the two of the issue; one round for what takes minutes."""
    for size in sys.argv[1:] or ["22000x100", "400000x300"]:
        words, dimensions = map(int, size.split("x"))
        for ending in (".txt", ".bin"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{size}{ending}"
                write(path, words, dimensions)
                compare(path, ROUNDS if words * dimensions < 10**7 or ending == ".bin" else 1)


if __name__ == "__main__":
    main()
