"""Attention over a corpus: sentences a second, two jobs against one, memory, and a text of 100,000 words.

python tests/bench/bench_corpus.py [PYTHON_WITH_TORCH] [MEGABYTES]: the corpus is gensim's Lee corpus, cut into
sentences and repeated; the vectors are 22,000 random ones of 100 numbers for its words and others.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402  (threads are set before)
from gensim.models import KeyedVectors  # noqa: E402
from gensim.test.utils import datapath  # noqa: E402

from attncli.attention.streamed import COLUMNS, ROWS, attend_in_blocks  # noqa: E402
from attncli.training.corpus import split_sentences  # noqa: E402

DIMENSIONS, WORDS, LONG = 100, 22_000, 100_000
TORCH = """
import sys, time, torch
torch.set_num_threads(1)
attention = torch.nn.MultiheadAttention(100, 1, bias=False, batch_first=True).eval()
sentences = [torch.randn(1, n, 100) for n in map(int, sys.argv[1].split())]
with torch.inference_mode():
    for _ in range(2):
        start = time.perf_counter()
        for x in sentences:
            attention(x, x, x)
        print(len(sentences) / (time.perf_counter() - start))
"""


def sentences():
    """Those of the corpus, about 20 words each."""
    lines = Path(datapath("lee_background.cor")).read_text().splitlines()
    return [each for line in lines for each in split_sentences(line) if 15 <= len(each.split()) <= 25]


def write_corpus(path, given, megabytes):
    text = "".join(f"{each}\n" for each in given).encode()
    with open(path, "wb") as file:
        for _ in range(max(1, megabytes * 2**20 // len(text))):
            file.write(text)
    return max(1, megabytes * 2**20 // len(text)) * len(given)


def write_vectors(path, given):
    words = list(dict.fromkeys(word.strip('.,"').lower() for each in given for word in each.split()))
    words = [word for word in words if word] + [f"w{number}" for number in range(WORDS)]
    vectors = KeyedVectors(DIMENSIONS)
    vectors.add_vectors(words[:WORDS], np.random.default_rng(0).standard_normal((WORDS, DIMENSIONS)).astype("f") / 3)
    vectors.save_word2vec_format(path, binary=True)


def run(folder, text, *options):
    """Seconds, peak memory in MB of the process and of its largest child, and the manifest."""
    before = time.perf_counter()
    command = [sys.executable, "-m", "attncli", "corpus", str(text), "--vectors", str(folder / "v.bin"), "--json"]
    code = "import resource, subprocess, sys; p = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE); " + (
        "print(p.stdout.decode(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command, *options], capture_output=True, text=True, check=True)
    manifest, _, peak = done.stdout.rpartition(" ")
    return time.perf_counter() - before, int(peak), json.loads(manifest)


def long_text():
    """Seconds for a text of LONG words, of the bare blocked products, and the peak memory in MB."""
    words = np.random.default_rng(0).standard_normal((20_000, DIMENSIONS)).astype("f") / 2
    x = words[np.random.default_rng(1).zipf(1.2, LONG) % 20_000][None]
    start = time.perf_counter()
    attend_in_blocks(x, x, x, top=10)
    taken, start = time.perf_counter() - start, time.perf_counter()
    for i in range(0, LONG, ROWS):
        for j in range(0, LONG, COLUMNS):
            scores = x[:, i : i + ROWS] @ x[:, j : j + COLUMNS].swapaxes(1, 2)
            scores @ x[:, j : j + COLUMNS]
    return taken, time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(torch=None, megabytes="20"):
    taken, floor, peak = long_text()
    print(f"{LONG:,} words, top 10: {taken:.1f} s = {taken / floor:.2f} x the bare products, {peak} MB")
    given = sentences()
    mean = sum(len(each.split()) for each in given) / len(given)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ATTN_HOME"] = str(folder / "home")
        write_vectors(folder / "v.bin", given)
        count = write_corpus(folder / "text.txt", given, int(megabytes))
        run(folder, folder / "text.txt", "--limit", "1")  # the vectors are imported
        collect = "--collect", "context,entropy"
        start, _, _ = run(folder, folder / "text.txt", "--limit", "1", *collect)
        one, peak, manifest = run(folder, folder / "text.txt", *collect)
        rate = count / (one - start)
        print(f"{count:,} sentences of {mean:.1f} words, 100 dimensions, context + entropy, one core:")
        print(f"  {rate:,.0f} sentences/s without the start of {start:.2f} s, {count / one:,.0f}/s with it; {peak} MB")
        print(f"  of processor time inside the shards: {count / manifest['seconds']:,.0f} sentences/s")
        two, peak, _ = run(folder, folder / "text.txt", "--jobs", "2", *collect)
        print(f"  two jobs: {one / two:.2f} x one; {peak} MB in the largest process")
        if torch:
            lengths = " ".join(str(len(each.split())) for each in given)
            told = subprocess.run([torch, "-c", TORCH, lengths], capture_output=True, text=True, check=True).stdout
            theirs = float(told.split()[-1])
            print(f"  MultiheadAttention, sentence by sentence: {theirs:,.0f}/s; attn {rate / theirs:.1f} x")


if __name__ == "__main__":
    main(*sys.argv[1:])
