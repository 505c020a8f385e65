"""Word alignment of files: pairs a second of processor time, records of pairs, memory, two jobs against one.

python tests/bench/bench_align.py [PAIRS [SET SOURCES TARGETS]]: without a set the vectors are 22,000 random ones of 96
numbers, and the text is gensim's Lee corpus, cut into sentences of about 20 words, each beside another one. The floor
is the product of the vectors of every pair, pair by pair, and the best of its rows and columns.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402  (threads are set before)
from gensim.test.utils import datapath  # noqa: E402

from attncli.training.corpus import split_sentences  # noqa: E402
from attncli.vectors import write_store  # noqa: E402

DIMENSIONS, WORDS = 96, 22_000


def sentences():
    """Those of the corpus, about 20 words each."""
    lines = Path(datapath("lee_background.cor")).read_text().splitlines()
    return [each for line in lines for each in split_sentences(line) if 15 <= len(each.split()) <= 25]


def write_vectors(folder, given):
    words = list(dict.fromkeys(word.strip('.,"').lower() for each in given for word in each.split()))
    words = [word for word in words if word] + [f"w{number}" for number in range(WORDS)]
    rows = np.random.default_rng(0).standard_normal((WORDS, DIMENSIONS))
    write_store(folder, words[:WORDS], rows, name="random", source="a benchmark")


def write_pairs(path, sources, targets, count):
    """So many pairs: the given ones again and again."""
    every = [f"{source} ||| {target}\n" for source, target in zip(sources, targets, strict=True)]
    with open(path, "w") as file:
        for first in range(0, count, len(every)):
            file.writelines(every[: count - first])


def run(folder, text, vectors, *options):
    """Seconds, seconds of processors, and the peak memory in MB of the largest process."""
    command = [sys.executable, "-m", "attncli", "align", str(text), "--vectors", str(vectors), "-q", *options]
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], 'w'), check=True); "
    code += "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
    code += "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)"
    before = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, folder / "out", *command], capture_output=True, check=True)
    processor, peak = done.stdout.split()
    return time.perf_counter() - before, float(processor), int(peak)


def floor(lengths):
    """Seconds for the products of pairs of these lengths, one by one, and their best rows and columns."""
    words = np.random.default_rng(0).standard_normal((WORDS, DIMENSIONS)).astype("f")
    start = time.process_time()
    for n, m in lengths:
        scores = words[:n] @ words[n : n + m].T
        scores.argmax(axis=0)
        scores.argmax(axis=1)
    return time.process_time() - start


def main(pairs="40000", vectors=None, sources=None, targets=None):
    count = int(pairs)
    given = sentences() if sources is None else Path(sources).read_text().splitlines()
    others = random.Random(0).sample(given, len(given)) if targets is None else Path(targets).read_text().splitlines()
    mean = sum(len(each.split()) for each in [*given, *others]) / len([*given, *others])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if vectors is None:
            vectors = folder / "set"
            write_vectors(vectors, given)
        write_pairs(folder / "one.txt", given, others, 1)
        write_pairs(folder / "pairs.txt", given, others, count)
        write_pairs(folder / "few.txt", given, others, count // 20)
        _, start, _ = run(folder, folder / "one.txt", vectors)
        print(
            f"{count:,} pairs of {mean:.1f} words, a second of processor time, without the {start:.2f} s of the start:"
        )
        one, used, peak = run(folder, folder / "pairs.txt", vectors)
        lengths = [(len(a.split()), len(b.split())) for a, b in zip(given, others, strict=True)]
        bare = floor(lengths) * count / len(given)
        rate = count / (used - start)
        print(f"  mutual links: {rate:,.0f} pairs, {peak} MB, {(used - start) / bare:.2f} x the bare products")
        for options in (["--tokenized"], ["--links", "grow-diag-final"]):
            _, used, peak = run(folder, folder / "pairs.txt", vectors, *options)
            print(f"  {' '.join(options)}: {count / (used - start):,.0f} pairs, {peak} MB")
        for options in (["--json"], ["--format", "csv"]):
            _, used, _ = run(folder, folder / "few.txt", vectors, *options)
            print(f"  {' '.join(options)}: {count // 20 / (used - start):,.0f} pairs")
        two, _, peak = run(folder, folder / "pairs.txt", vectors, "--jobs", "2")
        print(
            f"  two jobs on {os.cpu_count()} cores: {one / two:.2f} x as fast as one, {peak} MB in the largest process"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
